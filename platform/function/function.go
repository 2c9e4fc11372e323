package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"
)

// Config says what a function is and what it may use. Name and Source are required.
type Config struct {
	// Name is the function's name, as in its ARN.
	Name string

	// Source is "path/file.py:handler", "path/file.mjs:handler" (also .js and .cjs) or the path of an executable. The
	// file's folder is the function's working directory.
	Source string

	// Interpreter is the Python or Node.js that runs a handler; by default python3 or node, as found by PATH.
	Interpreter string

	// Region is the function's AWS_REGION; by default us-east-1.
	Region string

	// Env is added to the function's environment, which has nothing from that of the server. The names that Lambda
	// reserves are refused, but for credentials.
	Env map[string]string

	// User is the name or number of the user whose rights the function has; by default those of the server. Only a server
	// that is root may name another.
	User string

	// Concurrency is how many invocations run at once, each in a process of its own: 1 to 64, by default 8.
	Concurrency int

	// Keep is how many processes stay when there is nothing to do; the others end after ten minutes. With Keep above
	// zero, New starts the first.
	Keep int

	// MemoryMB bounds the resident memory of one process and its descendants; by default 512.
	MemoryMB int

	// MaxReply bounds a reply, in bytes; by default 1 MiB.
	MaxReply int

	// Watch makes changed files of the function's folder take effect at the next invocation.
	Watch bool

	// Unwatched begins the paths of files that may change without effect, such as those of the server's own database.
	Unwatched string

	// Output, if set, is told of every line that the function writes. Several processes may call it at once.
	Output func(Line)

	// Log is told how the processes fare; nil is slog.Default.
	Log *slog.Logger
}

// Line is a line of a function's output. It is untrusted text: valid UTF-8 with control characters escaped, at most 8 KiB
// of what was written.
type Line struct {
	Function  string
	RequestID string // of the latest invocation that the process was given; empty before the first
	Text      string
}

// Call is one invocation.
type Call struct {
	ID       string // the request id: letters, digits and hyphens; made up when empty
	ARN      string // as the caller named the function
	Payload  []byte // the event, at most 6 MB
	Deadline time.Time
}

// Kind says how an invocation ended.
type Kind string

// The kinds of ends.
const (
	Answered  Kind = "answered"
	Raised    Kind = "raised"    // the function, or its initialization, reported an error
	Exited    Kind = "exited"    // the process could not start, ended without an answer, or was killed for its memory
	TimedOut  Kind = "timed out" // no answer by the deadline; the process was killed
	Throttled Kind = "throttled" // every process was busy
	TooLarge  Kind = "too large" // the answer is longer than MaxReply
)

// Reply is the end of an invocation.
type Reply struct {
	Kind Kind

	// Payload is the function's answer, or Lambda's document of an error: errorType, errorMessage and perhaps stackTrace
	// or trace.
	Payload []byte

	// ErrorType and ErrorMessage are those of the document. They are empty in an answer.
	ErrorType, ErrorMessage string
}

// ErrClosed is the error of an invocation after Close.
var ErrClosed = errors.New("function is closed")

// Bounds that nobody has needed to set.
const (
	maxEvent     = 6 << 20
	maxQueue     = 256              // invocations that wait for a process
	maxWait      = time.Second      // for a process, when all are busy
	maxInit      = 10 * time.Second // from the start to the first call of next
	maxIdle      = 10 * time.Minute
	returnWait   = 20 * time.Millisecond // an answer is usually followed by next at once
	firstPause   = 100 * time.Millisecond
	longestPause = 30 * time.Second
	sampleEvery  = 250 * time.Millisecond
)

// Function is a function with its processes. Its methods may be called at the same time.
type Function struct {
	cfg     Config
	program program
	account *account // nil: that of the server
	dir     string   // for the bootstraps and the processes' homes
	watch   watch
	printed limiter
	unknown sync.Once // a call of the Runtime API that is not served has been logged

	running sync.WaitGroup // the goroutines of processes

	mu       sync.Mutex
	closed   bool
	children map[*child]bool
	idle     []*child      // the one used last is at the end
	waiting  []*invocation // first come, first served
	failures int           // starts that failed, one after another
	paused   time.Time     // no start until then
	failure  failure       // of the last start that failed
	starts   uint64
}

var callID = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

