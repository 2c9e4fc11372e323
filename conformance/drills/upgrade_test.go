package drills_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardea/platform/db/dbtest"
)

// newer builds the binary of a newer version: of this tree with further migrations, which are given by name.
func newer(t *testing.T, further map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	migrations, err := filepath.Abs("../../platform/db/migrations")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for name, text := range further {
		file := filepath.Join(dir, name+".sql")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files[filepath.Join(migrations, name+".sql")] = file
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": files})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "cardea")
	if err := build(name, ".", "-overlay", list); err != nil {
		t.Fatal(err)
	}
	return name
}

// newest is the newest migration of this tree.
func newest(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../../platform/db/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	return strings.TrimSuffix(filepath.Base(files[len(files)-1]), ".sql")
}

// The migrations of the next version and the one after. Their texts are the same each time, so that builds are found again.
const (
	expanding   = "9998_drill"
	contracting = "9999_drill"

	contractingText = "CREATE TABLE drilled (x TEXT NOT NULL, PRIMARY KEY (x));\n"
)

func expandingText(t *testing.T) string {
	return "-- Serves beside: " + newest(t) + "\nCREATE TABLE drill (x TEXT NOT NULL, PRIMARY KEY (x));\n" +
		"ALTER TABLE session ADD COLUMN drill TEXT NOT NULL DEFAULT '';\n"
}

// TestNodesOfTwoVersionsServeTogether upgrades a cluster under load: to a version whose migration older nodes may serve beside, and
// to one whose migration they may not.
func TestNodesOfTwoVersionsServeTogether(t *testing.T) {
	t.Parallel()
	further := map[string]string{expanding: expandingText(t)}
	next := newer(t, further)
	further[contracting] = contractingText
	last := newer(t, further)

	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		upgradeNodes(t, next, last)
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		upgradeServer(t, next, last)
	})
}

// upgradeNodes has nodes of three versions on PostgreSQL.
func upgradeNodes(t *testing.T, next, last string) {
	c := newCluster(t, dbtest.EmptyPostgres(t))
	old := c.start()
	w := newWork(t, old)
	expanded := c.node()
	expanded.binary = next
	w.prepare()
	w.during(func() {
		expanded.launch()
		expanded.ready()
		w.on(old, expanded)
		time.Sleep(2 * time.Second) // a heartbeat
	})
	w.check()
	w.enough()
	if len(w.failures) > 0 {
		t.Errorf("requests failed in an upgrade that older nodes serve beside: %v", w.failures[0])
	}
	old.ready()

	contracted := c.node()
	contracted.binary = last
	w.prepare()
	w.during(func() {
		contracted.launch()
		contracted.ready()
	})
	for _, n := range []*node{old, expanded} {
		if text := n.unready(); !strings.Contains(text, "belongs to a newer version") {
			t.Errorf("/readyz says %q", text)
		}
		if _, err := n.call("ListUserPools", `{"MaxResults":1}`); err == nil || !strings.Contains(err.Error(), "500") {
			t.Errorf("an older node answers: %v", err)
		}
	}
	w.on(contracted)
	w.check()
}

// upgradeServer runs commands of newer versions beside a server on SQLite, and the server of one after it.
func upgradeServer(t *testing.T, next, last string) {
	c := newCluster(t, dbtest.EmptySQLite(t))
	old := c.start()
	w := newWork(t, old)
	w.prepare()
	command := func(binary string) (string, error) {
		cmd := c.command("keys", "list")
		cmd.Path, cmd.Args[0] = binary, binary
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	w.during(func() {
		if out, err := command(next); err != nil { // it migrates
			t.Errorf("a command of the next version: %v\n%s", err, out)
		}
		time.Sleep(2 * time.Second)
	})
	old.ready()
	if out, err := command(last); err == nil || !strings.Contains(out, "start a server on it first") {
		t.Errorf("a command migrates although the server cannot serve then: %v\n%s", err, out)
	}
	old.ready()
	w.check()
	w.enough()

	old.stop()
	n := c.node()
	n.binary = last
	n.launch()
	n.ready()
	w.on(n)
	w.check()
	old.launch()
	if err := old.exit(); err == nil {
		t.Error("an older version starts")
	}
}

// TestANodeThatWasSuspendedDuringAnUpgradeRefuses has a newer version migrate while an older node is suspended in the middle of its work.
func TestANodeThatWasSuspendedDuringAnUpgradeRefuses(t *testing.T) {
	t.Parallel()
	last := newer(t, map[string]string{expanding: expandingText(t), contracting: contractingText})
	c := newCluster(t, dbtest.EmptyPostgres(t))
	old := c.start()
	w := newWork(t, old)
	upgraded := c.node()
	upgraded.binary = last
	const late = 50 // requests that wait until the node goes on, and are its first
	answers := make(chan error, late)
	w.prepare()
	w.during(func() {
		time.Sleep(crashAfter)
		w.on()
		old.suspend()
		client.CloseIdleConnections() // those that the node finds too old when it goes on
		for i := range late {
			go func() {
				_, err := old.call("CreateGroup", fmt.Sprintf(`{"UserPoolId":"%s","GroupName":"late-%d"}`, w.pool, i))
				answers <- err
			}()
		}
		upgraded.launch()
		upgraded.ready()
		old.resume()
		w.on(upgraded)
	})
	for range late {
		if err := <-answers; err == nil || !strings.Contains(err.Error(), "500") {
			t.Errorf("the first answers of the older node: got %v, want status 500", err)
		}
	}
	if text := old.unready(); !strings.Contains(text, "belongs to a newer version") {
		t.Errorf("/readyz says %q", text)
	}
	if groups := string(upgraded.must("ListGroups", `{"UserPoolId":"`+w.pool+`"}`)["Groups"]); strings.Contains(groups, "late") {
		t.Errorf("the older node has made %s", groups)
	}
	w.check()
	w.enough()
}
