package drills_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"cardea/platform/db/dbtest"
)

// TestAFullDiskIsNotReady lets the files of a server grow no further, as a full disk does, and then lets them again.
func TestAFullDiskIsNotReady(t *testing.T) {
	t.Parallel()
	c := newCluster(t, dbtest.EmptySQLite(t))
	n := c.node()
	limited := filepath.Join(t.TempDir(), "limited")
	script := "#!/bin/sh\nulimit -S -f 6144\nexec '" + binary + "' \"$@\"\n" // 3 MiB
	if err := os.WriteFile(limited, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	n.binary = limited
	n.launch()
	n.ready()
	w := newWork(t, n)
	w.prepare()
	n.wait("full", func() bool {
		for range 50 {
			w.signUp()
		}
		return len(w.failures) > 0
	})
	if text := n.unready(); !strings.Contains(text, "The database does not take writes.") {
		t.Errorf("/readyz says %q", text)
	}
	if _, err := w.refresh(w.sessions[0]); err != nil {
		t.Logf("what only reads: %v", err)
	}

	if err := unix.Prlimit(n.process.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}, nil); err != nil {
		t.Fatal(err)
	}
	n.ready()
	w.check()
	w.signUp()
}
