package config_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardea/platform/config"
)

// minimal has only the required settings.
const minimal = `public_url = "https://auth.example.com"` + "\n"

func load(t *testing.T, text string, environ ...string) (config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cardea.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Load(path, environ)
}

func TestLoadReadsFileOverDefaults(t *testing.T) {
	t.Parallel()
	c, err := load(t, minimal+`
trusted_proxies = ["10.0.0.0/8", "2001:db8::/32"]
shutdown_delay = "1s"
[database]
url = "postgres://cardea@db/cardea"
[passwords]
storage = "argon2id"
`)
	if err != nil {
		t.Fatal(err)
	}
	if c.Region != "us-east-1" || c.Database.URL.Reveal() != "postgres://cardea@db/cardea" || c.Passwords.Storage != "argon2id" ||
		len(c.TrustedProxies) != 2 || time.Duration(c.ShutdownDelay) != time.Second {
		t.Errorf("got %+v", c)
	}
}

func TestLoadEnvironmentWinsOverFile(t *testing.T) {
	t.Parallel()
	c, err := load(t, minimal+"[smtp]\nhost = \"a\"\nfrom = \"x@example.com\"\n",
		"CARDEA_SMTP_HOST=b", "CARDEA_SMTP_PORT=25", "CARDEA_SMTP_PASSWORD=p\"a\\ss", "CARDEA_OUTGOING_ALLOW=10.1.0.0/16, hooks.internal", "CARDEA_OUTGOING_PLAIN_HTTP=true",
		"CARDEA_SHUTDOWN_DELAY=0s", "HOME=/root", "CARDEA_SERVICE_HOST=10.0.0.1", "CARDEA_PORT_9229_TCP=tcp://x")
	if err != nil {
		t.Fatal(err)
	}
	if c.SMTP.Host != "b" || c.SMTP.Port != 25 || c.SMTP.Password.Reveal() != `p"a\ss` || len(c.Outgoing.Allow) != 2 || !c.Outgoing.PlainHTTP || c.ShutdownDelay != 0 {
		t.Errorf("got %+v", c)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, environ, want string }{
		{"unknown key", minimal + "adress = \":1\"\n", "", "adress: unknown setting, in line 2 of cardea.toml"},
		{"unknown key in table", minimal + "[smtp]\nhots = \"x\"\n", "", "smtp.hots: unknown setting, in line 3"},
		{"unknown table", minimal + "[stmp]\nhost = \"x\"\n", "", "stmp: unknown setting"},
		{"unknown variable", minimal, "CARDEA_ADRESS=:1", "CARDEA_ADRESS: unknown setting, in the environment"},
		{"bad variable", minimal, "CARDEA_SMTP_PORT=x", "smtp.port: CARDEA_SMTP_PORT in the environment is not a valid value"},
		{"wrong type", minimal + "[smtp]\nport = \"x\"\n", "", "line 3"},
		{"no public url", "", "", "public_url is required"},
		{"path in public url", `public_url = "https://a.example/x"`, "", "must not have a path"},
		{"country", minimal + "[limits]\nsms_countries = [\"+49\", \"DE\"]\n", "", `limits.sms_countries: "DE" is not a calling code`},
		{"issuer", minimal + `issuer_base = "ftp://x"`, "", "issuer_base"},
		{"base domain", minimal + `base_domain = "https://example.com"`, "", "base_domain"},
		{"certificate without files", minimal + "[[certificates]]\narn = \"x\"\n", "", "certificates 1: arn, cert_file and key_file are required"},
		{"certificates alone", minimal + "[[certificates]]\narn = \"x\"\ncert_file = \"c\"\nkey_file = \"k\"\n", "", "set tls.cert_file, or acme.directory"},
		{"certificates of one ARN", minimal + "[acme]\ndirectory = \"https://ca\"\naccept_terms = true\n" + strings.Repeat("[[certificates]]\narn = \"x\"\ncert_file = \"c\"\nkey_file = \"k\"\n", 2), "", "another certificate has this arn"},
		{"terms", minimal + "[acme]\ndirectory = \"https://ca\"\n", "", "acme.accept_terms"},
		{"plain authority", minimal + "[acme]\ndirectory = \"http://ca\"\naccept_terms = true\n", "", "acme.directory: use https"},
		{"proxy", minimal + `trusted_proxies = ["10.0.0.0"]`, "", `"10.0.0.0" is no network`},
		{"account", minimal + `account = "12"`, "", "twelve digits"},
		{"half of TLS", minimal + "[tls]\ncert_file = \"x\"\n", "", "cert_file and key_file go together"},
		{"storage", minimal + "[passwords]\nstorage = \"plain\"\n", "", "passwords.storage"},
		{"database", minimal + "[database]\nurl = \"mysql://secretword@x\"\n", "", "database.url"},
		{"pooler", minimal + "[database]\nurl = \"postgres://x\"\npooler = \"session\"\n", "", "database.pooler"},
		{"pooler of SQLite", minimal + "[database]\npooler = \"transaction\"\n", "", "database.pooler"},
		{"mail without sender", minimal + "[smtp]\nhost = \"x\"\n", "", "smtp.from is required"},
		{"webhook without secret", minimal + "[sms]\nwebhook_url = \"https://x\"\n", "", "sms.webhook_secret is required"},
		{"plain webhook", minimal + "[sms]\nwebhook_url = \"http://x\"\nwebhook_secret = \"s\"\n", "", "outgoing.plain_http"},
		{"private webhook", minimal + "[sms]\nwebhook_url = \"https://10.0.0.1/x\"\nwebhook_secret = \"s\"\n", "", "sms.webhook_url: address is not allowed: 10.0.0.1"},
		{"private function", minimal + "[[functions]]\nname = \"f\"\nwebhook = \"https://[::1]/x\"\nwebhook_secret = \"s\"\n", "", "functions[0].webhook: address is not allowed: ::1"},
		{"no network", minimal + "[outgoing]\nallow = [\"https://x\"]\n", "", "outgoing.allow: "},
		{"mail from nobody", minimal + "[smtp]\nhost = \"x\"\nfrom = \"nobody\"\n", "", "smtp.from: \"nobody\" is not an address"},
		{"sender from nobody", minimal + "[[senders]]\ntransport = \"smtp\"\nmatch = [\"*\"]\nhost = \"x\"\nfrom = \"a b@c d\"\n", "", "senders 1: from: "},
		{"number of nobody", minimal + "[[senders]]\ntransport = \"twilio\"\nmatch = [\"*\"]\naccount = \"x\"\npassword = \"x\"\nfrom = \"a@b.example\"\n", "", "senders 1: from: "},
		{"password in the clear", minimal + "[smtp]\nhost = \"x\"\nfrom = \"a@b.example\"\nusername = \"u\"\ntls = \"none\"\n", "", "smtp.tls: the password would be sent in the clear"},
		{"plain address of TLS", "public_url = \"http://a.example\"\n[tls]\ncert_file = \"x\"\nkey_file = \"y\"\n", "", "public_url: http://a.example is not how clients reach"},
		{"parameter", minimal + "[database]\nurl = \"postgres://u:secretword@h/d?sslmod=x\"\n", "", "database.url: unknown parameter \"sslmod\": sslmode?"},
		{"one address twice", minimal + "admin_addr = \":9229\"\n", "", "admin_addr: :9229 is the address of addr too"},
		{"nanoseconds", minimal + "shutdown_delay = 2\n", "", "shutdown_delay: a time span is a text with its unit"},
		{"delay", minimal + `shutdown_delay = "9s"`, "", "shutdown_delay"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, tt.text, tt.environ)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "secretword") {
				t.Errorf("the error tells a secret: %v", err)
			}
		})
	}
}

