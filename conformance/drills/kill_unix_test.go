//go:build unix

package drills_test

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// killPostgres kills the server on dir with its process group.
func killPostgres(t *testing.T, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	if err != nil {
		t.Error(err)
		return
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil || pid <= 1 {
		t.Errorf("postmaster.pid begins with %q", first)
		return
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
}

// suspend stops the process of a node in the middle of whatever it does, until resume.
func (n *node) suspend() { n.signal(syscall.SIGSTOP) }

// resume lets a suspended process go on.
func (n *node) resume() { n.signal(syscall.SIGCONT) }

func (n *node) signal(which syscall.Signal) {
	n.t.Helper()
	if err := n.process.Process.Signal(which); err != nil {
		n.t.Error(err)
	}
}

// asDatabaseUser has a program run as PostgreSQL does, which does not run as root.
func asDatabaseUser(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		t.Fatal(err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// copyServer makes a standby of the server on the directory from, which follows it once it is started.
func copyServer(t *testing.T, from, to string) {
	t.Helper()
	programs, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_basebackup")
	if err != nil || len(programs) == 0 {
		t.Fatalf("no pg_basebackup: %v", err)
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(from); err == nil {
		if owner, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
			if err := os.Chown(to, int(owner.Uid), int(owner.Gid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd := exec.Command(programs[len(programs)-1], "-h", from, "-U", "postgres", "-D", to, "-R", "-X", "stream", "-c", "fast", "--no-sync")
	asDatabaseUser(t, cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	// The first server's socket is in its directory, with a lock that is not the second's.
	if err := os.RemoveAll(filepath.Join(to, ".s.PGSQL.5432.lock")); err != nil {
		t.Fatal(err)
	}
}
