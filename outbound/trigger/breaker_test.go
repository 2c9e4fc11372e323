package trigger

import (
	"context"
	"errors"
	"testing"
	"time"
)

// scripted is a function that fails as long as down is set.
type scripted struct {
	down  bool
	calls int
}

func (s *scripted) Invoke(context.Context, Call) (Reply, error) {
	s.calls++
	if s.down {
		return Reply{}, NewFailed(Broken, nil)
	}
	return Reply{Payload: []byte("{}")}, nil
}

func TestFunctionsThatKeepFailingAreLeftAlone(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	s := &scripted{down: true}
	f, err := New(Entry{Function: s})
	if err != nil {
		t.Fatal(err)
	}
	f.Now = func() time.Time { return now }
	ask := func(name string) Kind {
		_, err := f.Invoke(t.Context(), Ask{ARN: "arn:aws:lambda:us-east-1:123456789012:function:" + name})
		failed, _ := errors.AsType[*Failed](err)
		if failed == nil {
			return ""
		}
		return failed.Kind
	}
	expect := func(what string, got, want Kind) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %q, want %q", what, got, want)
		}
	}

	for range 9 {
		expect("nine failures", ask("f"), Broken)
	}
	now = now.Add(40 * time.Second)
	for range 10 {
		expect("ten failures, the former being too old", ask("f"), Broken)
	}
	expect("after ten", ask("f"), Open)
	expect("another function", ask("g"), Broken)

	now = now.Add(10 * time.Second)
	expect("the probe", ask("f"), Broken)
	expect("after a failed probe", ask("f"), Open)

	now, s.down = now.Add(10*time.Second), false
	expect("a probe that succeeds", ask("f"), "")
	expect("after it", ask("f"), "")
	s.down = true
	expect("counted anew", ask("f"), Broken)
}

func TestHalfOfTheAsksMustFail(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]bool{49: true, 50: false} {
		b, now := &breaker{}, time.Unix(1_000_000, 0)
		for i := range 100 {
			v := healthy
			if i >= 100-failures {
				v = failing
			}
			b.note(now, false, v)
		}
		if _, ok := b.allow(now); ok != want {
			t.Errorf("%d of 100: allowed %v", failures, ok)
		}
	}
}

func TestOnlyOneProbeIsUnderWay(t *testing.T) {
	t.Parallel()
	b, now := &breaker{}, time.Unix(1_000_000, 0)
	for range enough {
		b.note(now, false, failing)
	}
	now = now.Add(resting)
	probe, ok := b.allow(now)
	if !probe || !ok {
		t.Fatal("no probe")
	}
	if _, ok := b.allow(now); ok {
		t.Error("two probes")
	}
	b.note(now, false, healthy) // one that began long before
	if _, ok := b.allow(now); ok {
		t.Error("an old ask has closed the breaker")
	}
	b.note(now, true, unknown) // whoever asked went away
	if probe, ok := b.allow(now); !probe || !ok {
		t.Error("no further probe")
	}
}

func TestRefusalsAndInvalidRepliesDoNotCount(t *testing.T) {
	t.Parallel()
	for _, err := range []error{&Refused{"no"}, ErrInvalid, nil} {
		if v := verdictOf(err); v != healthy {
			t.Errorf("%v is %v", err, v)
		}
	}
	if v := verdictOf(context.Canceled); v != unknown {
		t.Errorf("a cancelled ask is %v", v)
	}
}

func TestWithoutABreakerEverythingPasses(t *testing.T) {
	t.Parallel()
	s := &scripted{down: true}
	f, err := New(Entry{Function: s, NoBreaker: true})
	if err != nil {
		t.Fatal(err)
	}
	for range 30 {
		_, _ = f.Invoke(t.Context(), Ask{ARN: "arn:aws:lambda:us-east-1:123456789012:function:f"})
	}
	if s.calls != 30 {
		t.Errorf("%d calls", s.calls)
	}
}