func TestIssuerMayNameTheRegion(t *testing.T) {
	t.Parallel()
	if _, err := load(t, minimal+`issuer_base = "https://cognito-idp.{region}.amazonaws.com"`); err != nil {
		t.Fatal(err)
	}
}

func TestShowMasksSecretsAndLoadsAgain(t *testing.T) {
	t.Parallel()
	c, err := load(t, minimal+`
master_key = "sesame1"
[database]
url = "postgres://cardea:sesame2@db/cardea?sslpassword=sesame3"
[smtp]
password = "sesame4"
[sms]
webhook_url = "https://sms.example.com"
webhook_secret = "sesame5"
`)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := c.Show()
	if err != nil {
		t.Fatal(err)
	}
	if printed := shown + fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(printed, "sesame") {
		t.Errorf("a secret is shown: %s", printed)
	}
	if !strings.Contains(shown, "master_key = '********'") {
		t.Errorf("a set secret should show as a mask:\n%s", shown)
	}
	if _, err := load(t, shown); err != nil {
		t.Errorf("what is shown does not load: %v\n%s", err, shown)
	}
}

func TestMasterKeys(t *testing.T) {
	t.Parallel()
	first, second := base64.StdEncoding.EncodeToString(make([]byte, 32)), base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 32)))
	file := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(file, []byte(first+"\n"+second+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	keys, err := config.Config{MasterKeyFile: file}.MasterKeys()
	if err != nil || len(keys) != 2 || keys[1][0] != 'x' {
		t.Errorf("got %v, %v, want both keys in order", keys, err)
	}
	if _, err := (config.Config{}).MasterKeys(); !errors.Is(err, config.ErrNoMasterKey) {
		t.Errorf("without a key: got %v, want ErrNoMasterKey", err)
	}
	if _, err := (config.Config{MasterKey: "c2hvcnQ="}).MasterKeys(); err == nil || strings.Contains(err.Error(), "c2hvcnQ") {
		t.Errorf("short key: got %v, want an error that does not show it", err)
	}
	if _, err := (config.Config{MasterKey: config.Secret(first), MasterKeyFile: file}).MasterKeys(); err == nil {
		t.Error("two sources: got no error")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(minimal, "CARDEA_ADDR=:1")
	f.Add("[smtp]\nport=1", "CARDEA_OUTGOING_ALLOW=,,")
	f.Fuzz(func(t *testing.T, text, entry string) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(path, []string{entry})
		if err == nil && c.PublicURL == "" {
			t.Errorf("loaded without a public URL: %q %q", text, entry)
		}
	})
}

func TestDatabaseAddressSaysThePooler(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		"url = \"postgres://a,b/x\"\n":                                         "postgres://a,b/x",
		"url = \"postgres://a,b/x\"\npooler = \"transaction\"\n":               "postgres://a,b/x?pooler=transaction",
		"url = \"postgres://a/x?sslmode=disable\"\npooler = \"transaction\"\n": "postgres://a/x?sslmode=disable&pooler=transaction",
	} {
		c, err := load(t, minimal+"[database]\n"+settings)
		if err != nil || c.Database.Address() != want {
			t.Errorf("got %s, %v, want %s", c.Database.Address(), err, want)
		}
	}
}
