package drills_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardea/platform/db/dbtest"
)

// otherEngine is a new database of the engine that url is not of.
func otherEngine(t *testing.T, url string) string {
	if strings.HasPrefix(url, "sqlite:") {
		return dbtest.EmptyPostgres(t)
	}
	return dbtest.EmptySQLite(t)
}

// TestARestoredBackupRevivesNothing backs up while sign-ups and revocations go on, kills the node, and restores into a database of the
// other engine.
func TestARestoredBackupRevivesNothing(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		c := newCluster(t, url)
		n := c.start()
		w := newWork(t, n)
		w.prepare()
		w.prepare()
		file := filepath.Join(t.TempDir(), "backup")
		var acknowledged int
		w.during(func() {
			time.Sleep(crashAfter)
			w.mu.Lock()
			acknowledged = len(w.users)
			w.mu.Unlock()
			c.run("backup", file)
			time.Sleep(crashAfter)
			n.kill()
		})
		w.enough()
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the backup is %v, %v", info, err)
		}
		if _, stderr, err := c.try("backup", file); err == nil {
			t.Errorf("the backup was overwritten: %s", stderr)
		}
		c.run("backup", "--verify", file)

		for _, keep := range []bool{false, true} {
			target := otherEngine(t, url)
			restored := newClusterOn(t, c, target)
			args := []string{"restore", file}
			if keep {
				args = append(args, "--keep-sessions")
			}
			restored.run(args...)
			if _, stderr, err := restored.try(args...); err == nil || !strings.Contains(stderr, "not empty") {
				t.Errorf("restored over itself: %v, %s", err, stderr)
			}
			again := restored.start()
			if keep {
				restored.run("sessions", "revoke", "--before", "now", "--yes")
			}
			opensNothing(t, again, w)
			for _, name := range w.users[:acknowledged] {
				again.must("AdminGetUser", `{"UserPoolId":"`+w.pool+`","Username":"`+name+`"}`)
			}
			again.must("InitiateAuth", `{"ClientId":"`+w.client+`","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"`+w.users[0]+`","PASSWORD":"Correct-horse-1"}}`)
			again.stop()
		}
	})
}

// newClusterOn is a cluster with another's keys on another database.
func newClusterOn(t *testing.T, c *cluster, url string) *cluster {
	other := &cluster{t: t, url: url, environ: append([]string(nil), c.environ...), key: c.key}
	other.set("CARDEA_DATABASE_URL=" + url)
	return other
}

// opensNothing fails the drill for each token of the work that opens something.
func opensNothing(t *testing.T, n *node, w *work) {
	t.Helper()
	for _, token := range append(append([]string(nil), w.revoked...), w.sessions...) {
		_, err := n.call("InitiateAuth", `{"ClientId":"`+w.client+`","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"`+token+`"}}`)
		if !errors.Is(err, errRefused) {
			t.Errorf("a token of before: got %v, want a refusal", err)
		}
	}
}
