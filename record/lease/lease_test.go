package lease_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/lease"
)

func TestLeaseIsFreeAgainWhenItHasRunOut(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		now := time.Unix(1_800_000_000, 0)
		d, err := db.Open(t.Context(), url, db.Options{Fast: true, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = d.Close() }()

		for _, step := range []struct {
			after time.Duration
			name  string
			want  bool
		}{
			{0, "sweep", true},
			{0, "sweep", false},
			{0, "send", true},
			{59 * time.Second, "sweep", false},
			{time.Second, "sweep", true},
			{59 * time.Second, "sweep", false},
		} {
			now = now.Add(step.after)
			var got bool
			err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
				got, err = lease.Take(tx, step.name, time.Minute)
				return err
			})
			if err != nil || got != step.want {
				t.Errorf("%v later, %s: got %v, %v, want %v", step.after, step.name, got, err, step.want)
			}
		}
	})
}

func TestOneOfManyTakesALease(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var winners atomic.Int64
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				var won bool
				err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
					won, err = lease.Take(tx, "sweep", time.Minute)
					return err
				})
				if err != nil {
					t.Error(err)
				}
				if won {
					winners.Add(1)
				}
			})
		}
		group.Wait()
		if got := winners.Load(); got != 1 {
			t.Errorf("got %d winners, want 1", got)
		}
	})
}
