package drills_test

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

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

// TestAFullDiskOfPostgreSQLIsNotReady has the database on a file system of its own that becomes full, and then larger.
func TestAFullDiskOfPostgreSQLIsNotReady(t *testing.T) {
	t.Parallel()
	disk := newDisk(t, "32m")
	dir := filepath.Join(t.TempDir(), "pg")
	openParents(t, dir)
	address, stop, err := dbtest.StartPostgres(dir, false) // it is not killed
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	disk.belongsToOwnerOf(dir)
	execute(t, address, `CREATE TABLESPACE bounded LOCATION '`+disk.path+`'`)
	execute(t, address, `CREATE DATABASE bounded TABLESPACE bounded`)

	n := newCluster(t, "postgres://postgres@/bounded?"+url.Values{"host": {dir}}.Encode()).start()
	w := newWork(t, n)
	w.prepare()
	disk.fill(1 << 20)
	w.during(func() {
		n.wait("full", func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return len(w.failures) > 20
		})
	})
	if text := n.unready(); !strings.Contains(text, "The database does not take writes.") {
		t.Errorf("/readyz says %q", text)
	}
	n.must("AdminGetUser", `{"UserPoolId":"`+w.pool+`","Username":"`+w.users[0]+`"}`) // what only reads goes on
	for _, failure := range w.failures {
		if said := failure.Error(); !strings.HasPrefix(said, "500 ") || !strings.Contains(said, "InternalErrorException") {
			t.Fatalf("a client was told: %v", failure) // SDKs would not try it again
		}
	}

	disk.grow("256m")
	n.ready()
	w.check()
	w.enough()
	failed := len(w.failures)
	w.prepare()
	w.during(func() { time.Sleep(crashAfter) })
	w.check()
	if len(w.failures) > failed {
		t.Errorf("with room again: %v", errors.Join(w.failures[failed:]...))
	}
}

// disk is a file system with a bound, in memory.
type disk struct {
	t    *testing.T
	path string
}

// newDisk mounts a file system of a size, which needs the right to mount.
func newDisk(t *testing.T, size string) disk {
	t.Helper()
	d := disk{t, filepath.Join(t.TempDir(), "disk")}
	openParents(t, d.path)
	if err := os.Mkdir(d.path, 0o700); err != nil {
		t.Fatal(err)
	}
	d.mount(0, size)
	t.Cleanup(func() {
		if err := unix.Unmount(d.path, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return d
}

// fill leaves so much room.
func (d disk) fill(room uint64) {
	d.t.Helper()
	var now unix.Statfs_t
	if err := unix.Statfs(d.path, &now); err != nil {
		d.t.Fatal(err)
	}
	free := now.Bavail * uint64(now.Bsize)
	if free < room {
		d.t.Fatalf("%d bytes are free, want more than %d", free, room)
	}
	if err := os.WriteFile(filepath.Join(d.path, "filled"), make([]byte, free-room), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// grow gives the file system another size.
func (d disk) grow(size string) { d.mount(unix.MS_REMOUNT, size) }

func (d disk) mount(flags uintptr, size string) {
	d.t.Helper()
	if err := unix.Mount("drill", d.path, "tmpfs", flags, "size="+size); err != nil {
		d.t.Fatalf("mount a small file system, which takes root with CAP_SYS_ADMIN: %v", err)
	}
}

// belongsToOwnerOf gives the file system to the owner of a directory.
func (d disk) belongsToOwnerOf(dir string) {
	d.t.Helper()
	info, err := os.Stat(dir)
	if err != nil {
		d.t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	if err := os.Chown(d.path, int(owner.Uid), int(owner.Gid)); err != nil {
		d.t.Fatal(err)
	}
}

// TestAFileThatIsMountedByItselfIsRefused starts a server on the database file of another, mounted without its folder, as a container can be
// given a file: SQLite's log and the lock would stand in another folder.
func TestAFileThatIsMountedByItselfIsRefused(t *testing.T) {
	t.Parallel()
	c := newCluster(t, dbtest.EmptySQLite(t))
	first := c.start()
	here := filepath.Join(t.TempDir(), "cardea.db")
	if err := os.WriteFile(here, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(strings.TrimPrefix(c.url, "sqlite:"), here, "", unix.MS_BIND, ""); err != nil {
		t.Fatalf("mount a file, which takes root with CAP_SYS_ADMIN: %v", err)
	}
	defer func() {
		if err := unix.Unmount(here, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	second := c.node("CARDEA_DATABASE_URL=sqlite:" + here)
	second.launch()
	if err := second.exit(); err == nil || !strings.Contains(second.log(), "the database file is mounted by itself") {
		t.Errorf("a server on the mounted file: %v, %s", err, second.log())
	}
	first.ready()
}
