package quota_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/quota"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestUseCountsWithinItsTime(t *testing.T) {
	t.Parallel()
	dbtest.EachWith(t, db.Options{Now: func() time.Time { return noon }}, func(t *testing.T, d *db.DB) {
		use := func() (n int64) {
			write(t, d, func(tx *db.Tx) (err error) {
				n, err = quota.Use(tx, pool, "name", 2, 200*time.Millisecond)
				return err
			})
			return n
		}
		got := []int64{use(), use(), use(), use()}
		if diff := cmp.Diff([]int64{1, 2, 3, 3}, got); diff != "" {
			t.Errorf("uses (-want +got):\n%s", diff)
		}
	})
}

func TestUseBeginsAnewAfterItsTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		use := func(per time.Duration) (n int64) {
			write(t, d, func(tx *db.Tx) (err error) {
				n, err = quota.Use(tx, pool, "name", 2, per)
				return err
			})
			return n
		}
		if got := []int64{use(-time.Second), use(-time.Second), use(-time.Second)}; !cmp.Equal(got, []int64{1, 1, 1}) {
			t.Errorf("with a time that is over at once: %v", got)
		}
	})
}

func TestPruneRemovesCountersWhoseTimeIsOver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			for name, per := range map[string]time.Duration{"a": -2 * time.Second, "b": -time.Second, "c": time.Hour} {
				if _, err := quota.Use(tx, pool, name, 1, per); err != nil {
					return err
				}
			}
			return nil
		})
		for _, want := range []int{1, 1, 0} {
			write(t, d, func(tx *db.Tx) error {
				n, err := quota.Prune(tx, tx.Now, 1)
				if n != want {
					t.Errorf("removed %d counters, want %d", n, want)
				}
				return err
			})
		}
		write(t, d, func(tx *db.Tx) error {
			n, err := quota.Use(tx, pool, "c", 1, time.Hour)
			if n != 2 {
				t.Errorf("a counter whose time is not over begins anew at %d", n)
			}
			return err
		})
	})
}
