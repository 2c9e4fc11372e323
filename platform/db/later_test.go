package db_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

const (
	insertThing = `INSERT INTO thing (pool_id, key, n) VALUES ('p', $1, $2)`
	raiseThing  = `UPDATE thing SET n = n + 1 WHERE pool_id = 'p' AND key = $1`
	readThing   = `SELECT n FROM thing WHERE pool_id = 'p' AND key = $1`
)

var errMissing = errors.New("missing")

// observed opens a database and tells what its last transaction has cost.
func observed(t *testing.T, url string) (d *db.DB, last func() db.Transaction) {
	var seen db.Transaction
	d = dbtest.Open(t, url, db.Options{Migrations: schema, Observe: func(_ context.Context, one db.Transaction) { seen = one }})
	return d, func() db.Transaction { return seen }
}

func TestStatementsTravelTogether(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		d, last := observed(t, url)
		want := func(what string, statements, trips int) {
			t.Helper()
			if d.Engine() == "sqlite" {
				trips = 0
			}
			if got := last(); got.Statements != statements || got.RoundTrips != trips || got.Retries != 0 {
				t.Errorf("%s: got %d statements in %d round trips, want %d in %d", what, got.Statements, got.RoundTrips, statements, trips)
			}
		}
		for range 2 { // prepared statements or not
			must(t, d.Write(t.Context(), func(tx *db.Tx) error {
				tx.Later(`DELETE FROM thing`)
				tx.Later(insertThing, "a", 1)
				tx.Later(insertThing, "b", 2)
				tx.LaterOne(errMissing, raiseThing, "a")
				return nil
			}))
			want("only for later", 4, 1)
			must(t, d.Write(t.Context(), func(tx *db.Tx) error {
				tx.Later(raiseThing, "a")
				if n, err := db.One(tx, scanInt, readThing, "a"); n != 3 || err != nil {
					t.Errorf("got %d, %v, want 3", n, err)
				}
				tx.Later(raiseThing, "a")
				return nil
			}))
			want("a query between", 3, 2)
			must(t, d.Read(t.Context(), func(tx *db.Tx) error {
				a, none := db.Ask(tx, scanInt, readThing, "a"), db.Ask(tx, scanInt, readThing, "c")
				all := db.AskAll(tx, scanText, `SELECT key FROM thing ORDER BY key`)
				if keys, err := all.Get(); strings.Join(keys, " ") != "a b" || err != nil {
					t.Errorf("got %v, %v", keys, err)
				}
				if n, err := a.Get(); n != 4 || err != nil {
					t.Errorf("got %d, %v, want 4", n, err)
				}
				if n, err := none.Get(); !errors.Is(err, db.ErrNotFound) {
					t.Errorf("got %d, %v, want ErrNotFound", n, err)
				}
				return nil
			}))
			want("questions", 3, 1)
			must(t, d.Write(t.Context(), func(tx *db.Tx) error {
				a, b := db.Ask(tx, scanInt, readThing, "a"), db.Ask(tx, scanInt, readThing, "b")
				if n, err := a.Get(); n != 4 || err != nil {
					t.Errorf("got %d, %v, want 4", n, err)
				}
				tx.Later(raiseThing, "b") // does not travel for an answer that is here
				if n, err := b.Get(); n != 2 || err != nil {
					t.Errorf("got %d, %v, want 2", n, err)
				}
				return nil
			}))
			want("an answer that has come", 3, 2)
			must(t, d.Read(t.Context(), func(*db.Tx) error { return nil }))
			want("nothing", 0, 0)
		}
	})
}

