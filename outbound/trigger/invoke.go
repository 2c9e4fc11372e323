package trigger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"cardea/platform/web"
	"cardea/spec/id"
)

// Limits of one ask.
const (
	// MaxTimeout is how long a function has, as with Cognito.
	MaxTimeout = 5 * time.Second
	// MaxAsk bounds all tries together.
	MaxAsk = 15 * time.Second
	// Tries is how many there are at most.
	Tries = 3

	maxReply  = 1 << 20
	grace     = 500 * time.Millisecond // for a transport to report a timeout itself
	maxReason = 4 << 10                // of a function's own message
)

// pauses are the mean times before the second and the third try.
var pauses = [Tries - 1]time.Duration{100 * time.Millisecond, 400 * time.Millisecond}

// Ask is one function to be asked.
type Ask struct {
	ARN     string
	Trigger string
	Source  string
	Event   []byte
	Async   bool // the reply is of no interest, and one try may take as long as otherwise all of them

	Delivery string // the same when one thing is asked again; empty: a new one
	Before   int    // tries before, with the same Delivery

	Deadline time.Time         // when the ask must be over, if that is before MaxAsk is; zero: no such time
	Observe  func(Observation) // if set, is told what came of this ask
}

// Observation is what came of an ask.
type Observation struct {
	Trigger   string
	Transport string // empty when nothing stands behind the ARN
	Outcome   string // "ok", "refused", "invalid", "canceled" or a Kind
	Tries     int
	Took      time.Duration
}

// Invoke asks a function and answers its reply. It tries up to three times where the function was not reached or did not
// answer in time; so a function may run more than once. Errors are *Refused, *Failed, ErrInvalid and, when ctx ended first,
// the context's.
func (f *Functions) Invoke(ctx context.Context, ask Ask) ([]byte, error) {
	began := time.Now()
	seen := Observation{Trigger: ask.Trigger}
	reply, err := f.ask(ctx, ask, &seen)
	seen.Took, seen.Outcome = time.Since(began), outcome(err)
	if f != nil && f.Observe != nil {
		f.Observe(seen)
	}
	if ask.Observe != nil {
		ask.Observe(seen)
	}
	return reply, err
}

func (f *Functions) ask(ctx context.Context, ask Ask, seen *Observation) ([]byte, error) {
	arn, err := ParseARN(ask.ARN)
	if err != nil {
		return nil, NewFailed(Unresolved, err)
	}
	entry := f.find(arn)
	if entry == nil {
		return nil, NewFailed(Unresolved, fmt.Errorf("%s: %w", arn, ErrUnresolved))
	}
	seen.Transport = entry.Transport

	guard := f.breaker(arn, entry)
	probe, ok := guard.allow(f.now())
	if !ok {
		return nil, NewFailed(Open, fmt.Errorf("%s fails too often", arn))
	}
	reply, err := f.attempts(ctx, entry, arn, ask, seen)
	guard.note(f.now(), probe, verdictOf(err))
	return reply, err
}

// attempts tries until a reply is there, or no other try is of use.
func (f *Functions) attempts(ctx context.Context, entry *Entry, arn ARN, ask Ask, seen *Observation) ([]byte, error) {
	end := time.Now().Add(MaxAsk)
	if !ask.Deadline.IsZero() && ask.Deadline.Before(end) {
		end = ask.Deadline
	}
	whole, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	call := Call{ARN: arn, Delivery: cmp.Or(ask.Delivery, id.NewUUID()), Trigger: ask.Trigger, Source: ask.Source, Payload: ask.Event, Async: ask.Async}
	for {
		seen.Tries++
		call.ID, call.Attempt = id.NewUUID(), ask.Before+seen.Tries
		reply, err := f.try(whole, entry, call)
		if err == nil {
			return reply, nil
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("ask function %s: %w", arn, context.Cause(ctx))
		}
		failed, ok := errors.AsType[*Failed](err)
		if !ok || !failed.Kind.retryable() || seen.Tries == Tries || whole.Err() != nil || ask.Async && failed.Kind == Timeout {
			return nil, err
		}
		if !pause(whole, pauses[seen.Tries-1]) {
			return nil, err
		}
	}
}

