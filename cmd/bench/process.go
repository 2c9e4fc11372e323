package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// self is this process, for cpuOf.
const self = "self"

// tick is the unit of CPU time in /proc, USER_HZ.
const tick = 10 * time.Millisecond

// cpuOf is the CPU time that a process has used, user and system.
func cpuOf(pid string) (time.Duration, error) {
	s, err := statOf(pid)
	return s.own, err
}

// cpuOfFamily is the CPU time of a process and its children, those that have ended included.
func cpuOfFamily(pid string) (time.Duration, error) {
	parent, err := statOf(pid)
	if err != nil {
		return 0, err
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	total := parent.own + parent.children
	for _, entry := range entries {
		if s, err := statOf(entry.Name()); err == nil && s.parent == pid { // others are no processes, or have just ended
			total += s.own
		}
	}
	return total, nil
}

// stat is what /proc tells of a process.
type stat struct {
	parent        string
	own, children time.Duration // CPU time, user and system; children that have ended
}

func statOf(pid string) (stat, error) {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return stat{}, err
	}
	// The command's name, in parentheses, may hold spaces; the parent is the 2nd word behind it, the times are the 12th to 15th.
	words := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(words) < 15 {
		return stat{}, errors.New("short /proc stat")
	}
	var times [4]time.Duration
	for i := range times {
		n, err := strconv.ParseInt(words[11+i], 10, 64)
		if err != nil {
			return stat{}, err
		}
		times[i] = time.Duration(n) * tick
	}
	return stat{parent: words[1], own: times[0] + times[1], children: times[2] + times[3]}, nil
}

// residentOf is the resident memory of a process in MiB.
func residentOf(pid string) (float64, error) {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024, err
		}
	}
	return 0, errors.New("no VmRSS")
}

// process is a running server.
type process struct {
	command  *exec.Cmd
	url      string
	ready    time.Duration // from the start to the first 200 of /readyz
	database string        // the process id of its PostgreSQL server, whose work counts as the server's; empty with SQLite
}

// start builds the binary and runs it on the data folder, with the function of the claims.
func start(ctx context.Context, dir string) (*process, error) {
	claims, err := claimsFlag(dir)
	if err != nil {
		return nil, err
	}
	return launch(ctx, dir, "--function", claims)
}

// launch builds the binary and runs it on the data folder in dir, with more arguments.
func launch(ctx context.Context, dir string, more ...string) (*process, error) {
	return launchWith(ctx, "", dir, more...)
}

// launchWith is launch for a binary that is built with tags.
func launchWith(ctx context.Context, tags, dir string, more ...string) (*process, error) {
	binary := filepath.Join(dir, "cardea")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-tags", tags, "-o", binary, "cardea/cmd/cardea")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := listener.Addr().String()
	if err := listener.Close(); err != nil {
		return nil, err
	}

	args := append([]string{"dev", "--data", filepath.Join(dir, "data"), "--addr", addr, "--log", "error"}, more...)
	p := &process{url: "http://" + addr, command: exec.CommandContext(ctx, binary, args...)}
	p.command.Stderr = os.Stderr
	began := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	for time.Since(began) < 10*time.Second {
		if answer, err := http.Get(p.url + "/readyz"); err == nil {
			_ = answer.Body.Close() // only the status counts
			if answer.StatusCode == http.StatusOK {
				p.ready = time.Since(began)
				return p, nil
			}
		}
		time.Sleep(time.Millisecond)
	}
	p.stop()
	return nil, errors.New("the server did not become ready")
}

// cpu is the CPU time that the server has used, and its database apart.
func (p *process) cpu() (own, database time.Duration, err error) {
	own, err = cpuOf(p.pid())
	if err != nil || p.database == "" {
		return own, 0, err
	}
	database, err = cpuOfFamily(p.database)
	return own, database, err
}

// computesBy makes sure that the server's arithmetic is this one.
func (p *process) computesBy(ctx context.Context, name string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/metrics", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && !bytes.Contains(text, []byte(`arithmetic="`+name+`"`)) {
		err = errors.New("the server does not compute by " + name)
	}
	return err
}

func (p *process) pid() string { return strconv.Itoa(p.command.Process.Pid) }

// idle waits until start-up work is over, which makes a stock of signing keys, and returns the resident memory in MiB.
func (p *process) idle() (float64, error) {
	const (
		quiet  = 2 * time.Second // longer than background jobs wait before they begin
		little = 3 * tick        // what an idle server may use meanwhile
	)
	last, err := cpuOf(p.pid())
	for began := time.Now(); err == nil && time.Since(began) < time.Minute; {
		time.Sleep(quiet)
		var now time.Duration
		if now, err = cpuOf(p.pid()); err == nil && now-last <= little {
			return residentOf(p.pid())
		}
		last = now
	}
	if err != nil {
		return 0, err
	}
	return 0, errors.New("the server has not come to rest for a minute")
}

func (p *process) stop() {
	_ = p.command.Process.Signal(os.Interrupt) // Wait says whether it worked
	_ = p.command.Wait()
}
