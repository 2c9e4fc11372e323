package upstream

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func newCache() *cache[int] {
	at := time.Unix(1_000_000, 0)
	return &cache[int]{now: func() time.Time { at = at.Add(time.Microsecond); return at }, fresh: time.Hour, stale: time.Hour}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	t.Parallel()
	c := newCache()
	fetches := 0
	get := func(i int) {
		if _, err := c.get(t.Context(), strconv.Itoa(i), false, func() (int, error) { fetches++; return i, nil }); err != nil {
			t.Fatal(err)
		}
	}
	for i := range maxCached {
		get(i)
	}
	get(0) // is not the oldest any more
	get(maxCached)
	if len(c.entries) != maxCached {
		t.Errorf("%d are kept", len(c.entries))
	}
	before := fetches
	get(0)
	if fetches != before {
		t.Error("what was used last was dropped")
	}
	get(1)
	if fetches != before+1 {
		t.Error("what was not used for the longest time was kept")
	}
}

func TestThoseWhoWaitTakeTheFailureTheyWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCache()
		c.now = func() time.Time { return time.Unix(1_000_000, 0) }
		fetches, broken := 0, errors.New("broken")
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				_, err := c.get(t.Context(), "a", false, func() (int, error) {
					fetches++
					time.Sleep(time.Second) // until all others wait
					return 0, broken
				})
				if !errors.Is(err, broken) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if fetches != 1 {
			t.Errorf("fetched %d times", fetches)
		}
	})
}

func TestWhoeverWaitsMayGiveUp(t *testing.T) {
	t.Parallel()
	c := newCache()
	begun, release := make(chan struct{}), make(chan struct{})
	var first sync.WaitGroup
	first.Go(func() {
		_, _ = c.get(context.Background(), "a", false, func() (int, error) { close(begun); <-release; return 1, nil })
	})
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := c.get(ctx, "a", false, func() (int, error) { return 2, nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	close(release)
	first.Wait()
}
