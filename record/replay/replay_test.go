package replay_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/replay"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

func spend(d *db.DB, pool id.Pool, what string, until time.Time) error {
	return d.Write(context.Background(), func(tx *db.Tx) error { return replay.Use(tx, pool, what, until) })
}

func TestOneOfAHundredUsesSucceeds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var won atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				switch err := spend(d, pool, "proof", time.Now().Add(time.Minute)); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, db.ErrExists):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%d of 100 won", won.Load())
		}
		if err := spend(d, "us-east-1_other0000", "proof", time.Now()); err != nil {
			t.Errorf("in another pool: %v", err)
		}
	})
}

func TestPruneForgetsWhatIsOver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
		for _, what := range []string{"a", "b", "c"} {
			if err := spend(d, pool, what, at); err != nil {
				t.Fatal(err)
			}
		}
		if err := spend(d, pool, "d", at.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{2, 1, 0} {
			err := d.Write(context.Background(), func(tx *db.Tx) error {
				n, err := replay.Prune(tx, at.Add(time.Millisecond), 2)
				if n != want {
					t.Errorf("pruned %d, want %d", n, want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for what, want := range map[string]bool{"a": false, "d": true} {
			err := d.Read(context.Background(), func(tx *db.Tx) error {
				is, err := replay.Used(tx, pool, what)
				if is != want {
					t.Errorf("%s is spent: %v, want %v", what, is, want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
