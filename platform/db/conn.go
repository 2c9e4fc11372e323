package db

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	lib "modernc.org/sqlite/lib"
	"zombiezen.com/go/sqlite"
)

// liteConn is one connection to SQLite with its prepared statements, by the text callers give. It uses SQLite's own
// interface: connections need no pool, and database/sql and its drivers would double the cost of a statement.
//
// Statements are never interrupted: sqlite3_interrupt may roll back a whole transaction.
// Transactions are short; contexts are checked between statements.
type liteConn struct {
	conn     *sqlite.Conn
	prepared map[string]*liteStmt
}

// busyFor is how long a connection waits for a file that others have locked.
const busyFor = 10 * time.Second

// busyTimeout is the pragma by which SQLite itself waits.
var busyTimeout = fmt.Sprintf("busy_timeout = %d", busyFor.Milliseconds())

// maxPrepared bounds the statements a connection keeps ready.
const maxPrepared = 512

func init() {
	lib.PatchIssue199() // Linux on arm64 with pages of 64 KiB: without it SQLite cannot map its log's index
}

func connect(address string, pragmas []string) (*liteConn, error) {
	conn, err := sqlite.OpenConn(address, sqlite.OpenReadWrite, sqlite.OpenCreate, sqlite.OpenURI)
	if err != nil {
		return nil, err
	}
	c := &liteConn{conn: conn, prepared: map[string]*liteStmt{}}
	for _, pragma := range pragmas {
		if err := c.insist("PRAGMA " + pragma); err != nil {
			c.close()
			return nil, fmt.Errorf("PRAGMA %s: %w", pragma, err)
		}
	}
	return c, nil
}

// insist runs a statement again while other connections have locked the file. SQLite itself does not wait for them where it changes to
// the log, whatever busy_timeout says.
func (c *liteConn) insist(query string) error {
	for began := time.Now(); ; time.Sleep(longestPause) {
		_, err := c.exec(query, nil)
		if sqlite.ErrCode(err).ToPrimary() != sqlite.ResultBusy || time.Since(began) > busyFor {
			return err
		}
	}
}

func (c *liteConn) prepare(query string) (*liteStmt, error) {
	if s, found := c.prepared[query]; found {
		return s, nil
	}
	if len(c.prepared) >= maxPrepared {
		for text, s := range c.prepared {
			_ = s.stmt.Finalize() // its error repeats that of the last run
			delete(c.prepared, text)
			break
		}
	}
	stmt, rest, err := c.conn.PrepareTransient(numbered(query)) // not cached by the layer: s keeps it
	if err != nil {
		return nil, err
	}
	if rest > 0 {
		_ = stmt.Finalize() // it never ran
		return nil, fmt.Errorf("more than one statement: %s", query)
	}
	s := &liteStmt{stmt: stmt}
	c.prepared[query] = s
	return s, nil
}

func (c *liteConn) exec(query string, args []any) (int64, error) {
	s, err := c.prepare(query)
	if err != nil {
		return 0, err
	}
	if err := s.bind(args); err != nil {
		return 0, err
	}
	for s.Next() { // to the end, RETURNING or not
	}
	if err := errors.Join(s.err, s.Close()); err != nil {
		return 0, err
	}
	return int64(c.conn.Changes()), nil
}

// run runs a statement and gives its rows to the caller, until there are enough.
func (c *liteConn) run(st statement) (affected int64, err error) {
	if st.row == nil {
		affected, err = c.exec(st.query, st.args)
		if err == nil && affected == 0 {
			err = st.none
		}
		return affected, err
	}
	found, err := c.query(st.query, st.args)
	if err != nil {
		return 0, err
	}
	defer func() {
		if e := found.Close(); err == nil {
			err = e
		}
	}()
	for found.Next() {
		if !st.row(found) {
			return 0, nil
		}
	}
	return 0, found.Err()
}

// later runs a statement at once: there is nothing to be saved.
func (c *liteConn) later(st statement) error {
	_, err := c.run(st)
	return err
}

func (c *liteConn) settle() error { return nil }

