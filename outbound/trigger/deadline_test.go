package trigger

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// sleeper is a function that answers when a call's deadline is over, and notes the calls.
type sleeper struct{ calls []Call }

func (s *sleeper) Invoke(ctx context.Context, call Call) (Reply, error) {
	s.calls = append(s.calls, call)
	select {
	case <-time.After(time.Until(call.Deadline) + 10*time.Millisecond):
	case <-ctx.Done():
	}
	return Reply{}, context.DeadlineExceeded
}

func TestAnAskEndsWithItsOperation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, askEndsWithItsOperation)
}

func askEndsWithItsOperation(t *testing.T) {
	s := &sleeper{}
	f, err := New(Entry{Function: s})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(left time.Duration) (*Failed, Observation) {
		var seen Observation
		_, err := f.Invoke(t.Context(), Ask{
			ARN: "arn:aws:lambda:us-east-1:123456789012:function:f", Deadline: time.Now().Add(left), Observe: func(o Observation) { seen = o },
		})
		failed, ok := errors.AsType[*Failed](err)
		if !ok || failed.Kind != Timeout || seen.Outcome != "timeout" || seen.Tries != 1 {
			t.Errorf("%v left: got %v, observed %+v", left, err, seen)
		}
		return failed, seen
	}

	failed, seen := ask(50 * time.Millisecond)
	if !strings.HasSuffix(failed.Text, " Task timed out after 0.05 seconds") || seen.Took != 50*time.Millisecond {
		t.Errorf("got %q after %v", failed.Text, seen.Took)
	}
	// A function that was given too little time is not to blame, however often that happens.
	for range enough + 2 {
		failed, _ = ask(-time.Second)
	}
	if !strings.HasSuffix(failed.Text, " Task timed out after 0.00 seconds") || len(s.calls) != 1 {
		t.Errorf("got %q, %d calls", failed.Text, len(s.calls))
	}
}

func TestLaterTriesHaveWhatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, laterTriesHaveWhatIsLeft)
}

func laterTriesHaveWhatIsLeft(t *testing.T) {
	s := &sleeper{}
	f, entry := &Functions{}, &Entry{Function: s, Timeout: time.Minute}
	end := time.Now().Add(30 * time.Millisecond)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	_, err := f.try(ctx, entry, Call{Attempt: 2})
	if failed, ok := errors.AsType[*Failed](err); !ok || failed.Kind != Timeout || !s.calls[0].Deadline.Equal(end) {
		t.Errorf("got %v, %+v", err, s.calls)
	}
	if v := verdictOf(err); v != failing { // it has used up its own time before
		t.Errorf("the function is %v", v)
	}
}
