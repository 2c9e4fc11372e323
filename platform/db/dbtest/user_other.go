//go:build !unix

package dbtest

import (
	"errors"
	"syscall"
)

// credential is the user that runs the server.
type credential struct{}

func serverUser() (credential, error) {
	return credential{}, errors.New("no throw-away PostgreSQL on this system: set " + Variable)
}

func (credential) attributes() *syscall.SysProcAttr { return nil }

func (credential) own(string) error { return nil }
