package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A service manager starts a server again whose database is away, and not one whose configuration is wrong.
func TestExitStatusTellsAWrongConfigurationFromAFailure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	master := filepath.Join(dir, "master.key")
	if err := os.WriteFile(master, []byte("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		database string
		want     int
	}{
		"wrong": {`url = "mysql://localhost/cardea"`, misconfigured},
		"away":  {fmt.Sprintf("url = %q", "sqlite:"+filepath.Join(dir, "nowhere", "cardea.db")), 1},
	} {
		file := filepath.Join(t.TempDir(), "cardea.toml")
		text := fmt.Sprintf("public_url = \"http://localhost:1\"\naddr = \"127.0.0.1:0\"\nadmin_addr = \"\"\nmaster_key_file = %q\n[database]\n%s\n", master, c.database)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err := serveCommand{configFlag: configFlag{Config: file}}.Run(terminal{ctx: t.Context(), stdin: strings.NewReader(""), stdout: &out, stderr: &out})
		if err == nil || exitStatus(err) != c.want {
			t.Errorf("a database that is %s: status %d, want %d: %v", name, exitStatus(err), c.want, err)
		}
	}
}

func TestTheUnitKnowsTheExitStatus(t *testing.T) {
	t.Parallel()
	unit, err := os.ReadFile("../../deploy/systemd/cardea.service")
	if want := fmt.Sprintf("\nRestartPreventExitStatus=%d\n", misconfigured); err != nil || !strings.Contains(string(unit), want) {
		t.Errorf("the unit has no line %q: %v", want, err)
	}
}
