package config_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cardea/platform/config"
)

// examined are the problems and the warnings of a configuration, whose listeners are free unless it says otherwise.
func examined(t *testing.T, text string) (wrong, doubtful string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cardea.toml")
	if err := os.WriteFile(path, []byte("addr = \"127.0.0.1:0\"\nadmin_addr = \"\"\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := c.Examine(t.Context(), path)
	return strings.Join(config.Problems(found.Wrong), "\n"), strings.Join(config.Problems(found.Doubtful), "\n")
}

func TestExamineFindsWhatIsWrongOnTheMachine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("x"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	own, shared, open := file("own", 0o600), file("shared", 0o640), file("open", 0o644)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cardea := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }))
	defer cardea.Close()

	plain := `public_url = "http://auth.example.com"` + "\n"
	for _, c := range []struct{ name, text, wrong, doubtful string }{
		{"nothing", plain, "", ""},
		{"no folder", plain + "[database]\nurl = \"sqlite:" + dir + "/nowhere/x.db\"\n", "database.url: there is no folder", ""},
		{"a folder as database", plain + "[database]\nurl = \"sqlite:" + dir + "\"\n", "database.url: open " + dir, ""},
		{"no templates", plain + "templates = \"" + dir + "/nowhere\"\n", "templates: there is no folder", ""},
		{"no folder of the audit log", plain + "[audit]\nfile = \"" + dir + "/nowhere/x.json\"\n", "audit.file: there is no folder", ""},
		{"a folder as audit log", plain + "[audit]\nfile = \"" + dir + "\"\n", "audit.file: " + dir + " is no regular file", ""},
		{"an open audit log", plain + "[audit]\nfile = \"" + open + "\"\n", "", "audit.file: everybody"},
		{"a new audit log", plain + "[audit]\nfile = \"" + dir + "/new.json\"\n", "", ""},
		{"templates are a file", plain + "templates = \"" + own + "\"\n", "templates: " + own + " is not a folder", ""},
		{"no function", plain + "[[functions]]\nname = \"f\"\nlocal = \"" + dir + "/f.py:handler\"\n", "functions[0].local: there is no file " + dir + "/f.py", ""},
		{"a function", plain + "[[functions]]\nname = \"f\"\nlocal = \"" + own + ":handler\"\n", "", ""},
		{"no interpreter", plain + "[functions_default]\nlocal = \"" + own + "\"\ninterpreter = \"no-such-program\"\n", "functions_default.interpreter: there is no program", ""},
		{"key of the owner", plain + "master_key_file = \"" + own + "\"\n", "", ""},
		{"key of a group", plain + "master_key_file = \"" + shared + "\"\n", "", "master_key_file: a group can read " + shared},
		{"key of everybody", plain + "master_key_file = \"" + open + "\"\n", "master_key_file: everybody on this machine can read " + open, ""},
		{"TLS key of everybody", "public_url = \"https://x.example\"\n[tls]\ncert_file = \"" + own + "\"\nkey_file = \"" + open + "\"\n", "tls.key_file: everybody", ""},
		{"port", plain + "[guard]\naddr = \"" + taken.Addr().String() + "\"\nupstream = \"https://s3\"\naccess_key_id = \"a\"\nsecret_access_key = \"b\"\n", "guard.addr: listen tcp " + taken.Addr().String(), ""},
		{"a relay without a password", plain + "[smtp]\nhost = \"h\"\nfrom = \"a@b.example\"\nusername = \"u\"\n", "", "smtp.password: there is none for smtp.username"},
		{"a sender without a password", plain + "[[senders]]\nname = \"m\"\ntransport = \"smtp\"\nmatch = [\"default\"]\nhost = \"h\"\nfrom = \"a@b.example\"\nusername = \"u\"\n", "", "senders (m).password: there is none for its username"},
		{"proxy", `public_url = "https://auth.example.com"`, "", "public_url: it is https, and the server serves plain HTTP"},
		{"rates without networks", plain + "[rates]\ndefault = \"cognito\"\n", "", "rates.source: categories are bounded and networks are not"},
		{"a rate without networks", plain + "[rates]\ncategories = [\"UserRead=1\"]\nsource = \"0\"\n", "", "rates.source: categories are bounded and networks are not"},
		{"rates with networks", plain + "[rates]\ndefault = \"cognito\"\nsource = \"20:200\"\n", "", ""},
		{"no rates", plain + "[rates]\ncategories = [\"UserRead=0\"]\n", "", ""},
		{"everybody a proxy", "public_url = \"https://auth.example.com\"\ntrusted_proxies = [\"0.0.0.0/0\"]", "", "trusted_proxies: 0.0.0.0/0 is everybody"},
	} {
		if runtime.GOOS == "windows" && strings.Contains(c.name, "key") {
			continue // files have no modes there
		}
		wrong, doubtful := examined(t, c.text)
		if !strings.Contains(wrong, c.wrong) || (c.wrong == "" && wrong != "") {
			t.Errorf("%s: wrong is %q, want %q", c.name, wrong, c.wrong)
		}
		if !strings.Contains(doubtful, c.doubtful) || (c.doubtful == "" && doubtful != "") {
			t.Errorf("%s: doubtful is %q, want %q", c.name, doubtful, c.doubtful)
		}
	}

	c := config.Default()
	c.PublicURL, c.Addr, c.AdminAddr = "http://x.example", cardea.Listener.Addr().String(), ""
	found := c.Examine(t.Context(), "")
	if found.Wrong != nil || !strings.Contains(fmt.Sprint(found.Doubtful), "is taken by a cardea that is running") {
		t.Errorf("beside a running server: got %v and %v", found.Wrong, found.Doubtful)
	}
}

