package db

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var embedded embed.FS

// builtin is the product's schema.
var builtin = func() fs.FS {
	sub, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err)
	}
	return sub
}()

// step is one migration file.
type step struct {
	name string
	text string
}

// readSteps lists the migrations in the order of their names.
func readSteps(dir fs.FS) ([]step, error) {
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)

	var steps []step
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step{strings.TrimSuffix(name, ".sql"), string(text)})
	}
	return steps, nil
}

const (
	createApplied = `CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, applied BIGINT NOT NULL);`
	readApplied   = `SELECT name FROM migration`
	writeApplied  = `INSERT INTO migration (name, applied) VALUES ($1, $2)`
)

// unreleased is the first migration of databases that were made before the first release.
const unreleased = "0005_ground"

// pending is the steps that done does not hold. A name in done that is no step's was written by a newer program, or by one
// from before the first release.
func pending(steps []step, done []string) ([]step, error) {
	var unknown []string
	skip := map[string]bool{}
	for _, name := range done {
		skip[name] = true
		switch {
		case knows(steps, name):
		case name == unreleased:
			return nil, ErrUnreleased
		default:
			unknown = append(unknown, name)
		}
	}
	missing := slices.DeleteFunc(slices.Clone(steps), func(s step) bool { return skip[s.name] })
	if len(unknown) > 0 {
		return nil, &newerError{unknown, len(missing) > 0}
	}
	return missing, nil
}

// apply runs the missing migrations inside the transaction s, which must hold the lock.
func apply(s session, dialect func(string) string, steps []step, now time.Time) error {
	for _, table := range []string{createApplied, createNeeds} {
		if _, err := s.run(statement{query: dialect(table)}); err != nil {
			return s.translate(err)
		}
	}
	done, err := applied(s)
	if err != nil {
		return err
	}
	missing, err := pending(steps, done)
	if err != nil {
		return err
	}

	for _, step := range missing {
		for _, text := range statements(step.text) {
			if _, err := s.run(statement{query: dialect(text)}); err != nil {
				return fmt.Errorf("%s: %w", step.name, s.translate(err))
			}
		}
		if _, err := s.run(statement{query: writeApplied, args: []any{step.name, Millis(now)}}); err != nil {
			return s.translate(err)
		}
	}
	for _, step := range missing { // at the end: announcements are renewed until then, in these rows
		if _, err := s.run(statement{query: writeNeed, args: []any{step.name, step.needs(), int64(0)}}); err != nil {
			return s.translate(err)
		}
	}
	return nil
}

// applied lists the migrations that have been applied.
func applied(s session) (names []string, err error) { return texts(s, statement{query: readApplied}) }

// texts runs a query for one column of text.
func texts(s session, st statement) (all []string, err error) {
	var scan error
	st.row = func(row Scanner) bool {
		var one string
		scan = row.Scan(&one)
		all = append(all, one)
		return scan == nil
	}
	if _, err := s.run(st); err != nil {
		return nil, s.translate(err)
	}
	return all, scan
}

// tokens splits DDL into strings, quoted names, comments, semicolons and words.
var tokens = regexp.MustCompile(`(?s)'(?:[^']|'')*'|"[^"]*"|--[^\n]*|/\*.*?\*/|;|\{\{\w+\}\}|\w+|.`)

// statements cuts a migration at its semicolons and drops comments.
func statements(text string) []string {
	var list []string
	var current strings.Builder
	flush := func() {
		if s := strings.TrimSpace(current.String()); s != "" {
			list = append(list, s)
		}
		current.Reset()
	}
	for _, token := range tokens.FindAllString(text, -1) {
		switch {
		case token == ";":
			flush()
		case strings.HasPrefix(token, "--"), strings.HasPrefix(token, "/*"):
			current.WriteByte(' ')
		default:
			current.WriteString(token)
		}
	}
	flush()
	return list
}

func sqliteDialect(ddl string) string {
	return strings.NewReplacer("{{bytes}}", "BLOB", "{{clustered}}", "WITHOUT ROWID").Replace(ddl)
}

func postgresDialect(ddl string) string {
	return tokens.ReplaceAllStringFunc(ddl, func(token string) string {
		switch token {
		case "{{clustered}}":
			return ""
		case "{{bytes}}":
			return "BYTEA"
		case "TEXT":
			return `TEXT COLLATE "C"`
		}
		return token
	})
}
