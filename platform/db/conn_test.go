package db

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

func newConn(t *testing.T) *liteConn {
	t.Helper()
	conn, err := connect(fileURL(filepath.Join(t.TempDir(), "one.db")), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.close)
	return conn
}

// Those who change a new file to the log at the same time wait for each other, where SQLite itself does not.
func TestManyMayOpenANewFileAtOnce(t *testing.T) {
	t.Parallel()
	for range 100 {
		address := fileURL(filepath.Join(t.TempDir(), "one.db"))
		var group sync.WaitGroup
		for range 16 {
			group.Go(func() {
				c, err := connect(address, writerPragmas(Options{Fast: true}))
				if err != nil {
					t.Error(err)
					return
				}
				c.close()
			})
		}
		group.Wait()
	}
}

// scanOne scans the only column of the first row.
func scanOne(c *liteConn, dest any, query string, args ...any) error {
	rows, err := c.query(query, args)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // the next run shows whether it is ready
	if !rows.Next() {
		return fmt.Errorf("no row: %w", rows.Err())
	}
	return rows.Scan(dest)
}

func TestScanRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	conn := newConn(t)
	var text string
	var small int8
	var yes bool
	var ratio float32
	var data []byte
	var optional *string
	for _, c := range []struct {
		dest  any
		value any
		fits  bool
	}{
		{&text, "a", true},
		{&text, "", true},
		{&text, nil, false},
		{&text, int64(1), false},
		{&text, []byte("a"), false},
		{&small, int64(127), true},
		{&small, int64(128), false},
		{&small, "1", false},
		{&small, 1.0, false},
		{&yes, int64(1), true},
		{&yes, true, true},
		{&yes, "true", false},
		{&ratio, 0.5, true},
		{&ratio, int64(1), false},
		{&data, []byte("a"), true},
		{&data, []byte{}, true},
		{&data, nil, true},
		{&data, "a", false},
		{&optional, nil, true},
		{&optional, "a", true},
		{&optional, int64(1), false},
	} {
		if err := scanOne(conn, c.dest, `SELECT $1`, c.value); (err == nil) != c.fits {
			t.Errorf("a %T in a %T: got %v, fits is %v", c.value, c.dest, err, c.fits)
		}
	}
	if err := scanOne(conn, &text, `SELECT 'a', 'b'`); err == nil {
		t.Error("two columns went into one variable")
	}
}

// A missing argument would be NULL, and the rest of a text after its first statement would not run.
func TestStatementIsOneAndHasAllArguments(t *testing.T) {
	t.Parallel()
	conn := newConn(t)
	for query, args := range map[string][]any{
		`SELECT $1`:           nil,
		`SELECT $2`:           {"a"},
		`SELECT 1`:            {"a"},
		`SELECT 1; SELECT 2`:  nil,
		`SELECT $1, 'a: any'`: {struct{}{}},
	} {
		if _, err := conn.query(query, args); err == nil {
			t.Errorf("%s took %d arguments", query, len(args))
		}
		if _, err := conn.exec(query, args); err == nil {
			t.Errorf("%s ran with %d arguments", query, len(args))
		}
	}
}

func TestFailedStatementRunsAgain(t *testing.T) {
	t.Parallel()
	conn := newConn(t)
	if _, err := conn.exec(`CREATE TABLE t (n INTEGER PRIMARY KEY)`, nil); err != nil {
		t.Fatal(err)
	}
	insert := `INSERT INTO t (n) VALUES ($1)`
	for _, c := range []struct {
		n    int64
		done bool
	}{{1, true}, {1, false}, {2, true}} {
		if _, err := conn.exec(insert, []any{c.n}); (err == nil) != c.done {
			t.Errorf("insert %d: got %v, done is %v", c.n, err, c.done)
		}
	}
}

func TestPreparedStatementsAreBounded(t *testing.T) {
	t.Parallel()
	conn := newConn(t)
	for i := range int64(maxPrepared + 50) {
		var got int64
		if err := scanOne(conn, &got, fmt.Sprintf("SELECT %d", i)); err != nil || got != i {
			t.Fatalf("got %d, %v, want %d", got, err, i)
		}
	}
	if n := len(conn.prepared); n != maxPrepared {
		t.Errorf("got %d prepared statements, want %d", n, maxPrepared)
	}
}
