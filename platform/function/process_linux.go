package function

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxOpenFiles is a process's RLIMIT_NOFILE, as Lambda's.
const maxOpenFiles = 1024

// dieWithServer makes the kernel kill the process when the thread that started it ends.
func dieWithServer(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGKILL }

// starter starts processes on one thread that lasts as long as the server.
var starter = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for start := range work {
			start()
		}
	}()
	return work
})

func startProcess(cmd *exec.Cmd) error {
	started := make(chan error, 1)
	starter() <- func() { started <- cmd.Start() }
	return <-started
}

// bound limits a process that has just started: open files, and no memory dumps, which could hold passwords. Without
// CAP_SYS_RESOURCE the server cannot limit the processes of other users; they keep the server's own limits.
func bound(p *os.Process, _ int) (*confinement, error) {
	for resource, n := range map[int]uint64{unix.RLIMIT_NOFILE: maxOpenFiles, unix.RLIMIT_CORE: 0} {
		err := unix.Prlimit(p.Pid, resource, &unix.Rlimit{Cur: n, Max: n}, nil)
		if err != nil && err != unix.EPERM && err != unix.ESRCH { // gone already
			return nil, fmt.Errorf("limit a function's process: %w", err)
		}
	}
	return &confinement{group: p.Pid}, nil
}

// awaitExit waits until a process has ended, and leaves it to be waited for, so that its id stays its own.
func awaitExit(p *os.Process) {
	for {
		err := unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return
		}
	}
}

// residentBytes is the resident memory of a process and its descendants. Pages that they share count for each.
func residentBytes(pid int) int64 {
	var pages int64
	queue := []int{pid}
	for n := 0; len(queue) > 0 && n < 256; n++ {
		pid, queue = queue[0], queue[1:]
		folder := "/proc/" + strconv.Itoa(pid)
		text, err := os.ReadFile(folder + "/statm")
		if err != nil {
			continue // gone
		}
		if fields := bytes.Fields(text); len(fields) > 1 {
			resident, _ := strconv.ParseInt(string(fields[1]), 10, 64) // the kernel writes numbers
			pages += resident
		}
		queue = append(queue, childrenOf(folder)...)
	}
	return pages * int64(os.Getpagesize())
}

func childrenOf(folder string) []int {
	var pids []int
	threads, _ := filepath.Glob(folder + "/task/*/children") // the pattern is valid
	for _, name := range threads {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // gone
		}
		for _, field := range bytes.Fields(text) {
			if pid, err := strconv.Atoi(string(field)); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