// errShort says that the operation's other triggers have left a function less time than it may take.
var errShort = errors.New("the operation has no more time")

// try asks once, within the function's own limit and what is left of ctx's time.
func (f *Functions) try(ctx context.Context, entry *Entry, call Call) ([]byte, error) {
	limit := entry.Timeout
	if call.Async {
		limit = MaxAsk
	}
	given := limit
	if end, ok := ctx.Deadline(); ok {
		given = min(given, time.Until(end))
	}
	short := given < limit && call.Attempt == 1 && !call.Async
	if given <= 0 {
		return nil, &Failed{Timeout, timedOut(call, 0), errShort}
	}
	call.Deadline = time.Now().Add(given)

	reply, err := f.invoke(ctx, entry, call, given)
	if failed, ok := errors.AsType[*Failed](err); ok && failed.Kind == Timeout && short {
		return nil, &Failed{Timeout, failed.Text, errShort}
	}
	return reply, err
}

// invoke asks once, until the call's deadline.
func (f *Functions) invoke(ctx context.Context, entry *Entry, call Call, given time.Duration) ([]byte, error) {
	limited, cancel := context.WithDeadline(ctx, call.Deadline.Add(grace))
	defer cancel()

	reply, err := entry.Function.Invoke(limited, call)
	f.log(call, reply)
	if err != nil {
		return nil, classify(limited, call, given, err)
	}
	if reply.FunctionError != "" {
		return nil, functionError(reply.Payload)
	}
	if len(reply.Payload) > maxReply && !call.Async {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrInvalid, maxReply)
	}
	return reply.Payload, nil
}

// timedOut is how Lambda tells that a function has used up the time given.
func timedOut(call Call, given time.Duration) string {
	return fmt.Sprintf("%s Task timed out after %.2f seconds", call.ID, given.Seconds())
}

// classify makes of a transport's error what the caller is told.
func classify(ctx context.Context, call Call, given time.Duration, err error) error {
	if _, ok := errors.AsType[*Failed](err); ok || errors.Is(err, ErrInvalid) {
		return err
	}
	if errors.Is(err, web.ErrTooLarge) {
		return fmt.Errorf("%w: longer than allowed", ErrInvalid)
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return &Failed{Timeout, timedOut(call, given), err}
	}
	if errors.Is(err, web.ErrBlocked) {
		return NewFailed(Denied, err)
	}
	return NewFailed(Unreachable, err)
}

// functionError reads what a function has raised. That its process ended, or was ended, is told in the same way.
func functionError(payload []byte) error {
	var raised struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}
	_ = json.Unmarshal(payload, &raised) // what is no such object has no message
	message := raised.Message
	if len(message) > maxReason {
		message = strings.ToValidUTF8(message[:maxReason], "")
	}
	switch {
	case raised.Type == "Sandbox.Timedout", strings.Contains(message, " Task timed out after "):
		return &Failed{Kind: Timeout, Text: message}
	case raised.Type == "Runtime.ExitError", raised.Type == "Runtime.OutOfMemory":
		return &Failed{Kind: Crashed, Text: message}
	case message == "":
		message = raised.Type
	}
	return &Refused{message}
}

// pause waits for about the mean, and reports whether there is time left.
func pause(ctx context.Context, mean time.Duration) bool {
	timer := time.NewTimer(mean/2 + rand.N(mean))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// log passes on the end of what the function has logged.
func (f *Functions) log(call Call, reply Reply) {
	if f.Log == nil || len(reply.LogTail) == 0 {
		return
	}
	f.Log.Debug("function output", "function", call.ARN.Name, "request", call.ID, slog.String("output", string(reply.LogTail)))
}

func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	if failed, ok := errors.AsType[*Failed](err); ok {
		return string(failed.Kind)
	}
	if _, ok := errors.AsType[*Refused](err); ok {
		return "refused"
	}
	if errors.Is(err, ErrInvalid) {
		return "invalid"
	}
	return "canceled"
}
