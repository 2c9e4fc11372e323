package jobs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// leases is record/lease in memory.
type leases struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (l *leases) take(_ context.Context, name string, d time.Duration) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Now().Before(l.until[name]) {
		return false, nil
	}
	if l.until == nil {
		l.until = map[string]time.Time{}
	}
	l.until[name] = time.Now().Add(d)
	return true, nil
}

func counting(n *atomic.Int64) func(context.Context) error {
	return func(context.Context) error { n.Add(1); return nil }
}

func TestJobRunsOncePerIntervalHoweverManyNodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var shared, everywhere atomic.Int64
		l := &leases{}
		for range 5 {
			r := &Runner{Lease: l.take, Jobs: []Job{
				{Name: "shared", Every: time.Minute, Run: counting(&shared)},
				{Name: "everywhere", Every: time.Minute, Run: counting(&everywhere), Everywhere: true},
			}}
			defer r.Start(t.Context())()
		}
		time.Sleep(100*time.Minute + 30*time.Second)
		synctest.Wait()
		// Of five nodes the earliest wins each time, so rounds are up to a tenth shorter.
		if got := shared.Load(); got < 95 || got > 112 {
			t.Errorf("got %d shared runs in 100 minutes", got)
		}
		if got := everywhere.Load(); got < 475 || got > 535 {
			t.Errorf("got %d runs everywhere in 100 minutes on 5 nodes", got)
		}
	})
}

func TestANodeThatMayNotWorkLeavesJobsToOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var wrong, right atomic.Int64
		l := &leases{}
		job := func(n *atomic.Int64) []Job { return []Job{{Name: "shared", Every: time.Minute, Run: counting(n)}} }
		no := &Runner{Lease: l.take, Jobs: job(&wrong), May: func() bool { return false }}
		yes := &Runner{Lease: l.take, Jobs: job(&right), May: func() bool { return true }}
		defer no.Start(t.Context())()
		defer yes.Start(t.Context())()
		time.Sleep(10*time.Minute + 30*time.Second)
		synctest.Wait()
		if wrong.Load() != 0 || right.Load() < 10 {
			t.Errorf("got %d runs on the node that may not work and %d on the other", wrong.Load(), right.Load())
		}
	})
}

func TestFailuresAreLoggedOnceAndDoNotEndTheJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var runs, observed atomic.Int64
		r := &Runner{
			Log:     slog.New(slog.NewTextHandler(&out, nil)),
			Observe: func(string, time.Duration, error) { observed.Add(1) },
			Jobs: []Job{{Name: "bad", Every: time.Minute, Run: func(context.Context) error {
				switch runs.Add(1) {
				case 1:
					return errors.New("first")
				case 2:
					panic("second")
				}
				return nil
			}}},
		}
		stop := r.Start(t.Context())
		time.Sleep(5 * time.Minute)
		stop()
		if runs.Load() < 4 || observed.Load() != runs.Load() {
			t.Errorf("got %d runs, %d observed", runs.Load(), observed.Load())
		}
		if got := strings.Count(out.String(), "level=ERROR"); got != 2 ||
			!strings.Contains(out.String(), "first") || !strings.Contains(out.String(), "second") {
			t.Errorf("got log\n%s", out.String())
		}
	})
}

func TestStopCancelsAndWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		ended := false
		r := &Runner{
			Log: slog.New(slog.NewTextHandler(&out, nil)),
			Jobs: []Job{{Name: "slow", Every: time.Minute, Run: func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(3 * time.Second)
				ended = true
				return ctx.Err()
			}}},
		}
		stop := r.Start(t.Context())
		time.Sleep(10 * time.Second)
		stop()
		if !ended {
			t.Error("stop did not wait")
		}
		if out.Len() > 0 {
			t.Errorf("stopping was logged as a failure: %s", out.String())
		}
		stop()
	})
}

func TestWakeRunsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int64
		wake := make(chan struct{}, 1)
		never := func(context.Context, string, time.Duration) (bool, error) { return false, nil }
		r := &Runner{Lease: never, Jobs: []Job{{Name: "mail", Every: time.Hour, Run: counting(&runs), Wake: wake}}}
		stop := r.Start(t.Context())
		defer stop()
		wake <- struct{}{}
		synctest.Wait()
		if got := runs.Load(); got != 1 {
			t.Errorf("got %d runs, want 1", got)
		}
		close(wake)
		time.Sleep(2 * time.Hour)
		if got := runs.Load(); got != 1 {
			t.Errorf("got %d runs after the channel closed, want 1", got)
		}
	})
}

func TestRepeatGoesOnUntilNothingIsLeftAndPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		left, began := 5, time.Now()
		err := Repeat(t.Context(), func() (bool, error) {
			time.Sleep(time.Second)
			left--
			return left > 0, nil
		})
		if took := time.Since(began); err != nil || left != 0 || took != 9*time.Second {
			t.Errorf("%d left after %v, %v; want none after 5 s of work and 4 of pauses", left, took, err)
		}

		ctx, stop := context.WithCancel(t.Context())
		err = Repeat(ctx, func() (bool, error) { stop(); time.Sleep(time.Hour); return true, nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("stopped: %v", err)
		}
		wrong := errors.New("wrong")
		if err := Repeat(t.Context(), func() (bool, error) { return true, wrong }); !errors.Is(err, wrong) {
			t.Errorf("failed: %v", err)
		}
	})
}
