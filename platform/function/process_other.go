//go:build unix && !linux

package function

import (
	"os"
	"os/exec"
	"syscall"
)

// dieWithServer does nothing: a process ends when the Runtime API is gone.
func dieWithServer(*syscall.SysProcAttr) {}

func startProcess(cmd *exec.Cmd) error { return cmd.Start() }

// bound leaves open files and memory dumps as the system's defaults limit them.
func bound(p *os.Process, _ int) (*confinement, error) { return &confinement{group: p.Pid}, nil }

// awaitExit returns at once: the process is waited for and its group killed right after.
func awaitExit(*os.Process) {}
