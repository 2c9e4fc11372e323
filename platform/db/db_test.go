package db_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

// schema is a small schema for these tests.
var schema = fstest.MapFS{"0001_thing.sql": {Data: []byte(`
	-- a comment; with a semicolon
	CREATE TABLE thing (
		pool_id TEXT NOT NULL,
		key TEXT NOT NULL,
		n BIGINT NOT NULL DEFAULT 0,
		flag BOOLEAN NOT NULL DEFAULT FALSE,
		note TEXT DEFAULT 'TEXT; {{bytes}}',
		data {{bytes}},
		PRIMARY KEY (pool_id, key)
	);`)}}

func each(t *testing.T, body func(t *testing.T, d *db.DB)) {
	dbtest.EachWith(t, db.Options{Migrations: schema}, body)
}

func insert(tx *db.Tx, key string, n int) error {
	rows, err := tx.Exec(`INSERT INTO thing (pool_id, key, n) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, "p", key, n)
	if err == nil && rows == 0 {
		return db.ErrExists
	}
	return err
}

func scanInt(s db.Scanner) (n int64, err error) { return n, s.Scan(&n) }

func scanText(s db.Scanner) (text string, err error) { return text, s.Scan(&text) }

func count(t *testing.T, d *db.DB) (n int64) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, scanInt, `SELECT COUNT(*) FROM thing`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWriteIsAllOrNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		refused := errors.New("refused")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := insert(tx, "a", 1); err != nil {
				return err
			}
			return refused
		})
		if !errors.Is(err, refused) {
			t.Errorf("got error %v, want the closure's", err)
		}
		if n := count(t, d); n != 0 {
			t.Errorf("got %d rows after a refused write, want 0", n)
		}

		err = d.Write(t.Context(), func(tx *db.Tx) error {
			return errors.Join(insert(tx, "a", 1), insert(tx, "b", 2))
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, d); n != 2 {
			t.Errorf("got %d rows, want 2", n)
		}
	})
}

func TestReadSeesOneSnapshot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			before, err := db.One(tx, scanInt, `SELECT COUNT(*) FROM thing`)
			if err != nil {
				return err
			}
			if err := d.Write(t.Context(), func(tx *db.Tx) error { return insert(tx, "a", 1) }); err != nil {
				return err
			}
			after, err := db.One(tx, scanInt, `SELECT COUNT(*) FROM thing`)
			if before != after {
				t.Errorf("got %d rows and then %d in one snapshot", before, after)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, d); n != 1 {
			t.Errorf("got %d rows in the next snapshot, want 1", n)
		}
	})
}

func TestReadCannotWrite(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(tx *db.Tx) error { return insert(tx, "a", 1) })
		if err == nil {
			t.Error("a read transaction wrote")
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error { // not by Write
			_, err := db.All(tx, scanText, `INSERT INTO thing (pool_id, key) VALUES ('p', 'a') RETURNING key`)
			return err
		})
		if err == nil {
			t.Error("a read transaction wrote through a query")
		}
		if n := count(t, d); n != 0 {
			t.Errorf("got %d rows, want 0", n)
		}
	})
}

func TestPlaceholdersAreNumbered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec(`INSERT INTO thing (n, key, pool_id) VALUES ($3, $2, $1)`, "p", "a$1", 7); err != nil {
				return err
			}
			key, err := db.One(tx, scanText,
				`SELECT key FROM thing WHERE n = $2 AND pool_id = $1 AND pool_id = $1 AND key <> '$3'`, "p", 7)
			if key != "a$1" {
				t.Errorf("got key %q", key)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

type name string

func TestValuesAreReadAsWritten(t *testing.T) {
	t.Parallel()
	type row struct {
		Key  name
		N    int64
		Flag bool
		Note *string
		Data []byte
	}
	scan := func(s db.Scanner) (r row, err error) {
		return r, s.Scan(&r.Key, &r.N, &r.Flag, &r.Note, &r.Data)
	}
	note := "naïve\n'\""
	each(t, func(t *testing.T, d *db.DB) {
		for _, want := range []row{
			{Key: "full", N: 1 << 62, Flag: true, Note: &note, Data: []byte{0, 1, 0xff}},
			{Key: "null", N: -5},
		} {
			var got row
			err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
				_, err = tx.Exec(`INSERT INTO thing (pool_id, key, n, flag, note, data) VALUES ($1, $2, $3, $4, $5, $6)`,
					"p", want.Key, want.N, want.Flag, want.Note, want.Data)
				if err != nil {
					return err
				}
				got, err = db.One(tx, scan,
					`SELECT key, n, flag, note, data FROM thing WHERE pool_id = $1 AND key = $2 AND flag = $3`,
					"p", want.Key, want.Flag)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE thing SET n = $1`, time.Now())
			return err
		})
		if err == nil {
			t.Error("a time.Time was stored: it must go through Millis")
		}
	})
}

func TestTextIsOrderedByBytes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		var got []string
		err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
			for _, key := range []string{"b", "_", "a", "é", "B", "Z", "~"} {
				if err := insert(tx, key, 0); err != nil {
					return err
				}
			}
			got, err = db.All(tx, scanText, `SELECT key FROM thing WHERE pool_id = $1 ORDER BY key`, "p")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("B Z _ a b ~ é", strings.Join(got, " ")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestUniqueViolationIsErrExists(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := insert(tx, "a", 1); err != nil {
				return err
			}
			if err := insert(tx, "a", 1); !errors.Is(err, db.ErrExists) {
				t.Errorf("polite conflict: got %v, want ErrExists", err)
			}
			_, err := tx.Exec(`INSERT INTO thing (pool_id, key) VALUES ('p', 'a')`)
			if !errors.Is(err, db.ErrExists) {
				t.Errorf("violation: got %v, want ErrExists", err)
			}
			return nil
		})
		if !errors.Is(err, db.ErrExists) {
			t.Errorf("got %v from a write that overlooked a failed statement, want ErrExists", err)
		}
		if n := count(t, d); n != 0 {
			t.Errorf("got %d rows, want 0", n)
		}
	})
}

