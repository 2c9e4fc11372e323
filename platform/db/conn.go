package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// liteConn is one connection to SQLite with its prepared statements, by the text callers give. It speaks to the driver
// itself: there is nothing to pool, and the locks and conversions of database/sql would add to every statement.
//
// Statements run under context.Background: the driver's answer to cancellation is sqlite3_interrupt, which may undo a
// whole transaction under its owner's feet. Transactions are short; contexts are looked at between statements.
type liteConn struct {
	conn     driver.Conn
	prepared map[string]driver.Stmt
}

// maxPrepared bounds the statements a connection keeps ready.
const maxPrepared = 512

func connect(address string, pragmas []string) (*liteConn, error) {
	conn, err := new(sqlite.Driver).Open(address)
	if err != nil {
		return nil, err
	}
	c := &liteConn{conn: conn, prepared: map[string]driver.Stmt{}}
	for _, pragma := range pragmas {
		if _, err := c.exec("PRAGMA "+pragma, nil); err != nil {
			c.close()
			return nil, fmt.Errorf("PRAGMA %s: %w", pragma, err)
		}
	}
	return c, nil
}

func (c *liteConn) prepare(query string) (driver.Stmt, error) {
	if stmt, found := c.prepared[query]; found {
		return stmt, nil
	}
	if len(c.prepared) >= maxPrepared {
		for text, stmt := range c.prepared {
			_ = stmt.Close() // frees memory, nothing else
			delete(c.prepared, text)
			break
		}
	}
	stmt, err := c.conn.Prepare(numbered(query))
	if err != nil {
		return nil, err
	}
	c.prepared[query] = stmt
	return stmt, nil
}

func (c *liteConn) exec(query string, args []any) (int64, error) {
	stmt, err := c.prepare(query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.(driver.StmtExecContext).ExecContext(context.Background(), ordered(args))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (c *liteConn) query(query string, args []any) (rows, error) {
	stmt, err := c.prepare(query)
	if err != nil {
		return nil, err
	}
	found, err := stmt.(driver.StmtQueryContext).QueryContext(context.Background(), ordered(args))
	if err != nil {
		return nil, err
	}
	return &liteRows{rows: found, values: make([]driver.Value, len(found.Columns()))}, nil
}

// ordered numbers arguments, which are in the plain forms of plainArg.
func ordered(args []any) []driver.NamedValue {
	list := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		list[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
	}
	return list
}

func (c *liteConn) translate(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() {
		case lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_UNIQUE:
			return fmt.Errorf("%w: %w", ErrExists, err)
		}
	}
	return err
}

func (c *liteConn) close() {
	for _, stmt := range c.prepared {
		_ = stmt.Close() // goes with its connection
	}
	_ = c.conn.Close() // nothing uncommitted is worth keeping
}

// liteRows are the rows that a query answers.
type liteRows struct {
	rows   driver.Rows
	values []driver.Value // of the current row
	err    error
}

func (r *liteRows) Next() bool {
	err := r.rows.Next(r.values)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return err == nil
}

func (r *liteRows) Err() error { return r.err }

func (r *liteRows) Close() error { return r.rows.Close() }

func (r *liteRows) Scan(dest ...any) error {
	if len(dest) != len(r.values) {
		return fmt.Errorf("%d destinations for %d columns", len(dest), len(r.values))
	}
	for i, value := range r.values {
		if !assign(dest[i], value) {
			return fmt.Errorf("column %s: cannot store a %T in a %T", r.rows.Columns()[i], value, dest[i])
		}
	}
	return nil
}

// assign stores what SQLite holds in a variable of the kinds that plainArg knows, and reports whether it can.
func assign(dest any, value driver.Value) bool {
	switch d := dest.(type) { // the usual ones, without reflection
	case *string:
		if v, ok := value.(string); ok {
			*d = v
			return true
		}
	case *int64:
		if v, ok := value.(int64); ok {
			*d = v
			return true
		}
	}

	d := reflect.ValueOf(dest).Elem()
	if d.Kind() == reflect.Pointer && value != nil {
		d.Set(reflect.New(d.Type().Elem()))
		return assign(d.Interface(), value)
	}
	return assignKind(d, value)
}

func assignKind(d reflect.Value, value driver.Value) bool {
	fits := false
	switch v := value.(type) {
	case nil:
		if fits = d.Kind() == reflect.Pointer || d.Kind() == reflect.Slice; fits {
			d.SetZero()
		}
	case string:
		if fits = d.Kind() == reflect.String; fits {
			d.SetString(v)
		}
	case []byte:
		if fits = d.Kind() == reflect.Slice && d.Type().Elem().Kind() == reflect.Uint8; fits {
			d.SetBytes(v)
		}
	case float64:
		if fits = d.CanFloat(); fits {
			d.SetFloat(v)
		}
	case int64:
		if d.Kind() == reflect.Bool {
			d.SetBool(v != 0)
			return true
		}
		if fits = d.CanInt() && !d.OverflowInt(v); fits {
			d.SetInt(v)
		}
	}
	return fits
}
