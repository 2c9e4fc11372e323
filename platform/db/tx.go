package db

import (
	"context"
	"fmt"
	"reflect"
	"time"
)

// Tx is one transaction, valid until the closure it was given to returns, and for one goroutine.
type Tx struct {
	// Now is the moment the transaction began, in UTC and whole milliseconds, so that all rows of one change
	// bear one timestamp.
	Now time.Time

	ctx        context.Context
	db         *DB
	session    session
	writing    bool
	scanning   bool
	statements int   // that have run, or are to
	answered   int   // the first of them, whose answers have come
	ended      bool  // the closure has returned
	failed     error // the first statement that failed: nothing runs after it
	committed  []func()
}

// session is a connection inside a transaction.
type session interface {
	// run runs a statement, after those that have been left for later, and returns how many rows it has affected.
	run(st statement) (int64, error)
	// later has a statement run before the next one, or before the transaction ends.
	later(st statement) error
	// settle runs the statements that have been left for later.
	settle() error
	// translate is told of each error of the others and returns what it means.
	translate(err error) error
}

// statement is one to run.
type statement struct {
	query string
	args  []any                     // in the forms of plainArg
	none  error                     // what it fails with if it affects no row; nil: that is no failure
	row   func(Scanner) (more bool) // takes the rows that it answers; nil: they are not wanted
}

// Scanner is the row a scan function reads its columns from.
type Scanner interface {
	Scan(dest ...any) error
}

// Context is the context the transaction was begun with.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Writable reports whether the transaction may change anything.
func (tx *Tx) Writable() bool { return tx.writing }

// OnCommit registers done to be called after the commit, and only then: by Write before it returns, and after WriteSoon in
// another goroutine.
func (tx *Tx) OnCommit(done func()) { tx.committed = append(tx.committed, done) }

func (tx *Tx) runCommitted() {
	for _, done := range tx.committed {
		done()
	}
}

// Exec runs a statement that answers no rows and returns how many it affected.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	if err := tx.ready(args); err != nil {
		return 0, err
	}
	if !tx.writing {
		return 0, tx.fail(errReading)
	}
	n, err := tx.session.run(statement{query: query, args: args})
	if err != nil {
		return 0, tx.fail(err)
	}
	tx.answered = tx.statements
	return n, nil
}

// Later runs a statement whose result decides nothing in the rest of the closure. On PostgreSQL it travels with the next
// statement that has to be answered, or with COMMIT, so that nobody waits for it. If it fails, nothing after it is done:
// its error is that of the next statement that has to be answered, or else of Write. A closure that tells apart the errors
// of a statement must therefore leave none for later before it that may fail with the same.
func (tx *Tx) Later(query string, args ...any) { tx.later(statement{query: query, args: args}) }

// LaterOne is [Tx.Later] for a statement that must affect a row. If it affects none, the transaction fails with the error
// given: the database itself refuses to go on, so that the row count decides although nobody waits for it. The statement is
// an INSERT, UPDATE or DELETE without RETURNING.
func (tx *Tx) LaterOne(none error, query string, args ...any) {
	tx.later(statement{query: query, args: args, none: none})
}

func (tx *Tx) later(st statement) {
	if tx.ready(st.args) != nil {
		return // every later statement says so, and Write too
	}
	if !tx.writing && st.row == nil {
		_ = tx.fail(errReading) // likewise
		return
	}
	if err := tx.session.later(st); err != nil {
		_ = tx.fail(err) // likewise
	}
}

// One returns the first row that query answers, or [ErrNotFound].
func One[T any](tx *Tx, scan func(Scanner) (T, error), query string, args ...any) (T, error) {
	var row T
	found := false
	err := tx.each(query, args, func(s Scanner) (more bool, err error) {
		found = true
		row, err = scan(s)
		return false, err
	})
	if err == nil && !found {
		err = ErrNotFound
	}
	return row, err
}

// All returns every row that query answers, nil if there is none.
func All[T any](tx *Tx, scan func(Scanner) (T, error), query string, args ...any) ([]T, error) {
	var list []T
	err := tx.each(query, args, func(s Scanner) (bool, error) {
		row, err := scan(s)
		list = append(list, row)
		return true, err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// each calls row for the rows of query until it has enough.
func (tx *Tx) each(query string, args []any, row func(Scanner) (more bool, err error)) error {
	if err := tx.ready(args); err != nil {
		return err
	}
	var scan error
	_, err := tx.session.run(statement{query: query, args: args, row: tx.scanner(&scan, row)})
	if err != nil {
		return tx.fail(err)
	}
	tx.answered = tx.statements
	return scan
}

// scanner makes of a scan function what takes the rows of a statement. Its first error goes to failed.
func (tx *Tx) scanner(failed *error, row func(Scanner) (more bool, err error)) func(Scanner) bool {
	return func(s Scanner) bool {
		tx.scanning = true
		defer func() { tx.scanning = false }()
		more, err := row(s)
		if err != nil {
			*failed = fmt.Errorf("scan: %w", err)
		}
		return more && err == nil
	}
}

// ready says whether the next statement may run, and converts its arguments to the types that both drivers accept.
func (tx *Tx) ready(args []any) error {
	if tx.failed != nil {
		return tx.failed
	}
	if tx.ended {
		return errEnded
	}
	if tx.scanning {
		return tx.fail(errNested)
	}
	if !tx.writing && tx.ctx.Err() != nil {
		return tx.fail(context.Cause(tx.ctx))
	}
	for i, arg := range args {
		plain, err := plainArg(arg)
		if err != nil {
			return tx.fail(fmt.Errorf("argument %d: %w", i+1, err))
		}
		args[i] = plain
	}
	tx.statements++
	return nil
}

func (tx *Tx) fail(err error) error {
	tx.failed = tx.session.translate(err)
	return tx.failed
}

// end is the result of the closure. If the closure has ignored a statement's error, it is that error.
func (tx *Tx) end(err error) error {
	tx.ended = true
	if err == nil {
		return tx.failed
	}
	return err
}

// plainArg turns named and pointed-to values into string, int64, float64, bool, []byte or nil.
func plainArg(arg any) (any, error) {
	switch v := arg.(type) {
	case nil, string, int64, bool:
		return arg, nil
	case []byte:
		if v == nil {
			return nil, nil
		}
		return arg, nil
	case int:
		return int64(v), nil
	}

	v := reflect.ValueOf(arg)
	switch v.Kind() {
	case reflect.String:
		return v.Convert(reflect.TypeFor[string]()).Interface(), nil // as v.String(), but allocates nothing
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return int64(v.Uint()), nil
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Float32, reflect.Float64:
		return v.Float(), nil
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return plainArg(v.Bytes())
		}
	case reflect.Pointer:
		if v.IsNil() {
			return nil, nil
		}
		return plainArg(v.Elem().Interface())
	}
	return nil, fmt.Errorf("cannot store a %T", arg)
}
