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
	for _, want := range []string{
		"admin_addr:", "public_url is required", "log.level:", "unknown", "no category Sleeping", `"x" is no rate`, "audit.file:", "audit.webhook_url:",
		"audit.webhook_secret", "tracing.endpoint:", "tracing.ratio:", "master key",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing is said of %s in\n%s", want, out.String())
		}
	}
}
