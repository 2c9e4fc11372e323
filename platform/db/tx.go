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
	statements int   // that have run
	failed     error // the first statement that failed: nothing runs after it
	committed  []func()
}

// session is a connection inside a transaction.
type session interface {
	exec(query string, args []any) (int64, error)
	query(query string, args []any) (rows, error)
	translate(err error) error
}

// rows are those that a query answers; *sql.Rows are some.
type rows interface {
	Scanner
	Next() bool
	Err() error
	Close() error
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
	n, err := tx.session.exec(query, args)
	if err != nil {
		return 0, tx.fail(err)
	}
	return n, nil
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
func (tx *Tx) each(query string, args []any, row func(Scanner) (more bool, err error)) (err error) {
	if err := tx.ready(args); err != nil {
		return err
	}
	rows, err := tx.session.query(query, args)
	if err != nil {
		return tx.fail(err)
	}
	tx.scanning = true
	defer func() {
		tx.scanning = false
		if e := rows.Close(); e != nil && err == nil {
			err = tx.fail(e)
		}
	}()

	for rows.Next() {
		more, err := row(rows)
		if err != nil {
			return fmt.Errorf("scan: %w", err)
		}
		if !more {
			return nil
		}
	}
	if err := rows.Err(); err != nil {
		return tx.fail(err)
	}
	return nil
}

// ready says whether the next statement may run, and converts its arguments to the types that both drivers accept.
func (tx *Tx) ready(args []any) error {
	if tx.failed != nil {
		return tx.failed
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