func TestLaterFailuresFailTheWrite(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		for name, c := range map[string]struct {
			run  func(tx *db.Tx) error
			want error
		}{
			"at the end": {func(tx *db.Tx) error {
				tx.Later(insertThing, "b", 1)
				tx.Later(insertThing, "a", 1)
				return nil
			}, db.ErrExists},
			"followed by others": {func(tx *db.Tx) error {
				tx.Later(insertThing, "a", 1)
				tx.Later(insertThing, "b", 1)
				return nil
			}, db.ErrExists},
			"seen by a query": {func(tx *db.Tx) error {
				tx.Later(insertThing, "a", 1)
				_, err := db.One(tx, scanInt, readThing, "a")
				if !errors.Is(err, db.ErrExists) {
					t.Errorf("the query said %v", err)
				}
				return err
			}, db.ErrExists},
			"overlooked": {func(tx *db.Tx) error {
				tx.LaterOne(errMissing, raiseThing, "none")
				_, _ = db.One(tx, scanInt, readThing, "a")
				return nil
			}, errMissing},
			"no row": {func(tx *db.Tx) error {
				tx.Later(insertThing, "b", 1)
				tx.LaterOne(errMissing, raiseThing, "none")
				return nil
			}, errMissing},
			"no row, then others": {func(tx *db.Tx) error {
				tx.LaterOne(errMissing, `INSERT INTO thing (pool_id, key) VALUES ('p', $1) ON CONFLICT DO NOTHING`, "a")
				tx.Later(insertThing, "b", 1)
				return nil
			}, errMissing},
			"an argument": {func(tx *db.Tx) error {
				tx.Later(insertThing, struct{}{}, 1)
				tx.Later(insertThing, "b", 1)
				return nil
			}, nil},
			"a scan": {func(tx *db.Tx) error {
				_, err := db.Ask(tx, func(db.Scanner) (int, error) { return 0, errMissing }, readThing, "a").Get()
				return err
			}, errMissing},
			"the closure's own": {func(tx *db.Tx) error {
				tx.Later(insertThing, "b", 1)
				return db.ErrStale
			}, db.ErrStale},
		} {
			must(t, d.Write(t.Context(), func(tx *db.Tx) error {
				tx.Later(`DELETE FROM thing`)
				tx.Later(insertThing, "a", 1)
				return nil
			}))
			committed := false
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				tx.OnCommit(func() { committed = true })
				return c.run(tx)
			})
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", name, err, c.want)
			}
			if n := count(t, d); n != 1 || committed {
				t.Errorf("%s: %d rows after a write that failed, committed %v", name, n, committed)
			}
		}
	})
}

func TestReadLeavesNoWriteForLater(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			tx.Later(insertThing, "a", 1)
			return nil
		})
		if err == nil || count(t, d) != 0 {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnswersEndWithTheirTransaction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		var late *db.Answer[int64]
		var over *db.Tx
		must(t, d.Read(t.Context(), func(tx *db.Tx) error {
			over, late = tx, db.Ask(tx, scanInt, `SELECT COUNT(*) FROM thing`)
			return nil
		}))
		if n, err := late.Get(); err == nil {
			t.Errorf("got %d of a transaction that is over", n)
		}
		if n, err := db.One(over, scanInt, `SELECT COUNT(*) FROM thing`); err == nil {
			t.Errorf("asked %d in a transaction that is over", n)
		}
		if n := count(t, d); n != 0 {
			t.Errorf("got %d, want 0", n)
		}
	})
}

// What was left for later is part of what a conflict repeats.
func TestLaterStatementsAreRepeatedAfterAConflict(t *testing.T) {
	t.Parallel()
	d, last := observed(t, dbtest.EmptyPostgres(t))
	must(t, d.Write(t.Context(), func(tx *db.Tx) error {
		tx.Later(insertThing, "a", 0)
		return nil
	}))
	runs := 0
	must(t, d.Write(t.Context(), func(tx *db.Tx) error {
		runs++
		if _, err := db.One(tx, scanInt, readThing, "a"); err != nil {
			return err
		}
		if runs == 1 {
			must(t, d.Write(t.Context(), func(tx *db.Tx) error {
				tx.Later(raiseThing, "a")
				return nil
			}))
		}
		tx.LaterOne(errMissing, raiseThing, "a")
		return nil
	}))
	if got := last(); runs != 2 || got.Retries != 1 {
		t.Errorf("%d runs, %d retries", runs, got.Retries)
	}
	must(t, d.Read(t.Context(), func(tx *db.Tx) error {
		n, err := db.One(tx, scanInt, readThing, "a")
		if n != 2 {
			t.Errorf("got %d, want 2", n)
		}
		return err
	}))
}
