package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAConfigurationThatCannotBeReadIsTheOnlyProblem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() // no file, so that reading it fails for every user
	var out bytes.Buffer
	err := configCheckCommand{configFlag: configFlag{Config: dir}}.Run(terminal{ctx: t.Context(), stdout: &out, stderr: &out})
	if err == nil || !strings.Contains(err.Error(), "read configuration: ") || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v", err)
	}
	if out.Len() > 0 {
		t.Errorf("settings that nobody has read are judged:\n%s", out.String())
	}
}

func TestAFileThatASettingNamesHidesNoOtherProblem(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cardea.toml")
	text := `
addr = "127.0.0.1:0"
admin_addr = "nowhere"
[[master_keys]]
file = "/nowhere/first.key"
[[master_keys]]
file = "/nowhere/second.key"
[database]
url = "postgres://cardea@127.0.0.1:1/cardea?sslmode=verify-full&sslrootcert=/nowhere/roots.pem&connect_timeout=soon"
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (configCheckCommand{configFlag: configFlag{Config: path}, Database: true}).Run(terminal{ctx: t.Context(), stdout: &out, stderr: &out}); err == nil {
		t.Error("it is good")
	}
	for _, want := range []string{"admin_addr:", "public_url is required", "/nowhere/roots.pem", "connect_timeout", "/nowhere/first.key", "/nowhere/second.key"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing is said of %s in\n%s", want, out.String())
		}
	}
}

func TestTheDatabaseIsLookedAtWithoutAMasterKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cardea.toml")
	text := "addr = \"127.0.0.1:0\"\nadmin_addr = \"\"\npublic_url = \"http://a.example\"\n[database]\nurl = \"postgres://cardea@127.0.0.1:1/cardea\"\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := configCheckCommand{configFlag: configFlag{Config: path}, Database: true}.Run(terminal{ctx: t.Context(), stdout: &out, stderr: &out})
	if err == nil || !strings.Contains(out.String(), "no master key") || !strings.Contains(out.String(), "database.url: the server does not answer") {
		t.Errorf("got %v\n%s", err, out.String())
	}
}

func TestEverythingThatIsWrongIsNamedInOneRun(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cardea.toml")
	text := `
addr = "127.0.0.1:0"
admin_addr = "nowhere"
log.level = "loud"
unknown = true
[rates]
categories = ["Sleeping=1", "UserRead=x"]
[audit]
file = "/nowhere/audit.json"
webhook_url = "ftp://example.com"
[tracing]
endpoint = "x"
ratio = 2.0
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (configCheckCommand{configFlag: configFlag{Config: path}}).Run(terminal{ctx: t.Context(), stdout: &out, stderr: &out}); err == nil {
		t.Error("it is good")
	}
	if n := strings.Count(out.String(), "admin_addr:"); n != 1 {
		t.Errorf("%d lines are about admin_addr", n)
	}
	for _, want := range []string{
		"admin_addr:", "public_url is required", "log.level:", "unknown", "no category Sleeping", `"x" is no rate`, "audit.file:", "audit.webhook_url:",
		"audit.webhook_secret", "tracing.endpoint:", "tracing.ratio:", "master key",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing is said of %s in\n%s", want, out.String())
		}
	}
}
