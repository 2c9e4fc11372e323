package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNotEmpty says that a database which is to be filled has tables already.
var ErrNotEmpty = errors.New("the database is not empty")

// Loading is a database that is being filled with the rows of a snapshot.
type Loading struct {
	steps  []step
	tables []Table
	tx     *Tx
	target target
}

// target is the engine's part of a database that is being filled.
type target interface {
	session
	// load adds rows, which next gives in chunks of whole tuples until io.EOF.
	load(t *Table, next func() ([]byte, error)) error
	// dialect turns a migration's text into the engine's.
	dialect(ddl string) string
}

// Fill makes an empty database out of a snapshot's rows, all or nothing: what fn has done is there once Fill has returned nil, with all
// migrations of this program, and nothing of it otherwise. A SQLite file appears under its name when it is complete; on PostgreSQL
// everything is one transaction, and servers that start meanwhile wait for its end. A database that has tables, or a file that is not empty, is
// ErrNotEmpty.
//
// migrations are those of the snapshot; one that this program does not know gives ErrNewer.
func Fill(ctx context.Context, url string, opts Options, migrations []string, fn func(l *Loading) error) error {
	opts = opts.filled()
	all, err := readSteps(opts.Migrations)
	if err != nil {
		return err
	}
	if _, err := pending(all, migrations); err != nil {
		return err
	}
	former := slices.DeleteFunc(slices.Clone(all), func(s step) bool { return !slices.Contains(migrations, s.name) })

	return openTarget(ctx, url, opts, func(engine string, to target) error {
		d := &DB{opts: opts}
		l := &Loading{steps: all, target: to, tx: d.begin(ctx, to)}
		l.tx.writing = true
		if err := apply(to, to.dialect, former, opts.Now()); err != nil {
			return fmt.Errorf("migrate database: %w", err)
		}
		if l.tables, err = tablesOf(to, engine); err != nil {
			return err
		}
		if err := l.tx.end(fn(l)); err != nil {
			return err
		}
		if l.steps != nil {
			return errors.New("the rows were not completed")
		}
		return nil
	})
}

func openTarget(ctx context.Context, url string, opts Options, fn func(engine string, to target) error) error {
	switch scheme, rest, _ := strings.Cut(url, ":"); scheme {
	case "sqlite":
		return fillLite(ctx, strings.TrimPrefix(rest, "//"), opts, func(t target) error { return fn("sqlite", t) })
	case "postgres", "postgresql":
		return fillPostgres(ctx, url, func(t target) error { return fn("postgres", t) })
	}
	return errScheme
}

// Load adds rows to a table, which next gives as tuples in chunks of whole rows, until io.EOF. The table must be the schema's own; its
// columns may stand in another order.
func (l *Loading) Load(t *Table, next func() ([]byte, error)) error {
	at := slices.IndexFunc(l.tables, func(own Table) bool { return own.Name == t.Name })
	if at < 0 || !t.plain() || !sameColumns(t.Columns, l.tables[at].Columns) {
		return fmt.Errorf("table %s is not the one of its schema", t.Name)
	}
	if err := l.target.load(t, next); err != nil {
		return fmt.Errorf("fill table %s: %w", t.Name, err)
	}
	return nil
}

// sameColumns reports whether two lists hold the same, in any order.
func sameColumns(a, b []Column) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !slices.Contains(b, a[i]) || !slices.Contains(a, b[i]) {
			return false
		}
	}
	return true
}

// Complete applies the migrations that are newer than the snapshot's, and gives the transaction in which all rows are, for
// changes of them. Load cannot be called any more.
func (l *Loading) Complete() (*Tx, error) {
	if err := apply(l.target, l.target.dialect, l.steps, l.tx.Now); err != nil {
		return nil, fmt.Errorf("migrate database: %w", err)
	}
	l.steps, l.tables = nil, nil
	return l.tx, nil
}
