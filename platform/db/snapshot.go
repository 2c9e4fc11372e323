package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// chunkSize is how many bytes of rows are handed on at once, or one row if that is larger.
const chunkSize = 256 << 10

// longestCopy bounds how long a copy may take: while it lasts, SQLite's log grows and PostgreSQL cannot clean up.
const longestCopy = 24 * time.Hour

// Snapshot is one moment of a database, to be copied, which the changes of running servers do not touch.
type Snapshot struct {
	Engine     string   // "sqlite" or "postgres"
	Migrations []string // that have been applied, in their order
	Tables     []Table  // all, but for the history of migrations

	source source
}

// source is the engine's part of a snapshot.
type source interface {
	session
	// rows gives all rows of a table, in chunks of whole tuples that are valid until the next.
	rows(t *Table, take func(chunk []byte) error) error
}

// Rows gives all rows of a table as tuples, in chunks of whole rows. A chunk is valid until take returns.
func (s *Snapshot) Rows(t *Table, take func(chunk []byte) error) error {
	if err := s.source.rows(t, take); err != nil {
		return fmt.Errorf("read table %s: %w", t.Name, err)
	}
	return nil
}

// ReadSnapshot opens a snapshot of the database that url names for the time of fn, on a connection of its own beside running servers. It
// changes nothing, and refuses a database that is not of this program's version. tx reads the same moment.
func ReadSnapshot(ctx context.Context, url string, opts Options, fn func(s *Snapshot, tx *Tx) error) error {
	opts = opts.filled()
	steps, err := readSteps(opts.Migrations)
	if err != nil {
		return err
	}
	return openSource(ctx, url, func(engine string, from source) error {
		done, err := applied(from)
		if err != nil {
			return fmt.Errorf("%w (%w)", ErrOlder, err) // without the table
		}
		if _, err := pending(steps, done); err != nil {
			return err
		}
		s := &Snapshot{Engine: engine, source: from}
		for _, step := range steps {
			if slices.Contains(done, step.name) {
				s.Migrations = append(s.Migrations, step.name)
			}
		}
		if s.Tables, err = tablesOf(from, engine); err != nil {
			return err
		}
		tx := (&DB{opts: opts}).begin(ctx, from)
		return tx.end(fn(s, tx))
	})
}

func openSource(ctx context.Context, url string, fn func(engine string, from source) error) error {
	switch scheme, rest, _ := strings.Cut(url, ":"); scheme {
	case "sqlite":
		return readLite(ctx, strings.TrimPrefix(rest, "//"), func(s source) error { return fn("sqlite", s) })
	case "postgres", "postgresql":
		return readPostgres(ctx, url, func(s source) error { return fn("postgres", s) })
	}
	return errScheme
}

var errScheme = errors.New("the url of a database begins with \"sqlite:\" or \"postgres:\"")

// filled are the options with what an absent one stands for.
func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Migrations == nil {
		o.Migrations = builtin
	}
	return o
}
