package trigger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Function invokes functions by one transport.
type Function interface {
	// Invoke makes one try. What the function raised is a Reply too. Errors are *Failed, the context's, or another one,
	// which stands for a function that was not reached.
	Invoke(ctx context.Context, call Call) (Reply, error)
}

// Call is one try to invoke a function.
type Call struct {
	ARN      ARN
	ID       string // UUID of this try
	Delivery string // UUID of the whole ask, the same for all tries
	Attempt  int    // counted from 1
	Trigger  string // such as "PreSignUp"
	Source   string // such as "PreSignUp_SignUp"
	Payload  []byte
	Deadline time.Time
	Async    bool // nobody waits for the reply
}

// Reply is what came back.
type Reply struct {
	Payload       []byte
	FunctionError string // how the function failed, "Handled" or "Unhandled"; empty when it succeeded
	LogTail       []byte // the end of what it has logged, if the transport tells
}

// Entry says what stands behind a function's name.
type Entry struct {
	Key       string // a name, name:qualifier or ARN, see CheckKey; empty: all functions that no other entry names
	Function  Function
	Transport string        // "lambda", "webhook" or "local", for metrics
	Timeout   time.Duration // of one try; 0, or more than MaxTimeout: MaxTimeout
	NoBreaker bool          // keep calling a function that fails and fails
}

// Functions finds functions by ARN and invokes them. It is safe for concurrent use.
type Functions struct {
	// Observe, if set, is told of each function asked.
	Observe func(Observation)
	// Log gets what functions have logged, at the level of debugging; nil drops it.
	Log *slog.Logger
	// Now is the clock; nil: the machine's.
	Now func() time.Time

	entries map[string]*Entry
	rest    *Entry

	mu       sync.Mutex
	breakers map[string]*breaker // by ARN
}

// New makes functions of entries. Two of the same name are an error.
func New(entries ...Entry) (*Functions, error) {
	f := &Functions{entries: map[string]*Entry{}, breakers: map[string]*breaker{}}
	var wrong []error
	for _, e := range entries {
		if e.Timeout <= 0 || e.Timeout > MaxTimeout {
			e.Timeout = MaxTimeout
		}
		if e.Key == "" {
			if f.rest != nil {
				wrong = append(wrong, errors.New("there are two defaults"))
			}
			f.rest = &e
			continue
		}
		if err := CheckKey(e.Key); err != nil {
			wrong = append(wrong, err)
		}
		if f.entries[e.Key] != nil {
			wrong = append(wrong, fmt.Errorf("function %s is configured twice", e.Key))
		}
		f.entries[e.Key] = &e
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return f, nil
}

// ErrUnresolved says that the configuration has nothing for a function.
var ErrUnresolved = errors.New("no function is configured for it")

// Check reports whether a pool may name the function: its ARN is well-formed and something stands behind it; else the error
// is another one, or ErrUnresolved.
func (f *Functions) Check(arn string) error {
	parsed, err := ParseARN(arn)
	if err != nil {
		return err
	}
	if f.find(parsed) == nil {
		return ErrUnresolved
	}
	return nil
}

// find is the entry for a function: the most exact by its ARN, then by its name, then the default; nil when there is none.
func (f *Functions) find(arn ARN) *Entry {
	if f == nil {
		return nil
	}
	for _, key := range arn.keys() {
		if e := f.entries[key]; e != nil {
			return e
		}
	}
	return f.rest
}

func (f *Functions) now() time.Time {
	if f == nil || f.Now == nil {
		return time.Now()
	}
	return f.Now()
}
