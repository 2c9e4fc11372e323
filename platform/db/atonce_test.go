package db_test

import (
	"errors"
	"net/url"
	"testing"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

func TestReadAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		d, last := observed(t, url)
		must(t, d.Write(t.Context(), func(tx *db.Tx) error {
			tx.Later(insertThing, "a", 1)
			tx.Later(insertThing, "b", 2)
			return nil
		}))
		for range 2 { // prepared statements or not
			runs, trips := 0, 0
			must(t, d.ReadAtOnce(t.Context(), func(tx *db.Tx) error {
				runs++
				a, b := db.Ask(tx, scanInt, readThing, "a"), db.Ask(tx, scanInt, readThing, "b")
				if n, err := a.Get(); n != 1 || err != nil {
					t.Errorf("got %d, %v, want 1", n, err)
				}
				if n, err := b.Get(); n != 2 || err != nil {
					t.Errorf("got %d, %v, want 2", n, err)
				}
				return nil
			}))
			if d.Engine() == "postgres" {
				trips = 1
			}
			if got := last(); runs != 1 || got.Statements != 2 || got.RoundTrips != trips || got.Retries != 0 {
				t.Errorf("%d runs, %+v", runs, got)
			}
		}
		err := d.ReadAtOnce(t.Context(), func(tx *db.Tx) error {
			_, err := db.One(tx, scanInt, readThing, "c")
			return err
		})
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		must(t, d.ReadAtOnce(t.Context(), func(*db.Tx) error { return nil }))
	})
}

// A closure that asks on has one snapshot all the same, and what it says of its first run does not count.
func TestReadAtOnceOfAClosureThatAsksOn(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		d, last := observed(t, url)
		must(t, d.Write(t.Context(), func(tx *db.Tx) error { return insert(tx, "a", 1) }))
		runs, most := 0, 1
		if d.Engine() == "postgres" {
			most = 2
		}
		must(t, d.ReadAtOnce(t.Context(), func(tx *db.Tx) error {
			runs++
			before, err := db.One(tx, scanInt, readThing, "a")
			if err != nil {
				return err
			}
			must(t, d.Write(t.Context(), func(tx *db.Tx) error { tx.Later(raiseThing, "a"); return nil }))
			after, err := db.One(tx, scanInt, readThing, "a")
			switch {
			case runs < most && err == nil:
				t.Errorf("read %d in a transaction that is over", after)
			case runs < most:
				return errMissing
			case after != before:
				t.Errorf("got %d and then %d in one transaction", before, after)
			}
			return err
		}))
		if got := last(); runs != most || got.Retries != 0 {
			t.Errorf("%d runs, %+v", runs, got)
		}
	})
}

// pooled is a URL for what stands before the database.
func pooled(t *testing.T, text, pooler string) string {
	t.Helper()
	u, err := url.Parse(text)
	must(t, err)
	params := u.Query()
	params.Set("pooler", pooler)
	u.RawQuery = params.Encode()
	return u.String()
}

// What is asked at once has one snapshot: that which is written between two of its statements is not seen.
func TestReadAtOnceHasOneSnapshot(t *testing.T) {
	t.Parallel()
	const lock, takeLock = 4711, `SELECT pg_advisory_xact_lock($1::BIGINT)::TEXT`
	const waiting = `SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1::BIGINT AND NOT granted`
	for _, pooler := range []string{"none", "transaction"} { // without BEGIN and with it
		d := dbtest.Open(t, pooled(t, dbtest.EmptyPostgres(t), pooler), db.Options{Migrations: schema})
		must(t, d.Write(t.Context(), func(tx *db.Tx) error { return insert(tx, "a", 1) }))
		held, written := make(chan struct{}), make(chan error, 1)
		go func() {
			written <- d.Write(t.Context(), func(tx *db.Tx) error {
				_, err := db.One(tx, scanText, takeLock, lock)
				close(held)
				for waits := int64(0); waits == 0 && err == nil && t.Context().Err() == nil; { // for the reader
					waits, err = db.One(tx, scanInt, waiting, lock)
				}
				if err != nil {
					return err
				}
				return d.Write(t.Context(), func(tx *db.Tx) error { tx.Later(raiseThing, "a"); return nil })
			})
		}()
		<-held
		must(t, d.ReadAtOnce(t.Context(), func(tx *db.Tx) error {
			before := db.Ask(tx, scanInt, readThing, "a")
			waited := db.Ask(tx, scanText, takeLock, lock)
			after := db.Ask(tx, scanInt, readThing, "a")
			n, err := before.Get()
			_, e := waited.Get()
			later, e2 := after.Get()
			if n != 1 || later != 1 {
				t.Errorf("pooler %s: got %d and then %d, want 1 twice", pooler, n, later)
			}
			return errors.Join(err, e, e2)
		}))
		must(t, <-written)
	}
}

// The end of the transaction travels with the questions: where it is lost, so are their answers. Only what stands behind a pooler has
// words for its end.
func TestReadAtOnceSendsItsEnd(t *testing.T) {
	t.Parallel()
	c := newCutter(t, dbtest.EmptyPostgres(t))
	d, last := observed(t, pooled(t, c.url, "transaction"))
	text, runs := "COMMIT", 0
	must(t, d.Write(t.Context(), func(*db.Tx) error { // on the connection that knows COMMIT
		c.cutAt.Store(&text)
		return d.ReadAtOnce(t.Context(), func(tx *db.Tx) error {
			runs++
			_, err := pid(tx)
			return err
		})
	}))
	if runs != 2 {
		t.Errorf("%d runs, %+v, want one more on another connection", runs, last())
	}
}

// A statement that fails does not cost the connection, and leaves nothing to be rolled back.
func TestReadAtOnceThatFailsEndsItsTransaction(t *testing.T) {
	t.Parallel()
	c := newCutter(t, dbtest.EmptyPostgres(t))
	d, last := observed(t, c.url)
	rollback := "ROLLBACK"
	c.cutAt.Store(&rollback)
	ask := func() (own int64) {
		t.Helper()
		must(t, d.ReadAtOnce(t.Context(), func(tx *db.Tx) (err error) {
			own, err = pid(tx)
			return err
		}))
		if got := last(); got.Retries != 0 {
			t.Errorf("%d retries", got.Retries)
		}
		return own
	}
	must(t, d.Write(t.Context(), func(*db.Tx) error { // on the connection that knows ROLLBACK
		before := ask()
		for _, question := range []string{`SELECT 1/$1::BIGINT`, `SELECT 2/$1::BIGINT`, `SELECT 1/$1::BIGINT`} { // prepared or not
			err := d.ReadAtOnce(t.Context(), func(tx *db.Tx) error {
				_, err := db.One(tx, scanInt, question, 0)
				return err
			})
			if got := last(); err == nil || got.Retries != 0 {
				t.Errorf("%v after %d retries", err, got.Retries)
			}
		}
		if after := ask(); after != before {
			t.Error("the connection was replaced")
		}
		return nil
	}))
}
