package audit

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Options says where records go.
type Options struct {
	// File is appended to; empty: none.
	File string
	// Output gets each record as a line; nil: none.
	Output io.Writer
	// Queue takes each record to send it elsewhere; nil: none.
	Queue *Queue
	// Required refuses requests while records cannot be written.
	Required bool

	// Account and Region are those of requests that say nothing else.
	Account, Region string
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Log is told of records that are lost; nil: nobody.
	Log *slog.Logger
	// Observe, unless nil, counts records by where they go: "file", "stdout" or "webhook", and whether they were written.
	Observe func(sink string, written bool)
}

// Log writes records. Make one with Open, and Close it.
type Log struct {
	Options
	file   *file
	output *output

	mu   sync.Mutex
	lost map[string]*loss // by sink, and of requests
}

// loss is how many failures have not been told, and when some were.
type loss struct {
	count int
	told  time.Time
}

// silence is how long the loss of further records goes untold.
const silence = 10 * time.Second

// Open opens the log. It fails where its file cannot be written.
func Open(o Options) (*Log, error) {
	l := &Log{Options: o, lost: map[string]*loss{}}
	if l.Now == nil {
		l.Now = time.Now
	}
	if l.Options.Log == nil {
		l.Options.Log = slog.New(slog.DiscardHandler)
	}
	if o.Queue != nil {
		o.Queue.lost = func(err error) { _ = l.told("webhook", err) }
	}
	if o.Output != nil {
		l.output = &output{w: o.Output}
	}
	if o.File == "" {
		return l, nil
	}
	var err error
	if l.file, err = openFile(o.File, l.Now); err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	return l, nil
}

// Close closes the file. What is still in the queue is its owner's to send.
func (l *Log) Close() error {
	if l == nil || l.file == nil {
		return nil
	}
	return l.file.close()
}

// Reopen opens the file anew, which somebody may have renamed.
func (l *Log) Reopen() error {
	if l == nil || l.file == nil {
		return nil
	}
	return l.file.reopen()
}

// ErrLost says that a record was not written.
var ErrLost = errors.New("the record of a request could not be written")

// Ready answers ErrLost while records are required and would be lost.
func (l *Log) Ready() error {
	if l == nil || !l.Required {
		return nil
	}
	var wrong error
	if l.file != nil {
		wrong = l.file.mend()
	}
	if wrong == nil && l.output != nil {
		wrong = l.output.mend()
	}
	if wrong == nil && l.Queue != nil && l.Queue.full() {
		wrong = errFull
	}
	if wrong == nil {
		return nil
	}
	l.tell("requests are refused, since records of the audit log would be lost", "requests", wrong)
	return ErrLost
}

// Write writes a record everywhere. It answers ErrLost where that failed and records are required; otherwise a loss is counted and
// told, and no error.
func (l *Log) Write(e *Event) error {
	line := append(e.Append(make([]byte, 0, 1536)), '\n')
	var failed error
	if l.file != nil {
		failed = l.told("file", l.file.write(line))
	}
	if l.output != nil {
		failed = errors.Join(failed, l.told("stdout", l.output.write(line)))
	}
	if l.Queue != nil {
		failed = errors.Join(failed, l.told("webhook", l.Queue.put(line)))
	}
	if failed != nil && l.Required {
		return ErrLost
	}
	return nil
}

// told counts a record at a sink, and tells of its loss unless it has told of another one just now.
func (l *Log) told(sink string, err error) error {
	if l.Observe != nil {
		l.Observe(sink, err == nil)
	}
	if err == nil {
		return nil
	}
	l.tell("records of the audit log are lost", sink, err)
	return err
}

// tell logs a failure with how many there were of what, unless one was logged just now.
func (l *Log) tell(said, what string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lost := l.lost[what]
	if lost == nil {
		lost = &loss{}
		l.lost[what] = lost
	}
	lost.count++
	if now := l.Now(); lost.told.IsZero() || now.Sub(lost.told) >= silence {
		l.Options.Log.Error(said, "of", what, "count", lost.count, "error", err)
		lost.count, lost.told = 0, now
	}
}

// output writes lines to a writer one by one.
type output struct {
	mu  sync.Mutex
	w   io.Writer
	err error // of the last write; nil: it was written
}

func (o *output) write(line []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, o.err = o.w.Write(line)
	return o.err
}

// mend tells whether a record could be written. After a failure it tries with an empty line, which readers skip.
func (o *output) mend() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		_, o.err = o.w.Write([]byte{'\n'})
	}
	return o.err
}
