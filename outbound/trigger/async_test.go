package trigger

import (
	"context"
	"errors"
	"testing"
	"time"
)

// constant is a function that always answers or fails in the same way, and notes the calls.
type constant struct {
	fail  error
	reply Reply
	calls []Call
}

func (s *constant) Invoke(_ context.Context, call Call) (Reply, error) {
	s.calls = append(s.calls, call)
	return s.reply, s.fail
}

const arnOfF = "arn:aws:lambda:us-east-1:123456789012:function:f"

// A function that sends a message may have done so when it runs out of time; who asked tries again later.
func TestAsynchronousFunctionsHaveMoreTimeAndOneTry(t *testing.T) {
	t.Parallel()
	for async, tries := range map[bool]int{true: 1, false: Tries} {
		l := &constant{fail: NewFailed(Timeout, nil)}
		f, err := New(Entry{Function: l, Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Invoke(t.Context(), Ask{ARN: arnOfF, Async: async}); err == nil || len(l.calls) != tries {
			t.Errorf("asynchronous: %v: %d tries, want %d, %v", async, len(l.calls), tries, err)
		}
		given := time.Until(l.calls[0].Deadline)
		if longer := given > 10*time.Second; longer != async {
			t.Errorf("asynchronous: %v: %s are given", async, given)
		}
	}
}

func TestRepliesOfAsynchronousFunctionsMayBeAnything(t *testing.T) {
	t.Parallel()
	for _, async := range []bool{true, false} {
		f, err := New(Entry{Function: &constant{reply: Reply{Payload: make([]byte, maxReply+1)}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Invoke(t.Context(), Ask{ARN: arnOfF, Async: async}); errors.Is(err, ErrInvalid) == async {
			t.Errorf("asynchronous: %v: got %v", async, err)
		}
	}
}