// New prepares a function: it fails when its source or what runs it is not there, and when a setting is out of bounds.
func New(cfg Config) (*Function, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("function %s: %w", cfg.Name, err)
	}
	program, err := resolve(cfg)
	if err != nil {
		return nil, fmt.Errorf("function %s: %w", cfg.Name, err)
	}
	account, err := lookUp(cfg.User)
	if err != nil {
		return nil, fmt.Errorf("function %s: user %s: %w", cfg.Name, cfg.User, err)
	}
	f := &Function{cfg: cfg, program: program, account: account, children: map[*child]bool{}}
	f.watch.root, f.watch.skip = program.root, absolute(cfg.Unwatched)
	f.watch.changed() // from now on
	if f.dir, err = makeFolder("", account); err != nil {
		return nil, fmt.Errorf("function %s: %w", cfg.Name, err)
	}
	if cfg.Keep > 0 {
		f.mu.Lock()
		f.start()
		f.mu.Unlock()
	}
	return f, nil
}

// complete fills in defaults and checks bounds.
func (cfg *Config) complete() error {
	cfg.Region = orDefault(cfg.Region, "us-east-1")
	cfg.Concurrency = orDefault(cfg.Concurrency, 8)
	cfg.MemoryMB = orDefault(cfg.MemoryMB, 512)
	cfg.MaxReply = orDefault(cfg.MaxReply, 1<<20)
	cfg.Log = orDefault(cfg.Log, slog.Default())
	switch {
	case cfg.Name == "":
		return errors.New("it has no name")
	case cfg.Concurrency < 1 || cfg.Concurrency > 64:
		return errors.New("concurrency must be between 1 and 64")
	case cfg.Keep < 0 || cfg.Keep > cfg.Concurrency:
		return errors.New("keep must be between 0 and concurrency")
	case cfg.MemoryMB < 32 || cfg.MemoryMB > 10240:
		return errors.New("memory must be between 32 and 10240 MB")
	case cfg.MaxReply < 1 || cfg.MaxReply > maxEvent:
		return errors.New("replies must be bounded between 1 byte and 6 MB")
	}
	return checkEnv(cfg.Env)
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Invoke runs the function once and returns how that ended, by the call's deadline at the latest. The error is ErrClosed,
// that of ctx, or says what is wrong with the call. When ctx ends first, the function is not stopped.
func (f *Function) Invoke(ctx context.Context, call Call) (Reply, error) {
	if call.ID == "" {
		call.ID = newID()
	}
	switch {
	case !callID.MatchString(call.ID):
		return Reply{}, fmt.Errorf("request id %q is not letters, digits and hyphens", call.ID)
	case len(call.Payload) > maxEvent:
		return Reply{}, fmt.Errorf("event has %d bytes, at most %d", len(call.Payload), maxEvent)
	case call.Deadline.IsZero():
		return Reply{}, errors.New("call has no deadline")
	}
	if f.cfg.Watch && f.watch.changed() {
		f.Reload()
	}

	i := &invocation{Call: call, began: time.Now(), ended: make(chan outcome, 1)}
	f.enqueue(i)
	select {
	case o := <-i.ended:
		return o.reply, o.err
	case <-ctx.Done():
		f.forget(i)
		return Reply{}, ctx.Err()
	}
}

// Reload makes the next invocations run in new processes, which have read the function's files anew.
func (f *Function) Reload() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures, f.paused = 0, time.Time{}
	for c := range f.children {
		c.stale = true
		if c.state == idle {
			f.end(c)
		}
	}
	f.dispatch()
}

// Close refuses further invocations, waits for those under way until ctx ends, and ends every process.
func (f *Function) Close(ctx context.Context) error {
	f.mu.Lock()
	f.closed = true
	for _, i := range f.waiting {
		i.end(outcome{err: ErrClosed})
	}
	f.waiting = nil
	for c := range f.children {
		if c.state != busy {
			f.end(c)
		}
	}
	f.mu.Unlock()

	gone := make(chan struct{})
	go func() {
		f.running.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
		f.endAll()
		<-gone
	}
	return removeFolder(f.dir)
}

func (f *Function) endAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.children {
		f.end(c)
	}
}

// Stats is what a function does at the moment.
type Stats struct {
	Starting, Idle, Busy int    // processes
	Waiting              int    // invocations without a process
	Starts               uint64 // since New
}

// Stats counts processes and waiting invocations.
func (f *Function) Stats() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := Stats{Waiting: len(f.waiting), Starts: f.starts}
	for c := range f.children {
		switch c.state {
		case starting:
			s.Starting++
		case idle:
			s.Idle++
		case busy, answered:
			s.Busy++
		}
	}
	return s
}
