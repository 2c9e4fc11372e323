package db

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// pgCopy copies rows of a PostgreSQL database in one transaction on a connection of its own.
type pgCopy struct {
	*pgSession
}

// copying connects for a copy and begins its transaction. ctx ends it at once.
func copying(ctx context.Context, address, begin string, fn func(pgCopy) error) error {
	at, err := parseAddress(address, Options{ReadOnly: begin == beginRead})
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	direct, err := pgconn.ConnectConfig(ctx, at.config)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	hijacked, err := direct.Hijack()
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	conn := newPgConn(hijacked, false) // a pooler need not know of prepared statements
	defer conn.close()                 // which rolls back
	if err := conn.net.SetDeadline(time.Now().Add(longestCopy)); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.net.SetDeadline(time.Now()) })()

	c := pgCopy{&pgSession{conn: conn, begin: begin, cost: &cost{}}}
	// A role's own bounds are those of servers; and a copy whose reader has stopped must not hold its snapshot for ever.
	for _, setting := range []string{"statement_timeout = 0", "idle_in_transaction_session_timeout = 900000"} {
		if _, err := c.run(statement{query: "SET LOCAL " + setting}); err != nil {
			return fmt.Errorf("set %s: %w", setting, err)
		}
	}
	if err := fn(c); err != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	return nil
}

func readPostgres(ctx context.Context, address string, fn func(source) error) error {
	return copying(ctx, address, beginRead, func(c pgCopy) error { return fn(c) })
}

// fillPostgres fills a schema that has no tables. It holds the lock of migrations: servers that start wait for its end.
func fillPostgres(ctx context.Context, address string, fn func(target) error) error {
	return copying(ctx, address, beginMigrate, func(c pgCopy) error {
		if _, err := c.run(statement{query: "SELECT pg_advisory_xact_lock(7094527, hashtext(current_schema()))"}); err != nil {
			return err
		}
		var tables int64
		var wrong error
		_, err := c.run(statement{
			query: "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()",
			row:   func(row Scanner) bool { wrong = row.Scan(&tables); return false },
		})
		if err := errors.Join(err, wrong); err != nil {
			return err
		}
		if tables > 0 {
			return fmt.Errorf("%w: its schema has %d tables", ErrNotEmpty, tables)
		}
		if err := fn(c); err != nil {
			return err
		}
		return c.commit()
	})
}

// copyHeader begins a binary COPY: the signature, no flags, no extension. copyTrailer ends it.
var (
	copyHeader  = []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	copyTrailer = []byte{0xff, 0xff}
)

func (c pgCopy) rows(t *Table, take func(chunk []byte) error) error {
	w := &tupleWriter{table: t, take: take}
	if err := c.ask("COPY " + t.quoted() + " (" + t.names() + ") TO STDOUT (FORMAT binary)"); err != nil {
		return err
	}
	if _, err := c.hear(w.write, nil); err != nil {
		return err
	}
	return w.end()
}

// ask sends a statement of the simple protocol.
func (c pgCopy) ask(query string) error {
	if err := c.settle(); err != nil {
		return err
	}
	message, err := (&pgproto3.Query{String: query}).Encode(nil)
	if err != nil {
		return err
	}
	return c.send(message)
}

func (c pgCopy) send(message []byte) error {
	_, err := c.conn.net.Write(message)
	if err != nil {
		c.conn.broken = fmt.Errorf("send: %w", err)
		return c.conn.broken
	}
	return nil
}

// hear reads the answer to a COPY. data takes the rows that the server sends, send is called when it waits for some.
func (c pgCopy) hear(data func([]byte) error, send func() error) (tag string, err error) {
	for {
		message, broken := c.conn.in.Receive()
		if broken != nil {
			c.conn.broken = broken
			return "", errors.Join(err, broken)
		}
		switch m := message.(type) {
		case *pgproto3.CopyData:
			if wrong := data(m.Data); wrong != nil {
				c.conn.broken = wrong // the rest is not read
				return "", wrong
			}
		case *pgproto3.CopyInResponse:
			if wrong := send(); wrong != nil {
				c.conn.broken = wrong
				return "", wrong
			}
		case *pgproto3.CommandComplete:
			tag = string(m.CommandTag)
		case *pgproto3.ErrorResponse:
			err = pgconn.ErrorResponseToPgError(m)
		case *pgproto3.ReadyForQuery:
			return tag, err
		}
	}
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
}

func (w *tupleWriter) write(p []byte) error {
	w.buffer = append(w.buffer, p...)
	return w.cut()
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

func (c pgCopy) dialect(ddl string) string { return postgresDialect(ddl) }

func (c pgCopy) load(t *Table, next func() ([]byte, error)) error {
	if err := c.ask("COPY " + t.quoted() + " (" + t.names() + ") FROM STDIN (FORMAT binary)"); err != nil {
		return err
	}
	var rows int64
	tag, err := c.hear(nil, func() (err error) {
		rows, err = c.sendRows(t, next)
		return err
	})
	if err != nil {
		return err
	}
	if want := fmt.Sprintf("COPY %d", rows); tag != want {
		return fmt.Errorf("the server says %s, not %s", tag, want)
	}
	return nil
}

// sendRows sends what next gives, and the end.
func (c pgCopy) sendRows(t *Table, next func() ([]byte, error)) (rows int64, err error) {
	message := func(data []byte) error {
		c.conn.out = binary.BigEndian.AppendUint32(append(c.conn.out[:0], 'd'), uint32(4+len(data)))
		c.conn.out = append(c.conn.out, data...)
		defer func() { c.conn.out = c.conn.out[:0] }()
		return c.send(c.conn.out)
	}
	if err := message(copyHeader); err != nil {
		return 0, err
	}
	for {
		chunk, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return rows, err
		}
		n, err := t.Count(chunk)
		if err != nil {
			return rows, err
		}
		if err := message(chunk); err != nil {
			return rows, err
		}
		rows += n
	}
	if err := message(copyTrailer); err != nil {
		return rows, err
	}
	return rows, c.send([]byte{'c', 0, 0, 0, 4}) // CopyDone
}
