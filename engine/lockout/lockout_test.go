package lockout

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/attempt"
	"cardea/spec/id"
)

func TestDurationDoublesFromTheFifthFailure(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int64]time.Duration{
		0: 0, 1: 0, 4: 0, 5: time.Second, 6: 2 * time.Second, 10: 32 * time.Second,
		14: 512 * time.Second, 15: 900 * time.Second, 16: 900 * time.Second, 1 << 40: 900 * time.Second,
	} {
		if got := duration(failures); got != want {
			t.Errorf("duration(%d) = %v, want %v", failures, got, want)
		}
	}
}

// clock is set by hand.
type clock struct{ ms atomic.Int64 }

func (c *clock) now() time.Time          { return time.UnixMilli(c.ms.Load()) }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// each runs body on both engines with a clock set by hand, a pool and an account.
func each(t *testing.T, body func(t *testing.T, w *world)) {
	t.Parallel()
	for _, engine := range []func(testing.TB) string{dbtest.SQLite, dbtest.Postgres} {
		c := &clock{}
		c.advance(time.Hour)
		d, err := db.Open(t.Context(), engine(t), db.Options{Now: c.now})
		if err != nil {
			t.Fatal(err)
		}
		t.Run(d.Engine(), func(t *testing.T) { body(t, &world{DB: d, clock: c, pool: "us-east-1_a", key: User(id.NewSub())}) })
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

type world struct {
	*db.DB
	*clock
	pool id.Pool
	key  string
}

func (w *world) begin(t *testing.T) (Try, error) {
	t.Helper()
	var try Try
	var locked error
	err := w.Read(t.Context(), func(tx *db.Tx) error {
		try, locked = Begin(tx, w.pool, w.key, Source{Client: "app"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return try, locked
}

// end ends a try as a failure or a success and returns the error.
func (w *world) end(t *testing.T, try Try, right bool) (verdict error) {
	t.Helper()
	end := try.Fail
	if right {
		end = try.Succeed
	}
	err := w.Write(t.Context(), func(tx *db.Tx) error {
		verdict = end(tx)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return verdict
}

func (w *world) fail(t *testing.T, times int) {
	t.Helper()
	for range times {
		try, err := w.begin(t)
		if err == nil {
			err = w.end(t, try, false)
		}
		if err != nil {
			t.Fatalf("a failure was not counted: %v", err)
		}
	}
}

func (w *world) wantLocked(t *testing.T, want bool) {
	t.Helper()
	if _, err := w.begin(t); errors.Is(err, ErrLocked) != want {
		t.Errorf("locked: %v, want %v", err, want)
	}
}

func TestTheFifthFailureLocksAndLocksGrow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.fail(t, 4)
		w.wantLocked(t, false)
		w.fail(t, 1)
		w.wantLocked(t, true)
		w.advance(time.Second)
		w.wantLocked(t, false)
		w.fail(t, 1)
		w.advance(time.Second)
		w.wantLocked(t, true)
		w.advance(time.Second)
		w.wantLocked(t, false)
	})
}

func TestASuccessForgives(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.fail(t, 5)
		w.advance(time.Second)
		try, _ := w.begin(t)
		if err := w.end(t, try, true); err != nil {
			t.Fatal(err)
		}
		w.fail(t, 4)
		w.wantLocked(t, false)
	})
}

func TestFifteenMinutesForgive(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.fail(t, 5)
		w.advance(15*time.Minute - time.Millisecond)
		w.fail(t, 1)
		w.wantLocked(t, true)
		w.advance(15 * time.Minute)
		w.fail(t, 4)
		w.wantLocked(t, false)
	})
}

func TestATryBegunBeforeALockIsNotJudged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		right, _ := w.begin(t)
		wrong, _ := w.begin(t)
		w.fail(t, 5)
		for range 2 { // during the lock and after it
			if err := w.end(t, wrong, false); !errors.Is(err, ErrLocked) {
				t.Errorf("a wrong guess: %v", err)
			}
			if err := w.end(t, right, true); !errors.Is(err, ErrLocked) {
				t.Errorf("a right guess: %v", err)
			}
			w.advance(2 * time.Second)
		}
		w.fail(t, 1)
	})
}

func TestAtMostFiveOfManyGuessesAreJudged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		tries := make([]Try, 40)
		for i := range tries {
			tries[i], _ = w.begin(t)
		}
		var judged atomic.Int64
		var wait sync.WaitGroup
		for _, try := range tries {
			wait.Go(func() {
				if w.end(t, try, false) == nil {
					judged.Add(1)
				}
			})
		}
		wait.Wait()
		if got := judged.Load(); got != 5 {
			t.Errorf("%d guesses judged, want 5", got)
		}
	})
}

func TestADeletedUserIsForgotten(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sub := id.NewSub()
		keys := []string{User(sub), Factor(sub), Custom(sub)}
		for _, w.key = range keys {
			w.wantLocked(t, false) // whatever the other's failures
			w.fail(t, 5)
		}
		err := w.Write(t.Context(), func(tx *db.Tx) error { return attempt.DeleteUser(tx, w.pool, sub) })
		if err != nil {
			t.Fatal(err)
		}
		for _, w.key = range keys {
			w.wantLocked(t, false)
		}
	})
}
