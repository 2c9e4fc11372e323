package db_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

// cached is a cache of one value, whose reads are counted.
type cached struct {
	*db.Cache[int64]
	reads int
}

func newCached(d *db.DB) *cached {
	return &cached{Cache: &db.Cache[int64]{DB: d, Table: "thing", Age: time.Second, Max: 2}}
}

func (c *cached) get(t *testing.T, key string) int64 {
	t.Helper()
	value, err := c.Get(t.Context(), key, func(tx *db.Tx) (int64, error) {
		c.reads++
		return db.One(tx, scanInt, `SELECT n FROM thing WHERE pool_id = 'p' AND key = 'a'`)
	})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestCacheReadsAgainAfterAChangeHereAndAfterItsAge(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		var passed atomic.Int64
		began := time.Now()
		d := dbtest.Open(t, url, db.Options{Migrations: schema, Now: func() time.Time { return began.Add(time.Duration(passed.Load())) }})
		set := func(n int64, table string, outcome error) {
			t.Helper()
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				if table != "" {
					tx.Changed(table)
				}
				_, err := tx.Exec(`UPDATE thing SET n = $1`, n)
				return errors.Join(err, outcome)
			})
			if !errors.Is(err, outcome) {
				t.Fatal(err)
			}
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return insert(tx, "a", 1) }); err != nil {
			t.Fatal(err)
		}
		c := newCached(d)
		want := func(n int64, reads int) {
			t.Helper()
			if got := c.get(t, "k"); got != n || c.reads != reads {
				t.Errorf("got %d after %d reads, want %d after %d", got, c.reads, n, reads)
			}
		}
		want(1, 1)
		want(1, 1)
		set(2, "thing", errors.New("rolled back"))
		want(1, 1)
		set(2, "other", nil)
		want(1, 1)
		set(3, "thing", nil)
		want(3, 2)
		set(4, "", nil) // as another node would
		passed.Store(int64(time.Second))
		want(3, 2)
		passed.Add(int64(time.Millisecond))
		want(4, 3)
		passed.Store(0) // the clock was set back
		want(4, 4)
	})
}

func TestCacheDoesNotKeepWhatWasReadBeforeAChange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		c := newCached(d)
		for _, want := range []int64{1, 2} {
			got, err := c.Get(t.Context(), "k", func(*db.Tx) (int64, error) {
				if want == 1 {
					return 1, d.Write(t.Context(), func(tx *db.Tx) error { tx.Changed("thing"); return nil })
				}
				return 2, nil
			})
			if got != want || err != nil {
				t.Errorf("got %d, %v, want %d", got, err, want)
			}
		}
	})
}

func TestCacheKeepsNoErrorsAndFewKeys(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return insert(tx, "a", 1) }); err != nil {
			t.Fatal(err)
		}
		c := newCached(d)
		refused := errors.New("no")
		if _, err := c.Get(t.Context(), "k", func(*db.Tx) (int64, error) { return 0, refused }); !errors.Is(err, refused) {
			t.Errorf("got %v", err)
		}
		for range 2 {
			for _, key := range []string{"k", "l", "m"} {
				if got := c.get(t, key); got != 1 {
					t.Errorf("%s: got %d", key, got)
				}
			}
		}
		if c.reads < 4 || c.reads > 6 {
			t.Errorf("%d reads of three keys where two are kept", c.reads)
		}
	})
}