func TestNothingRunsAfterAFailedStatement(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, first := tx.Exec(`INSERT INTO nowhere (x) VALUES (1)`)
			if second := insert(tx, "a", 1); first == nil || !errors.Is(second, first) {
				t.Errorf("got %v after %v", second, first)
			}
			return nil
		})
		if err == nil {
			t.Error("the write was reported as done")
		}
	})
}

func TestOneSaysNotFound(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := db.One(tx, scanText, `SELECT key FROM thing WHERE pool_id = $1`, "p")
			return err
		})
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	})
}

func TestNestedStatementIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := insert(tx, "a", 1); err != nil {
				return err
			}
			_, err := db.All(tx, func(db.Scanner) (int, error) {
				return 0, insert(tx, "b", 1)
			}, `SELECT key FROM thing`)
			return err
		})
		if err == nil {
			t.Error("a statement ran inside a scan")
		}
	})
}

func TestPanicRollsBackAndReachesTheCaller(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		for _, do := range []func(context.Context, func(*db.Tx) error) error{d.Write, d.Read} {
			func() {
				defer func() {
					if got := recover(); got != "boom" {
						t.Errorf("recovered %v, want boom", got)
					}
				}()
				_ = do(t.Context(), func(tx *db.Tx) error {
					_ = insert(tx, "a", 1)
					panic("boom")
				})
			}()
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return insert(tx, "b", 1) }); err != nil {
			t.Errorf("write after a panic: %v", err)
		}
		if n := count(t, d); n != 1 {
			t.Errorf("got %d rows, want only the later one", n)
		}
	})
}

func TestCancelledWriteDoesNotStart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := d.Write(ctx, func(tx *db.Tx) error { return insert(tx, "a", 1) })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		err = d.Read(ctx, func(tx *db.Tx) error { return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("read: got %v, want context.Canceled", err)
		}
		if n := count(t, d); n != 0 {
			t.Errorf("got %d rows, want 0", n)
		}
	})
}

func TestWriteCancelledUnderwayIsFinished(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := insert(tx, "a", 1); err != nil {
				return err
			}
			cancel()
			return insert(tx, "b", 2)
		})
		if err != nil {
			t.Error(err)
		}
		if n := count(t, d); n != 2 {
			t.Errorf("got %d rows, want 2", n)
		}
	})
}

func TestParallelIncrementsAllCount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return insert(tx, "a", 0) }); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				err := d.Write(t.Context(), func(tx *db.Tx) error {
					n, err := db.One(tx, scanInt, `SELECT n FROM thing WHERE pool_id = 'p' AND key = 'a'`)
					if err != nil {
						return err
					}
					_, err = tx.Exec(`UPDATE thing SET n = $1 WHERE pool_id = 'p' AND key = 'a'`, n+1)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()

		var n int64
		err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
			n, err = db.One(tx, scanInt, `SELECT n FROM thing`)
			return err
		})
		if n != 100 || err != nil {
			t.Errorf("got %d, %v after 100 increments", n, err)
		}
	})
}

func TestOnCommitRunsOnlyAfterSuccess(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		calls := 0
		_ = d.Write(t.Context(), func(tx *db.Tx) error {
			tx.OnCommit(func() { calls++ })
			return errors.New("no")
		})
		if calls != 0 {
			t.Error("called though rolled back")
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			tx.OnCommit(func() { calls++ })
			return nil
		}); err != nil || calls != 1 {
			t.Errorf("got %d calls, %v, want 1", calls, err)
		}
	})
}

func TestNowIsTheClockInMilliseconds(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 6, 7, 8, 9, 123_456_789, time.FixedZone("", 3600))
	opts := db.Options{Migrations: schema, Now: func() time.Time { return at }}
	dbtest.EachWith(t, opts, func(t *testing.T, d *db.DB) {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			want := time.Date(2026, 5, 6, 6, 8, 9, 123_000_000, time.UTC)
			if tx.Now != want || db.Time(db.Millis(tx.Now)) != want {
				t.Errorf("got %v, want %v", tx.Now, want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	if db.Millis(time.Time{}) != 0 || !db.Time(0).IsZero() {
		t.Error("the zero time is not 0")
	}
}

func TestTransactionsAreObserved(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		var seen []db.Transaction
		d := dbtest.Open(t, url, db.Options{Migrations: schema, Observe: func(_ context.Context, one db.Transaction) { seen = append(seen, one) }})
		must(t, d.Write(t.Context(), func(tx *db.Tx) error { return errors.Join(insert(tx, "a", 1), insert(tx, "b", 1)) }))
		count(t, d)
		if len(seen) != 2 || seen[0].Kind != "write" || seen[0].Statements != 2 || seen[1].Kind != "read" || seen[1].Statements != 1 || seen[0].Took <= 0 {
			t.Errorf("got %+v", seen)
		}
		for _, one := range seen {
			if waited := one.RoundTrips > 0; waited != (d.Engine() == "postgres") {
				t.Errorf("%d round trips on %s", one.RoundTrips, d.Engine())
			}
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
