package db

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// lite is the SQLite engine: one writer connection and a few readers on a write-ahead log.
type lite struct {
	address string // for the driver
	writer  writer
	readers chan *liteConn // nil stands for a reader not opened yet
	waits   waits          // for a reader

	closing sync.Once
	gone    chan struct{} // closed when the database is
}

func openSQLite(path string, opts Options) (*lite, error) {
	if path == "" || strings.Contains(path, ":memory:") {
		return nil, errors.New("SQLite needs a file")
	}
	// SQLite creates its log with the mode of the file; only the server's user may read either.
	create := os.O_CREATE
	if opts.ReadOnly {
		create = 0
	}
	file, err := os.OpenFile(path, os.O_RDWR|create, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(file.Close(), oneLog(path)); err != nil {
		return nil, err
	}

	l := &lite{address: fileURL(path), gone: make(chan struct{})}
	l.writer.open = func() (*liteConn, error) { return connect(l.address, writerPragmas(opts)) }
	if !opts.ReadOnly {
		if l.writer.conn, err = l.writer.open(); err != nil {
			return nil, err
		}
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
		busyTimeout, "journal_mode = WAL", "synchronous = " + synchronous,
		"fullfsync = 1", "checkpoint_fullfsync = 1", // macOS: fsync alone stops at the drive's cache
		"temp_store = MEMORY", "cache_size = -16000", "journal_size_limit = 67108864",
		"wal_autocheckpoint = 4000", // pages: 16 MiB of log, so that a page written often is copied back seldom
	}
}

// readerPragmas leave mmap_size alone: SQLite unmaps the whole file whenever another connection has written. With
// sign-ins going on, that costs more than the copies a map saves while the database is small, and about as much when it
// is large.
var readerPragmas = []string{busyTimeout, "query_only = 1", "temp_store = MEMORY", "cache_size = -16000"}

func (l *lite) name() string { return "sqlite" }

func (l *lite) read(ctx context.Context, _ bool, fn func(session) error) (_ cost, err error) {
	if err := ctx.Err(); err != nil {
		return cost{}, context.Cause(ctx)
	}
	conn, err := l.reader(ctx)
	if err != nil {
		return cost{}, err
	}
	defer func() { l.readers <- conn }()
	if conn == nil {
		if conn, err = connect(l.address, readerPragmas); err != nil {
			conn = nil
			return cost{}, err
		}
	}

	if _, err := conn.exec("BEGIN DEFERRED", nil); err != nil {
		return cost{}, conn.translate(err)
	}
	defer func() {
		if _, e := conn.exec("ROLLBACK", nil); e != nil { // should not happen; the connection is replaced
			conn.close()
			conn = nil
		}
	}()
	return cost{}, fn(conn)
}

// reader takes a reader, which is nil if it has not been opened yet.
func (l *lite) reader(ctx context.Context) (conn *liteConn, err error) {
	select {
	case conn = <-l.readers:
		return conn, nil
	default:
	}
	defer l.waits.begin()()
	select {
	case conn = <-l.readers:
		return conn, nil
	case <-l.gone:
		return nil, errClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (l *lite) write(ctx context.Context, soon bool, fn func(session) error) (durable func() error, c cost, err error) {
	durable, err = l.writer.write(ctx, soon, fn)
	return durable, cost{}, err
}

func (l *lite) migrate(ctx context.Context, m migration) error {
	var done []string
	_, err := l.read(ctx, false, func(s session) (err error) {
		done, err = applied(s)
		return err
	})
	if err == nil { // the usual case needs no lock
		missing, err := pending(m.steps, done)
		if err != nil || len(missing) == 0 {
			return err
		}
	}
	_, err = l.writer.write(ctx, false, func(s session) error {
		return m.apply(s, sqliteDialect)
	})
	return err
}

func (l *lite) ping(ctx context.Context) error {
	_, err := l.read(ctx, false, func(s session) error {
		_, err := applied(s)
		return err
	})
	return err
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
	})
	return nil
}
