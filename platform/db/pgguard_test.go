package db_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

// serverNames are the statements that a transaction's connection has prepared.
func serverNames(tx *db.Tx) ([]string, error) {
	return db.All(tx, scanText, `SELECT name FROM pg_prepared_statements ORDER BY prepare_time`)
}

// Behind a pooler that nobody has found out, a statement's name must not be that of another connection's statement.
func TestNamesOfPreparedStatementsBelongToOneConnection(t *testing.T) {
	t.Parallel()
	d, other := bothOn(t)
	var names [2][]string
	for i, d := range []*db.DB{d, other} {
		must(t, d.Read(t.Context(), func(tx *db.Tx) (err error) {
			names[i], err = serverNames(tx)
			return err
		}))
	}
	for _, name := range names[0] {
		if slices.Contains(names[1], name) {
			t.Errorf("two connections have a statement %q", name)
		}
	}
	if len(names[0]) < 2 {
		t.Errorf("prepared are %q, want the first statements", names[0])
	}
}

// A connection whose transaction could not be ended is not used for another.
func TestAConnectionIsNotUsedInATransactionThatCouldNotBeEnded(t *testing.T) {
	t.Parallel()
	url := dbtest.EmptyPostgres(t)
	dbtest.Open(t, url, db.Options{Migrations: schema})
	d, last := observed(t, url) // nothing is migrated, and so nothing was rolled back before
	must(t, d.Write(t.Context(), func(tx *db.Tx) error { return insert(tx, "a", 1) }))
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		names, err := serverNames(tx)
		if err != nil {
			return err
		}
		// Of the next two statements, one is this, and one is ROLLBACK, whose name is taken.
		newest := ""
		for _, name := range names {
			if len(name) > len(newest) || len(name) == len(newest) && name > newest {
				newest = name
			}
		}
		digits := strings.LastIndexFunc(newest, func(r rune) bool { return r < '0' || r > '9' }) + 1
		n, err := strconv.Atoi(newest[digits:])
		if err != nil {
			return err
		}
		taken := newest[:digits] + strconv.Itoa(n+2)
		if _, err := tx.Exec(fmt.Sprintf(`PREPARE "%s" AS SELECT 1`, taken)); err != nil {
			return err
		}
		return errMissing
	})
	if !errors.Is(err, errMissing) {
		t.Fatal(err)
	}
	must(t, d.Read(t.Context(), func(tx *db.Tx) error {
		_, err := db.One(tx, scanInt, readThing, "a")
		return err
	}))
	if got := last(); got.Retries != 1 {
		t.Errorf("%d retries, want one on another connection", got.Retries)
	}
}

// What is sent at once is bounded: server and program must not both wait for the other to read.
func TestLongStatementsAndLongAnswersDoNotBlockEachOther(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.EmptyPostgres(t), db.Options{Migrations: schema})
	long := strings.Repeat("x", 8<<20)
	must(t, d.Write(t.Context(), func(tx *db.Tx) error {
		asked := db.Ask(tx, scanText, `SELECT repeat('y', 8388608)`)
		tx.Later(`UPDATE thing SET n = n WHERE key = $1`, long)
		tx.Later(`UPDATE thing SET n = n WHERE key = $1`, long)
		text, err := asked.Get()
		if len(text) != len(long) {
			t.Errorf("got %d bytes, want %d", len(text), len(long))
		}
		return err
	}))
	must(t, d.Write(t.Context(), func(tx *db.Tx) error {
		for i := range 30_000 {
			tx.Later(`UPDATE thing SET n = n WHERE key = $1`, "an argument of some length, with the number "+strconv.Itoa(i))
		}
		return nil
	}))
}
