//go:build !unix

package drills_test

import (
	"os/exec"
	"testing"
)

// killPostgres needs signals, which this system does not have.
func killPostgres(t *testing.T, _ string) { t.Error("cannot kill a process by its id here") }

// suspend needs signals, too.
func (n *node) suspend() { n.t.Error("cannot suspend a process here") }

func (n *node) resume() {}

// asDatabaseUser would have a program run as PostgreSQL does.
func asDatabaseUser(*testing.T, *exec.Cmd) {}

// copyServer needs users, which this system has not.
func copyServer(t *testing.T, _, _ string) { t.Error("cannot copy a server here") }
