package db

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"zombiezen.com/go/sqlite"
)

// liteCopy copies rows of a SQLite database.
type liteCopy struct {
	*liteConn
	ctx context.Context
}

// readLite opens a snapshot of a file.
func readLite(ctx context.Context, path string, fn func(source) error) error {
	if err := oneLog(path); err != nil { // also if the file is not there: SQLite would make it
		return fmt.Errorf("open database: %w", err)
	}
	conn, err := connect(fileURL(path), readerPragmas)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer conn.close()
	if _, err := conn.exec("BEGIN DEFERRED", nil); err != nil {
		return fmt.Errorf("begin snapshot: %w", err)
	}
	return fn(&liteCopy{conn, ctx})
}

func (c *liteCopy) rows(t *Table, take func(chunk []byte) error) error {
	s, err := c.prepare("SELECT " + t.names() + ` FROM "` + t.Name + `"`)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }() // its error is also s.err
	if err := s.bind(nil); err != nil {
		return err
	}
	chunk := make([]byte, 0, chunkSize)
	for s.Next() {
		if chunk, err = s.appendTuple(chunk, t); err != nil {
			return err
		}
		if len(chunk) < chunkSize {
			continue
		}
		if err := errors.Join(c.ctx.Err(), take(chunk)); err != nil {
			return err
		}
		chunk = chunk[:0]
	}
	if s.err != nil || len(chunk) == 0 {
		return s.err
	}
	return take(chunk)
}

// appendTuple appends the row at which the statement is. SQLite would keep a value of any type in any column: one that is not of the
// column's is an error.
func (s *liteStmt) appendTuple(b []byte, t *Table) ([]byte, error) {
	b = binary.BigEndian.AppendUint16(b, uint16(len(t.Columns)))
	for i, c := range t.Columns {
		kind := s.stmt.ColumnType(i)
		switch {
		case kind == sqlite.TypeNull:
			b = binary.BigEndian.AppendUint32(b, 0xFFFFFFFF)
		case kind == sqlite.TypeInteger && c.Kind == Integer:
			b = binary.BigEndian.AppendUint32(b, 8)
			b = binary.BigEndian.AppendUint64(b, uint64(s.stmt.ColumnInt64(i)))
		case kind == sqlite.TypeInteger && c.Kind == Boolean:
			b = binary.BigEndian.AppendUint32(b, 1)
			b = append(b, byte(min(1, uint64(s.stmt.ColumnInt64(i)))))
		case kind == sqlite.TypeText && c.Kind == Text, kind == sqlite.TypeBlob && c.Kind == Bytes:
			size := s.stmt.ColumnLen(i)
			b = binary.BigEndian.AppendUint32(b, uint32(size))
			at := len(b)
			b = append(b, make([]byte, size)...)
			s.stmt.ColumnBytes(i, b[at:])
		default:
			return nil, fmt.Errorf("column %s holds a %v, not %s", c.Name, kind, c.Kind)
		}
	}
	return b, nil
}

// building ends the name of a file that is not complete.
const building = ".restoring"

// fillingPragmas: nobody else sees the file before it is complete and on disk.
var fillingPragmas = []string{
	"journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "temp_store = MEMORY", "cache_size = -64000",
}

// fillLite builds a file under another name, and gives it its own once it is complete and on disk.
func fillLite(ctx context.Context, path string, opts Options, fn func(target) error) error {
	if err := vacant(path); err != nil {
		return err
	}
	name := path + building
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there: another restore is under way, or has failed and left it to be removed", name)
	}
	if err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	defer func() {
		_ = file.Close() // it was synced before
		_ = os.Remove(name)
	}()
	if err := buildLite(ctx, name, fn); err != nil {
		return err
	}
	if !opts.Fast {
		if err := file.Sync(); err != nil {
			return fmt.Errorf("write database to disk: %w", err)
		}
	}
	if err := vacant(path); err != nil {
		return err
	}
	if err := os.Link(name, path); err != nil { // which fails when the name is taken
		return fmt.Errorf("name the database: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// vacant answers ErrNotEmpty if there is a database under a name. An empty file is removed.
func vacant(path string) error {
	for _, beside := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + beside); err == nil && info.Size() > 0 {
			return fmt.Errorf("%w: %s is there", ErrNotEmpty, path+beside)
		}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Size() > 0 || !info.Mode().IsRegular():
		return fmt.Errorf("%w: %s is there", ErrNotEmpty, path)
	}
	return os.Remove(path)
}

func buildLite(ctx context.Context, name string, fn func(target) error) error {
	conn, err := connect(fileURL(name), fillingPragmas)
	if err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	defer conn.close()
	if _, err := conn.exec("BEGIN EXCLUSIVE", nil); err != nil {
		return err
	}
	if err := fn(&liteCopy{conn, ctx}); err != nil {
		return err
	}
	_, err = conn.exec("COMMIT", nil)
	return err
}

// syncFolder makes a new name last. Where folders cannot be synced, they need not be.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	_ = folder.Sync()
	return folder.Close()
}

func (c *liteCopy) dialect(ddl string) string { return sqliteDialect(ddl) }

func (c *liteCopy) load(t *Table, next func() ([]byte, error)) error {
	places := strings.Repeat(", ?", len(t.Columns))[2:]
	s, err := c.prepare(`INSERT INTO "` + t.Name + `" (` + t.names() + ") VALUES (" + places + ")")
	if err != nil {
		return err
	}
	bind := func(i int, value []byte, null bool) error { return s.bindValue(t, i, value, null) }
	for {
		chunk, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err := errors.Join(err, c.ctx.Err()); err != nil {
			return err
		}
		for len(chunk) > 0 {
			if chunk, err = t.tuple(chunk, bind); err != nil {
				return err
			}
			for s.err = nil; s.Next(); {
			}
			if err := errors.Join(s.err, s.stmt.Reset()); err != nil {
				return err
			}
		}
	}
}

// bindValue binds a column of a tuple.
func (s *liteStmt) bindValue(t *Table, i int, value []byte, null bool) error {
	if err := t.check(i, value, null); err != nil {
		return err
	}
	switch kind := t.Columns[i].Kind; {
	case null:
		s.stmt.BindNull(i + 1)
	case kind == Text:
		s.stmt.BindText(i+1, string(value))
	case kind == Integer:
		s.stmt.BindInt64(i+1, int64(binary.BigEndian.Uint64(value)))
	case kind == Boolean:
		s.stmt.BindBool(i+1, value[0] == 1)
	default:
		s.stmt.BindBytes(i+1, value)
	}
	return nil
}