func (c *liteConn) query(query string, args []any) (*liteStmt, error) {
	s, err := c.prepare(query)
	if err != nil {
		return nil, err
	}
	if err := s.bind(args); err != nil {
		return nil, err
	}
	return s, nil
}

func (c *liteConn) translate(err error) error {
	switch sqlite.ErrCode(err) {
	case sqlite.ResultConstraintPrimaryKey, sqlite.ResultConstraintUnique:
		return fmt.Errorf("%w: %w", ErrExists, err)
	}
	return err
}

func (c *liteConn) close() {
	for _, s := range c.prepared {
		_ = s.stmt.Finalize() // the connection is about to be closed
	}
	_ = c.conn.Close() // the open transaction is rolled back
}

// liteStmt is a prepared statement and, while it runs, the rows it answers.
type liteStmt struct {
	stmt *sqlite.Stmt
	err  error
}

// bind begins a run with arguments in the plain forms of plainArg.
func (s *liteStmt) bind(args []any) error {
	if n := s.stmt.BindParamCount(); n != len(args) {
		return fmt.Errorf("%d arguments for %d placeholders", len(args), n) // the others would be NULL
	}
	s.err = nil
	for i, arg := range args {
		switch v := arg.(type) {
		case nil:
			s.stmt.BindNull(i + 1)
		case string:
			s.stmt.BindText(i+1, v)
		case int64:
			s.stmt.BindInt64(i+1, v)
		case bool:
			s.stmt.BindBool(i+1, v)
		case float64:
			s.stmt.BindFloat(i+1, v)
		case []byte:
			s.stmt.BindBytes(i+1, v)
		default:
			return fmt.Errorf("argument %d: cannot bind a %T", i+1, arg)
		}
	}
	return nil
}

func (s *liteStmt) Next() (more bool) {
	more, s.err = s.stmt.Step()
	return more
}

func (s *liteStmt) Err() error { return s.err }

// Close makes the statement ready for its next run. Without it, its transaction's snapshot would last.
func (s *liteStmt) Close() error {
	if err := s.stmt.Reset(); err != nil {
		return err
	}
	return s.stmt.ClearBindings()
}

func (s *liteStmt) Scan(dest ...any) error {
	if n := s.stmt.ColumnCount(); n != len(dest) {
		return fmt.Errorf("%d destinations for %d columns", len(dest), n)
	}
	for i, d := range dest {
		if !s.assign(i, reflect.ValueOf(d).Elem()) {
			return fmt.Errorf("column %s: cannot store %v in a %T", s.stmt.ColumnName(i), s.stmt.ColumnType(i), d)
		}
	}
	return nil
}

// assign stores a column in a variable of the kinds that plainArg knows, and reports whether it can.
func (s *liteStmt) assign(i int, d reflect.Value) (fits bool) {
	kind := s.stmt.ColumnType(i)
	if d.Kind() == reflect.Pointer && kind != sqlite.TypeNull {
		d.Set(reflect.New(d.Type().Elem()))
		return s.assign(i, d.Elem())
	}
	switch kind {
	case sqlite.TypeNull:
		if fits = d.Kind() == reflect.Pointer || d.Kind() == reflect.Slice; fits {
			d.SetZero()
		}
	case sqlite.TypeText:
		if fits = d.Kind() == reflect.String; fits {
			d.SetString(s.stmt.ColumnText(i))
		}
	case sqlite.TypeBlob:
		if fits = d.Kind() == reflect.Slice && d.Type().Elem().Kind() == reflect.Uint8; fits {
			d.SetBytes(s.blob(i))
		}
	case sqlite.TypeFloat:
		if fits = d.CanFloat(); fits {
			d.SetFloat(s.stmt.ColumnFloat(i))
		}
	case sqlite.TypeInteger:
		v := s.stmt.ColumnInt64(i)
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

// blob is a column's bytes, nil if there are none.
func (s *liteStmt) blob(i int) []byte {
	n := s.stmt.ColumnLen(i)
	if n == 0 {
		return nil
	}
	data := make([]byte, n)
	s.stmt.ColumnBytes(i, data)
	return data
}
