package drills_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"cardea/platform/db/dbtest"
)

// crashes is how often each server is killed, and crashAfter how long it may work before.
const (
	crashes    = 4
	crashAfter = 600 * time.Millisecond
)

// TestNothingAcknowledgedIsLostWhenTheServerIsKilled kills cardea with SIGKILL in the middle of sign-ups and revocations.
func TestNothingAcknowledgedIsLostWhenTheServerIsKilled(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		n := newCluster(t, url).start()
		w := newWork(t, n)
		for range crashes {
			w.prepare()
			w.during(func() {
				time.Sleep(crashAfter)
				n.kill()
			})
			n.launch()
			n.ready()
			w.check() // before the next work begins, with the rows as the crash left them
		}
		w.enough()
	})
}

// TestNothingAcknowledgedIsLostWhenPostgreSQLIsKilled kills the database server instead; cardea keeps running and
// connects again.
func TestNothingAcknowledgedIsLostWhenPostgreSQLIsKilled(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "pg")
	openParents(t, dir)
	url, stop, err := dbtest.StartPostgres(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop() })
	n := newCluster(t, url).start()
	w := newWork(t, n)
	for range 2 {
		w.prepare()
		w.during(func() {
			time.Sleep(crashAfter)
			killPostgres(t, dir)
			stop()
			if _, stop, err = dbtest.StartPostgres(dir, true); err != nil {
				t.Error(err)
			}
		})
		n.ready()
		w.check()
	}
	w.enough()
}

// openParents lets the user that PostgreSQL runs as reach dir.
func openParents(t *testing.T, dir string) {
	t.Helper()
	for parent := filepath.Dir(dir); parent != os.TempDir() && len(parent) > 1; parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
