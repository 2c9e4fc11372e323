package function

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// account would be a user whose rights a function has; here it always has the server's.
type account struct{ uid, gid int }

func lookUp(name string) (*account, error) {
	if name != "" {
		return nil, errors.New("a function cannot have another user on Windows")
	}
	return nil, nil
}

func confine(cmd *exec.Cmd, _ *account) {
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

func startProcess(cmd *exec.Cmd) error { return cmd.Start() }

// awaitExit returns at once: a job object does not depend on process ids.
func awaitExit(*os.Process) {}

// confinement is the job object of a process and its descendants. They end with the server, which holds its only handle.
type confinement struct{ job windows.Handle }

// bound puts a process that has just started into a job object of its own.
func bound(p *os.Process, memoryMB int) (*confinement, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, fmt.Errorf("make job object: %w", err)
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{JobMemoryLimit: uintptr(memoryMB) << 20}
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | windows.JOB_OBJECT_LIMIT_JOB_MEMORY
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err == nil {
		err = assign(job, p)
	}
	if err != nil {
		_ = windows.CloseHandle(job) // the first error counts
		return nil, fmt.Errorf("set up job object: %w", err)
	}
	return &confinement{job: job}, nil
}

func assign(job windows.Handle, p *os.Process) error {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(p.Pid))
	if err != nil {
		return err
	}
	defer func() { _ = windows.CloseHandle(process) }() // it was open
	return windows.AssignProcessToJobObject(job, process)
}

func (c *confinement) kill()    { _ = windows.TerminateJobObject(c.job, 1) } // it may be empty
func (c *confinement) release() { _ = windows.CloseHandle(c.job) }           // it was open

// windowsEnvironment adds what programs need to start at all.
func windowsEnvironment(env map[string]string, home string) {
	root := os.Getenv("SystemRoot")
	env["SystemRoot"], env["PATH"] = root, root+`\System32;`+root
	env["TEMP"], env["TMP"], env["USERPROFILE"] = home, home, home
}
