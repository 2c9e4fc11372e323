package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
)

// pgCopy copies rows of a PostgreSQL database in one transaction on a connection of its own.
type pgCopy struct {
	ctx  context.Context
	conn *pgx.Conn
	tx   pgx.Tx
}

// copying connects for a copy and begins its transaction.
func copying(ctx context.Context, address string, opts pgx.TxOptions, fn func(*pgCopy) error) error {
	address, _, err := poolSize(address, 1)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "cardea"
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // poolers need not know of prepared statements
	ctx, cancel := context.WithTimeout(ctx, longestCopy)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // which rolls back
	tx, err := conn.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	// A role's own bounds are those of servers; and a copy whose reader has stopped must not hold its snapshot for ever.
	for _, setting := range []string{"statement_timeout = 0", "idle_in_transaction_session_timeout = 900000"} {
		if _, err := tx.Exec(ctx, "SET LOCAL "+setting); err != nil {
			return fmt.Errorf("set %s: %w", setting, err)
		}
	}
	return fn(&pgCopy{ctx, conn, tx})
}

func readPostgres(ctx context.Context, address string, fn func(source) error) error {
	opts := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return copying(ctx, address, opts, func(c *pgCopy) error { return fn(c) })
}

// fillPostgres fills a schema that has no tables. It holds the lock of migrations: servers that start wait for its end.
func fillPostgres(ctx context.Context, address string, fn func(target) error) error {
	return copying(ctx, address, pgx.TxOptions{}, func(c *pgCopy) error {
		if _, err := c.exec("SELECT pg_advisory_xact_lock(7094527, hashtext(current_schema()))", nil); err != nil {
			return err
		}
		var tables int
		err := c.tx.QueryRow(c.ctx, "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()").Scan(&tables)
		if err != nil {
			return err
		}
		if tables > 0 {
			return fmt.Errorf("%w: its schema has %d tables", ErrNotEmpty, tables)
		}
		if err := fn(c); err != nil {
			return err
		}
		return c.tx.Commit(c.ctx)
	})
}

// copyHeader begins a binary COPY: the signature, no flags, no extension. copyTrailer ends it.
var (
	copyHeader  = []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	copyTrailer = []byte{0xff, 0xff}
)

func (c *pgCopy) rows(t *Table, take func(chunk []byte) error) error {
	w := &tupleWriter{table: t, take: take}
	_, err := c.conn.PgConn().CopyTo(c.ctx, w, "COPY "+t.quoted()+" ("+t.names()+") TO STDOUT (FORMAT binary)")
	if w.err != nil {
		return w.err
	}
	if err != nil {
		return err
	}
	return w.end()
}

func (t *Table) quoted() string { return `"` + t.Name + `"` }

// tupleWriter takes the bytes of a binary COPY and hands on whole tuples.
type tupleWriter struct {
	table   *Table
	take    func(chunk []byte) error
	buffer  []byte
	whole   int  // bytes of buffer that are whole tuples
	started bool // the header has come
	ended   bool // the trailer has come
	err     error
}

func (w *tupleWriter) Write(p []byte) (int, error) {
	w.buffer = append(w.buffer, p...)
	if w.err = w.cut(); w.err != nil {
		return 0, w.err
	}
	return len(p), nil
}

// cut finds the tuples that are complete, and hands them on when they are enough.
func (w *tupleWriter) cut() error {
	if !w.started {
		if len(w.buffer) < len(copyHeader) {
			return nil
		}
		if !bytes.HasPrefix(w.buffer, copyHeader) {
			return errTuple
		}
		w.started = true
		w.buffer = append(w.buffer[:0], w.buffer[len(copyHeader):]...)
	}
	for {
		open := w.buffer[w.whole:]
		if bytes.Equal(open, copyTrailer) {
			w.ended = true
			return nil
		}
		rest, err := w.table.tuple(open, func(int, []byte, bool) error { return nil })
		if errors.Is(err, errShort) {
			break
		}
		if err != nil {
			return err
		}
		w.whole = len(w.buffer) - len(rest)
	}
	if w.whole < chunkSize {
		return nil
	}
	return w.flush()
}

func (w *tupleWriter) flush() error {
	if w.whole == 0 {
		return nil
	}
	err := w.take(w.buffer[:w.whole])
	w.buffer = append(w.buffer[:0], w.buffer[w.whole:]...)
	w.whole = 0
	return err
}

func (w *tupleWriter) end() error {
	if !w.ended {
		return errShort
	}
	return w.flush()
}

func (c *pgCopy) dialect(ddl string) string { return postgresDialect(ddl) }

func (c *pgCopy) load(t *Table, next func() ([]byte, error)) error {
	first := true
	count := int64(0)
	r := &chunkReader{next: func() ([]byte, error) {
		if first {
			first = false
			return copyHeader, nil
		}
		chunk, err := next()
		if err != nil {
			return nil, err
		}
		n, err := t.Count(chunk)
		count += n
		return chunk, err
	}}
	tag, err := c.conn.PgConn().CopyFrom(c.ctx, r, "COPY "+t.quoted()+" ("+t.names()+") FROM STDIN (FORMAT binary)")
	if r.err != nil && !errors.Is(r.err, io.EOF) {
		return r.err // the server says only that it was told to stop
	}
	if err == nil && tag.RowsAffected() != count {
		err = fmt.Errorf("%d of %d rows have arrived", tag.RowsAffected(), count)
	}
	return err
}

// chunkReader reads chunks one after another, and the trailer behind the last.
type chunkReader struct {
	next func() ([]byte, error)
	left []byte
	err  error // that has ended it
}

func (r *chunkReader) Read(p []byte) (int, error) {
	for len(r.left) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		if r.left, r.err = r.next(); errors.Is(r.err, io.EOF) {
			r.left = copyTrailer
		} else if r.err != nil {
			return 0, r.err
		}
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

func (c *pgCopy) exec(query string, args []any) (int64, error) {
	tag, err := c.tx.Exec(c.ctx, query, args...)
	return tag.RowsAffected(), err
}

func (c *pgCopy) query(query string, args []any) (rows, error) {
	found, err := c.tx.Query(c.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgCopyRows{found}, nil
}

func (c *pgCopy) translate(err error) error { return err }

// pgCopyRows are rows whose end can be closed as those of other sessions.
type pgCopyRows struct{ pgx.Rows }

func (r pgCopyRows) Close() error {
	r.Rows.Close()
	return r.Err()
}