func TestWhoeverReadsAConfigurationWithSecretsIsNamed(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // files have no modes there
	}
	for text, want := range map[string]bool{
		minimal: false,
		minimal + "[smtp]\npassword = \"sesame\"\n":                                     true,
		minimal + "[database]\nurl = \"postgres://cardea:sesame@db/cardea\"\n":          true,
		minimal + "[database]\nurl = \"postgres://cardea@db/cardea?password=sesame\"\n": true,
		minimal + "[database]\nurl = \"postgres://cardea@db/cardea\"\n":                 false,
	} {
		path := filepath.Join(t.TempDir(), "cardea.toml")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		found := config.Default().Examine(t.Context(), path)
		if got := strings.Contains(fmt.Sprint(found.Doubtful), path+" holds secrets"); got != want {
			t.Errorf("%q: got %v", text, found.Doubtful)
		}
		if err := os.Chmod(path, 0o640); err != nil { // as the Debian package makes it
			t.Fatal(err)
		}
		if found := config.Default().Examine(t.Context(), path); strings.Contains(fmt.Sprint(found.Doubtful), path) {
			t.Errorf("%q, readable by a group: got %v", text, found.Doubtful)
		}
	}
}

func TestOneMistakeHidesNoOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"a table that does not parse", "public_url = \"https://a.example\"\n[smtp\nhost = \"x\"\nfrom = 3\n[passwords]\nstorage = \"plain\"\n", []string{
			`line 2, column 6 of cardea.toml: expected ']' to close table name`,
			`passwords.storage: "plain" is none of srp, argon2id`,
			`smtp.from: line 4, column 8 of cardea.toml: this is of type integer, and the setting is a text in quotes`,
		}},
		{"a table that nobody can guess", "public_url = \"https://a.example\"\n[\nfrom = 3\n[passwords]\nstorage = \"plain\"\n", []string{
			`line 2, column 2 of cardea.toml: invalid character at start of key: U+000A`,
			`passwords.storage: "plain" is none of srp, argon2id`,
		}},
		{"a table whose header is repeated", "public_url = \"https://a.example\"\n[smtp]\nhost = \"x\"\nfrom = \"a@b.example\"\n[smtp\nport = 1\n[passwords]\nstorage = \"plain\"\n", []string{
			`line 5, column 6 of cardea.toml: expected ']' to close table name`,
			`passwords.storage: "plain" is none of srp, argon2id`,
			`smtp: line 5, column 2 of cardea.toml: table smtp already exists`,
		}},
		{"half of TLS, and plain HTTP", "public_url = \"http://a.example\"\n[tls]\nkey_file = \"x\"\n", []string{
			`public_url: http://a.example is not how clients reach a server that serves TLS: use https`,
			`tls: cert_file and key_file go together`,
		}},
		{"what may be called", "public_url = \"https://a.example\"\n[outgoing]\nallow = [\"300.1.1.1\", \"a b\"]\n[audit]\nwebhook_url = \"https://10.0.0.1/x\"\nwebhook_secret = \"s\"\n", []string{
			`audit.webhook_url: address is not allowed: 10.0.0.1: put it into outgoing.allow if the server is to call it`,
			`outgoing.allow: "300.1.1.1" is no address, network or host name`,
			`outgoing.allow: "a b" is no address, network or host name`,
		}},
		{"a list over lines", "public_url = \"https://a.example\"\ntrusted_proxies = [\n\"10.0.0.0/8\",\n\"nowhere\",\n\"10.1.1.1\",\n]\naccount = \"1\"\n", []string{
			`account: "1" is not twelve digits`,
			`trusted_proxies: "10.1.1.1" is no network such as 10.0.0.0/8`,
			`trusted_proxies: "nowhere" is no network such as 10.0.0.0/8`,
		}},
		{"a number in a list over lines", "public_url = \"https://a.example\"\ntrusted_proxies = [\n\"10.0.0.0/8\",\n3,\n]\naccount = \"1\"\n", []string{
			`account: "1" is not twelve digits`,
			`trusted_proxies: line 4, column 1 of cardea.toml: this is of type integer, and the setting is a text in quotes`,
		}},
		{"text that never ends", "public_url = \"https://a.example\nregion = \"x\"\n", []string{
			`public_url: line 1, column 32 of cardea.toml: basic strings cannot have new lines`,
			`region: "x" is not a Region such as us-east-1`,
		}},
		{"garbage", "public_url = \"https://a.example\"\nx y z\na b\nregion = \"x\"\n", []string{
			`line 2, column 3 of cardea.toml: expected '=' after key`,
			`region: "x" is not a Region such as us-east-1`,
		}},
		{"twice", "public_url = \"https://a.example\"\npublic_url = \"https://b.example\"\nregion = \"x\"\n", []string{
			`public_url: line 2, column 1 of cardea.toml: key public_url is already defined`,
			`region: "x" is not a Region such as us-east-1`,
		}},
	} {
		_, err := load(t, c.text)
		if got, want := strings.Join(config.Problems(err), "\n"), strings.Join(c.want, "\n"); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, want)
		}
	}
}
