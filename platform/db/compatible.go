package db

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// besideLine begins the first line of a migration beside which older programs may go on serving; the name of the newest
// migration that they must know follows. A migration without this line demands a program that knows itself.
const besideLine = "-- Serves beside: "

// needs is the newest migration that a program must know to serve on a database with this step.
func (s step) needs() string {
	first, _, _ := strings.Cut(s.text, "\n")
	if name, found := strings.CutPrefix(first, besideLine); found {
		return strings.TrimSpace(name)
	}
	return s.name
}

// contracting reports whether programs that do not know the step cannot serve beside it.
func (s step) contracting() bool { return s.needs() == s.name }

// A row of migration_need says what a migration demands of programs that do not know it. A migration that is about to be
// applied is announced there until a moment.
const (
	createNeeds = `CREATE TABLE IF NOT EXISTS migration_need (name TEXT PRIMARY KEY, needs TEXT NOT NULL, until BIGINT NOT NULL);`
	writeNeed   = `INSERT INTO migration_need (name, needs, until) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET needs = excluded.needs, until = excluded.until`
	renewNeed   = `UPDATE migration_need SET until = $2 WHERE name = $1 AND until > $3` // one that has run out is over
	heldNeeds   = `SELECT name FROM migration_need WHERE until > $1 OR until = 0`
	retractNeed = `DELETE FROM migration_need WHERE name = $1 AND until > 0`
	readNeeds   = `SELECT m.name, COALESCE(n.needs, m.name)
		FROM migration AS m
		LEFT JOIN migration_need AS n ON n.name = m.name
		UNION ALL
		SELECT name, needs
		FROM migration_need
		WHERE until > $1`
)

// An announcement holds for announced, and is renewed as long as its program lives.
const (
	announced   = 30 * time.Second
	renewedEach = 5 * time.Second
)

// newerError is ErrNewer with the migrations that this program does not know.
type newerError struct {
	names  []string
	behind bool // migrations that this program knows are missing
}

func (e *newerError) Error() string {
	return fmt.Sprintf("%v (it holds migration %s)", ErrNewer, strings.Join(e.names, ", "))
}

func (e *newerError) Unwrap() error { return ErrNewer }

// demands lists the migrations in force, or announced, that this program does not know and beside which it must not serve.
func (d *DB) demands(s session) (names []string, err error) {
	var scan error
	_, err = s.run(statement{query: readNeeds, args: []any{Millis(d.Now())}, row: func(row Scanner) bool {
		var name, needs string
		if scan = row.Scan(&name, &needs); scan == nil && !knows(d.steps, name) && !knows(d.steps, needs) {
			names = append(names, name)
		}
		return scan == nil
	}})
	if err != nil {
		return nil, s.translate(err)
	}
	return names, scan
}

// knows reports whether a migration is one of steps.
func knows(steps []step, name string) bool {
	return slices.ContainsFunc(steps, func(s step) bool { return s.name == name })
}

// Newest is the newest migration that this program knows.
func (d *DB) Newest() string { return d.steps[len(d.steps)-1].name }

// tolerate answers nil where every migration that this program does not know lets it serve.
func (d *DB) tolerate(ctx context.Context, newer *newerError) error {
	if newer.behind {
		return newer
	}
	_, err := d.engine.read(ctx, false, func(s session) error {
		names, err := d.demands(s)
		if err == nil && len(names) > 0 {
			err = &newerError{names: names}
		}
		return err
	})
	if noTable(err) {
		return newer
	}
	return err
}

// migrate applies what is missing. Before migrations beside which older programs cannot serve it announces them and has
// Contract wait until none does.
func (d *DB) migrate(ctx context.Context) error {
	hard, err := d.contracting(ctx)
	if err != nil {
		return err
	}
	if len(hard) == 0 {
		return d.engine.migrate(ctx, migration{steps: d.steps, now: d.Now})
	}
	if d.opts.Contract == nil {
		return ErrOlder
	}
	if err := d.announce(ctx, hard); err != nil {
		return fmt.Errorf("announce migrations: %w", err)
	}
	stop := d.renew(hard)
	defer stop()
	if err := d.opts.Contract(ctx, d, hard[len(hard)-1].needs()); err != nil {
		return err
	}
	return d.engine.migrate(ctx, migration{d.steps, hard, d.Now})
}

// migration is a schema to be brought up to date.
type migration struct {
	steps     []step
	announced []step // those that older programs must not serve beside
	now       func() time.Time
}

// apply runs what is missing inside the transaction s, which must hold the lock. It answers ErrLate if the announcement has run out: the
// process was stopped, or waited for the lock, and older programs may serve again.
func (m migration) apply(s session, dialect func(string) string) error {
	if len(m.announced) > 0 {
		held, err := texts(s, statement{query: heldNeeds, args: []any{Millis(m.now())}})
		if err != nil {
			return err
		}
		for _, step := range m.announced {
			if !slices.Contains(held, step.name) {
				return ErrLate
			}
		}
	}
	return apply(s, dialect, m.steps, m.now())
}

// contracting lists the missing migrations of a database that is not new beside which older programs cannot serve.
func (d *DB) contracting(ctx context.Context) (hard []step, err error) {
	_, err = d.engine.read(ctx, false, func(s session) error {
		done, err := applied(s)
		if err != nil {
			return err
		}
		missing, err := pending(d.steps, done)
		if len(done) > 0 {
			hard = slices.DeleteFunc(missing, func(s step) bool { return !s.contracting() })
		}
		return err
	})
	if noTable(err) {
		return nil, nil // a new database
	}
	return hard, err
}

// noTable reports whether a statement has failed for want of a table.
func noTable(err error) bool {
	return code(err) == undefinedTable || err != nil && strings.Contains(err.Error(), "no such table: migration")
}

// announce tells older programs, which look every few seconds, that they must not serve any more.
func (d *DB) announce(ctx context.Context, hard []step) error {
	dialect := sqliteDialect
	if d.Engine() == "postgres" {
		dialect = postgresDialect
	}
	until := Millis(d.Now().Add(announced))
	_, _, err := d.engine.write(ctx, false, func(s session) error {
		if _, err := s.run(statement{query: dialect(createNeeds)}); err != nil {
			return s.translate(err)
		}
		for _, step := range hard {
			if _, err := s.run(statement{query: writeNeed, args: []any{step.name, step.needs(), until}}); err != nil {
				return s.translate(err)
			}
		}
		return nil
	})
	return err
}

// renew keeps an announcement up until stop is called, which takes it back unless the migrations have been applied.
func (d *DB) renew(hard []step) (stop func()) {
	each := func(query string, args ...any) {
		ctx, cancel := context.WithTimeout(context.Background(), announced)
		defer cancel()
		_, _, _ = d.engine.write(ctx, false, func(s session) error { // what is not renewed ends by itself
			for _, step := range hard {
				if _, err := s.run(statement{query: query, args: append([]any{step.name}, args...)}); err != nil {
					return s.translate(err)
				}
			}
			return nil
		})
	}
	stopped, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stopped:
				each(retractNeed)
				return
			case <-time.After(renewedEach):
				now := d.Now()
				each(renewNeed, Millis(now.Add(announced)), Millis(now))
			}
		}
	}()
	return func() { close(stopped); <-ended }
}
