//go:build unix

package function

import (
	"errors"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is the user whose rights a function has.
type account struct {
	uid, gid int
	groups   []uint32
}

// lookUp finds a user by name or number. Without one, the function has the server's rights.
func lookUp(name string) (*account, error) {
	if name == "" {
		return nil, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		if u, err = user.LookupId(name); err != nil {
			return nil, err
		}
	}
	ids, err := u.GroupIds()
	if err != nil {
		return nil, err
	}
	a := &account{}
	if a.uid, err = strconv.Atoi(u.Uid); err != nil {
		return nil, err
	}
	if a.gid, err = strconv.Atoi(u.Gid); err != nil {
		return nil, err
	}
	for _, id := range ids {
		group, err := strconv.ParseUint(id, 10, 32)
		if err != nil {
			return nil, err
		}
		a.groups = append(a.groups, uint32(group))
	}
	if me := syscall.Getuid(); me != 0 && me != a.uid {
		return nil, errors.New("only root can give a function another user")
	}
	return a, nil
}

// confine puts the process into a group of its own, with the account's rights.
func confine(cmd *exec.Cmd, a *account) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a != nil && a.uid != syscall.Getuid() {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid), Groups: a.groups}
	}
	dieWithServer(cmd.SysProcAttr)
}

// confinement is the group of a process and its descendants.
type confinement struct{ group int }

func (c *confinement) kill()    { _ = syscall.Kill(-c.group, syscall.SIGKILL) } // the group may be empty
func (c *confinement) release() {}

func windowsEnvironment(map[string]string, string) {}
