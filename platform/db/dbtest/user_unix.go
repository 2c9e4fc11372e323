//go:build unix

package dbtest

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// credential is the user that runs the server; nil is the user that runs the tests.
type credential struct {
	*syscall.Credential
}

// serverUser finds a user other than root: PostgreSQL refuses to run as root.
func serverUser() (credential, error) {
	if os.Geteuid() != 0 {
		return credential{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return credential{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
		}
	}
	return credential{}, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

// attributes put a process under the user, out of reach of the terminal's interrupt.
func (c credential) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: c.Credential, Setpgid: true}
}

func (c credential) own(dir string) error {
	if c.Credential == nil {
		return nil
	}
	return os.Chown(dir, int(c.Uid), int(c.Gid))
}
