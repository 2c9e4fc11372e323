package function

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
)

// state is what a child does.
type state int

const (
	starting state = iota // until its first call of next
	idle                  // waits for an event
	busy                  // has an event
	answered              // has answered it, and not asked for the next
	ending                // killed, not yet gone
)

// child is one process of a function and the Runtime API that it calls. Function's mutex guards what follows cmd.
type child struct {
	function  *Function
	server    *http.Server
	secret    string // first segment of every path; empty for executables
	home      string
	requestID atomic.Pointer[string] // for its output
	gone      chan struct{}          // closed when the process has been waited for

	cmd       *exec.Cmd
	confined  *confinement // how the process and its descendants are killed
	state     state
	since     time.Time
	stale     bool          // to be ended when it has answered
	began     bool          // has called next
	exited    bool          // its process id may be another's soon
	receiving bool          // reads the answer's body
	current   *invocation   // while busy or answered
	given     bool          // current has been sent
	poll      chan struct{} // wakes the call of next that is under way; nil without one
	report    *failure      // what it said of its initialization
}

func (c *child) move(to state) { c.state, c.since = to, time.Now() }

// start starts a process in the background. The mutex is held.
func (f *Function) start() {
	c := &child{function: f, gone: make(chan struct{})}
	c.move(starting)
	f.children[c] = true
	f.starts++
	f.running.Go(c.run)
}

// run is the life of a child.
func (c *child) run() {
	f := c.function
	output, err := c.launch()
	if err != nil {
		close(c.gone)
		c.cleanUp()
		f.gone(c, failure{errorType: "Runtime.InvalidEntrypoint", message: err.Error()})
		return
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		c.drain(output)
	}()
	f.running.Go(c.supervise)

	err = c.wait()
	close(c.gone)
	select { // what it wrote last; a descendant that left the group may keep the pipe open
	case <-drained:
	case <-time.After(time.Second):
	}
	_ = output.Close() // only reading
	<-drained
	f.reportDropped()
	c.cleanUp()

	why := exit(err)
	f.mu.Lock()
	if c.report != nil {
		why = *c.report
	}
	f.mu.Unlock()
	f.gone(c, why)
}

// launch starts the process with its Runtime API, and returns the reading end of its output.
func (c *child) launch() (output *os.File, err error) {
	f := c.function
	if f.program.bootstrap != nil {
		c.secret = newID()
	}
	address, err := c.listen()
	if err != nil {
		return nil, err
	}
	if c.home, err = makeFolder(f.dir, f.account); err != nil {
		return nil, err
	}
	cmd, err := f.program.command(f)
	if err != nil {
		return nil, err
	}
	if c.secret != "" {
		address += "/" + c.secret
	}
	cmd.Env = f.environment(address, c.home)
	output, input, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make pipe: %w", err)
	}
	cmd.Stdout, cmd.Stderr = input, input
	confine(cmd, f.account)

	c.cmd = cmd
	err = startProcess(cmd)
	_ = input.Close() // the child has its own
	if err == nil {
		var confined *confinement
		if confined, err = bound(cmd.Process, f.cfg.MemoryMB); err != nil {
			_ = cmd.Process.Kill() // it is waited for below
			_ = cmd.Wait()
		}
		f.mu.Lock()
		c.confined = confined
		if c.state == ending { // while it started
			c.kill()
		}
		f.mu.Unlock()
	}
	if err != nil {
		_ = output.Close() // nobody writes
		return nil, err
	}
	return output, nil
}

// listen serves the Runtime API on a port of its own, which tells the child from every other.
func (c *child) listen() (address string, err error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("listen for the Runtime API: %w", err)
	}
	address = listener.Addr().String()
	if c.secret == "" {
		listener = guard(listener, c.function)
	}
	c.server = &http.Server{
		Handler:        http.HandlerFunc(c.serveHTTP),
		MaxHeaderBytes: 2 << 20, // X-Ray causes have up to 1 MiB
		ErrorLog:       discard,
		// No timeouts: a call of next lasts until there is an event.
	}
	c.function.running.Go(func() { _ = c.server.Serve(listener) }) // ends when closed
	return address, nil
}

// wait waits for the process, and kills what it leaves behind.
func (c *child) wait() error {
	awaitExit(c.cmd.Process)
	c.function.mu.Lock()
	c.kill()
	c.exited = true
	c.function.mu.Unlock()
	return c.cmd.Wait()
}

// kill kills the process and its descendants in its group. The mutex is held.
func (c *child) kill() {
	if c.confined != nil && !c.exited {
		c.confined.kill()
	}
}

func (c *child) cleanUp() {
	if c.server != nil {
		_ = c.server.Close() // whatever is open belongs to a process that is gone
	}
	if c.confined != nil {
		c.confined.release()
	}
	if err := removeFolder(c.home); err != nil {
		c.function.cfg.Log.Warn("remove a function's folder", "function", c.function.cfg.Name, "error", err)
	}
}

// supervise bounds a process's memory, the time of its initialization, and how long it has nothing to do.
func (c *child) supervise() {
	ticker := time.NewTicker(sampleEvery)
	defer ticker.Stop()
	for {
		select {
		case <-c.gone:
			return
		case <-ticker.C:
		}
		c.function.reportDropped()
		c.boundMemory()
		c.boundTime()
	}
}

func (c *child) boundMemory() {
	f := c.function
	used := residentBytes(c.cmd.Process.Pid)
	if used <= int64(f.cfg.MemoryMB)<<20 {
		return
	}
	f.cfg.Log.Warn("function killed for its memory", "function", f.cfg.Name, "used_mb", used>>20, "memory_mb", f.cfg.MemoryMB)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.end(c)
}

func (c *child) boundTime() {
	f := c.function
	f.mu.Lock()
	defer f.mu.Unlock()
	spent := time.Since(c.since)
	switch {
	case c.state == starting && spent > maxInit:
		c.report = &failure{kind: TimedOut, errorType: "Sandbox.Timedout", message: fmt.Sprintf("INIT timed out after %.2f seconds", maxInit.Seconds())}
		f.end(c)
	case c.state == idle && spent > maxIdle && len(f.children) > f.cfg.Keep:
		f.end(c)
	}
}

// take gives the child an event. The mutex is held, and the child waits for one.
func (c *child) take(i *invocation) {
	c.move(busy)
	c.current, c.given = i, false
	c.requestID.Store(&i.ID)
	if c.poll != nil {
		close(c.poll)
		c.poll = nil
	}
}
