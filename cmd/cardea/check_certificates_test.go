package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardea/platform/certs/certstest"
)

// The setting that is named is the one whose file is wrong, of the server's own certificate and of a domain's.
func TestConfigCheckNamesTheFileOfACertificateThatIsWrong(t *testing.T) {
	t.Parallel()
	master := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(master, []byte("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(host, tls, domain string) string {
		t.Helper()
		file := filepath.Join(t.TempDir(), "cardea.toml")
		text := fmt.Sprintf("public_url = %q\naddr = \"127.0.0.1:0\"\nadmin_addr = \"\"\nmaster_key_file = %q\n[tls]\n%s[[certificates]]\narn = \"x\"\n%s",
			"https://"+host, master, tls, domain)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		_ = configCheckCommand{configFlag: configFlag{Config: file}}.Run(terminal{ctx: t.Context(), stdout: &out, stderr: &out})
		return out.String()
	}
	files := func(cert, key string) string { return fmt.Sprintf("cert_file = %q\nkey_file = %q\n", cert, key) }
	now, day := time.Now(), 24*time.Hour
	goodCert, goodKey := certstest.Write(t, now.Add(-90*day), now.Add(90*day))
	_, otherKey := certstest.Write(t, now.Add(-90*day), now.Add(90*day))
	oldCert, oldKey := certstest.Write(t, now.Add(-90*day), now.Add(-day))
	soonCert, soonKey := certstest.Write(t, now.Add(-90*day), now.Add(5*day))
	good := files(goodCert, goodKey)
	for _, c := range []struct{ name, host, files, want string }{
		{"good", "auth.example.com", good, ""},
		{"no certificate", "auth.example.com", files("nowhere.crt", goodKey), "cert_file: open nowhere.crt: "},
		{"a key as certificate", "auth.example.com", files(goodKey, goodKey), "cert_file: there is no certificate in " + goodKey},
		{"no key", "auth.example.com", files(goodCert, "nowhere.key"), "key_file: open nowhere.key: "},
		{"a certificate as key", "auth.example.com", files(goodCert, goodCert), "key_file: " + goodCert},
		{"another key", "auth.example.com", files(goodCert, otherKey), "key_file: " + otherKey},
		{"expired", "auth.example.com", files(oldCert, oldKey), "cert_file: the certificate in " + oldCert + " has expired"},
	} {
		for setting, said := range map[string]string{"tls.": check(c.host, c.files, good), "certificates 1.": check(c.host, good, c.files)} {
			found := ""
			for line := range strings.Lines(said) {
				if strings.Contains(line, "file: ") {
					found += line
				}
			}
			want := setting + c.want
			if c.want == "" {
				want = ""
			}
			if !strings.HasPrefix(found, want) || strings.Count(found, "\n") > 1 || (want == "") != strings.Contains(said, "is good") {
				t.Errorf("%s, %s: got\n%swant %q", setting, c.name, said, want)
			}
		}
	}

	if said := check("other.example.com", good, good); !strings.Contains(said, "tls.cert_file: "+goodCert+": ") || !strings.Contains(said, "not other.example.com") {
		t.Errorf("a certificate for another host than public_url: got\n%s", said)
	}
	if said := check("auth.example.com", files(soonCert, soonKey), good); !strings.Contains(said, "warning: tls.cert_file: the certificate expires soon") || !strings.Contains(said, "is good") {
		t.Errorf("a certificate that ends soon: got\n%s", said)
	}
}
