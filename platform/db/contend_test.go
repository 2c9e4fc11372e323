package db_test

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

// BenchmarkDifferentRows is the cost of concurrent writes to different rows on PostgreSQL, where SERIALIZABLE may find
// conflicts between rows of one page.
func BenchmarkDifferentRows(b *testing.B) {
	for _, rows := range []int{20, 2000} {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			var retries, serial atomic.Int64
			opts := db.Options{Migrations: schema, Observe: func(_ context.Context, t db.Transaction) { retries.Add(int64(t.Retries)) }}
			d, err := db.Open(b.Context(), dbtest.EmptyPostgres(b), opts)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = d.Close() }()
			err = d.Write(b.Context(), func(tx *db.Tx) error {
				for i := range rows {
					if err := insert(tx, strconv.Itoa(i), 0); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
			retries.Store(0)

			b.SetParallelism(8)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				key := strconv.FormatInt(serial.Add(1), 10)
				for pb.Next() {
					err := d.Write(b.Context(), func(tx *db.Tx) error {
						_, err := db.One(tx, scanInt, `SELECT n FROM thing WHERE pool_id = 'p' AND key = $1`, key)
						if err != nil {
							return err
						}
						_, err = tx.Exec(`UPDATE thing SET n = n + 1 WHERE pool_id = 'p' AND key = $1`, key)
						return err
					})
					if err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(retries.Load())/float64(b.N), "retries/op")
		})
	}
}

// contended opens a database on PostgreSQL with one row, and gives a closure whose first run loses against another's change.
// before is called when that has been made.
func contended(t *testing.T, before func()) (d *db.DB, lose func(tx *db.Tx) error, runs *int) {
	t.Helper()
	d, err := db.Open(t.Context(), dbtest.EmptyPostgres(t), db.Options{Migrations: schema})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.Write(t.Context(), func(tx *db.Tx) error { return insert(tx, "a", 0) }); err != nil {
		t.Fatal(err)
	}
	add := func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE thing SET n = n + 1`)
		return err
	}
	runs = new(int)
	return d, func(tx *db.Tx) error {
		*runs++
		if _, err := db.One(tx, scanInt, `SELECT n FROM thing`); err != nil {
			return err
		}
		if *runs == 1 {
			if err := d.Write(t.Context(), add); err != nil {
				return err
			}
			before()
		}
		return add(tx)
	}, runs
}

// A closure that hides the conflict is run again all the same.
func TestSwallowedConflictIsRetried(t *testing.T) {
	t.Parallel()
	d, lose, runs := contended(t, func() {})
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		if lose(tx) != nil {
			return errors.New("hidden")
		}
		return nil
	})
	if err != nil || *runs != 2 {
		t.Errorf("got %v after %d runs, want success after 2", err, *runs)
	}
}

// Nobody waits for what would be run again: it ends as a request that its sender has left, not as a fault of the server.
func TestConflictOfACancelledWriteIsTheCancellation(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	d, lose, runs := contended(t, cancel)
	if err := d.Write(ctx, lose); !errors.Is(err, context.Canceled) || *runs != 1 {
		t.Errorf("got %v after %d runs, want the cancellation after one", err, *runs)
	}
}
