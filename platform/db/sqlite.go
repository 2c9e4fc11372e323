package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// lite is the SQLite engine: one writer connection and a few readers on a write-ahead log.
//
// Statements run under context.Background: the driver's answer to cancellation is sqlite3_interrupt, which may undo a
// whole transaction under its owner's feet. Transactions are short; contexts are looked at between statements.
type lite struct {
	pool    *sql.DB
	writer  writer
	readers chan *liteConn // nil stands for a reader not opened yet

	closing sync.Once
	gone    chan struct{} // closed when the database is
	closed  error
}

func openSQLite(ctx context.Context, path string, opts Options) (*lite, error) {
	if path == "" || strings.Contains(path, ":memory:") {
		return nil, errors.New("SQLite needs a file")
	}
	// SQLite makes its log with the mode of the file: nobody else may read either.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}

	pool, err := sql.Open("sqlite", fileURL(path))
	if err != nil {
		return nil, err
	}
	pool.SetMaxIdleConns(0)
	l := &lite{pool: pool, gone: make(chan struct{})}
	l.writer.open = func() (*liteConn, error) { return l.connect(ctx, writerPragmas(opts)) }
	if l.writer.conn, err = l.writer.open(); err != nil {
		_ = pool.Close() // nothing was written
		return nil, err
	}

	count := opts.MaxConns
	if count <= 0 {
		count = min(max(4, 2*runtime.GOMAXPROCS(0)), 16)
	}
	l.readers = make(chan *liteConn, count)
	for range count {
		l.readers <- nil
	}
	return l, nil
}

func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" {
		path = "/" + path
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath()
}

func writerPragmas(opts Options) []string {
	synchronous := "FULL"
	if opts.Fast {
		synchronous = "OFF"
	}
	return []string{
		"busy_timeout = 10000", "journal_mode = WAL", "synchronous = " + synchronous,
		"fullfsync = 1", "checkpoint_fullfsync = 1", // macOS: fsync alone stops at the drive's cache
		"temp_store = MEMORY", "cache_size = -16000", "journal_size_limit = 67108864",
		"wal_autocheckpoint = 4000", // pages: 16 MiB of log, so that a page written often is copied back seldom
	}
}

// readerPragmas leave mmap_size alone: SQLite unmaps the whole file whenever it finds that somebody has written, which
// costs more than the copies that a map saves.
var readerPragmas = []string{"busy_timeout = 10000", "query_only = 1", "temp_store = MEMORY", "cache_size = -16000"}

func (l *lite) connect(ctx context.Context, pragmas []string) (*liteConn, error) {
	conn, err := l.pool.Conn(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	for _, pragma := range pragmas {
		if _, err := conn.ExecContext(context.Background(), "PRAGMA "+pragma); err != nil {
			_ = conn.Close() // the first error matters
			return nil, fmt.Errorf("PRAGMA %s: %w", pragma, err)
		}
	}
	return &liteConn{conn: conn, prepared: map[string]*sql.Stmt{}}, nil
}

func (l *lite) name() string { return "sqlite" }

func (l *lite) read(ctx context.Context, fn func(session) error) (err error) {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	var conn *liteConn
	select {
	case conn = <-l.readers:
	case <-l.gone:
		return errClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { l.readers <- conn }()
	if conn == nil {
		if conn, err = l.connect(ctx, readerPragmas); err != nil {
			conn = nil
			return err
		}
	}

	if _, err := conn.exec("BEGIN DEFERRED", nil); err != nil {
		return conn.translate(err)
	}
	defer func() {
		if _, e := conn.exec("ROLLBACK", nil); e != nil { // should not be; a fresh connection cures it
			conn.close()
			conn = nil
		}
	}()
	return fn(conn)
}

func (l *lite) write(ctx context.Context, fn func(session) error) (int, error) {
	return 0, l.writer.write(ctx, fn)
}

func (l *lite) migrate(ctx context.Context, steps []step, now time.Time) error {
	if done, err := ledger(l.writer.conn); err == nil { // the usual case needs no lock
		missing, err := pending(steps, done)
		if err != nil || len(missing) == 0 {
			return err
		}
	}
	return l.writer.write(ctx, func(s session) error {
		return apply(s, sqliteDialect, steps, now)
	})
}

func (l *lite) ping(ctx context.Context) error {
	return l.read(ctx, func(s session) error {
		_, err := ledger(s)
		return err
	})
}

func (l *lite) close() error {
	l.closing.Do(func() {
		close(l.gone)
		l.writer.close()
		for range cap(l.readers) {
			if conn := <-l.readers; conn != nil {
				conn.close()
			}
		}
		l.closed = l.pool.Close()
	})
	return l.closed
}

// maxPrepared bounds the statements a connection keeps ready.
const maxPrepared = 512

// liteConn is one connection with its prepared statements, by the text callers give.
type liteConn struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
}

func (c *liteConn) prepare(query string) (*sql.Stmt, error) {
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
	stmt, err := c.conn.PrepareContext(context.Background(), numbered(query))
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
	result, err := stmt.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (c *liteConn) query(query string, args []any) (*sql.Rows, error) {
	stmt, err := c.prepare(query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(context.Background(), args...)
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
