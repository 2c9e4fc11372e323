package backup

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"io"

	"cardea/platform/db"
)

// Writer writes a backup.
type Writer struct {
	Counts []Count // of the tables so far

	packed *gzip.Writer
	out    *bufio.Writer
	sum    hash.Hash
	rows   int64
}

// NewWriter begins a backup. Nothing is whole before End.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	packed, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	b := &Writer{packed: packed, sum: sha256.New()}
	b.out = bufio.NewWriterSize(io.MultiWriter(packed, b.sum), 64<<10)
	if _, err := b.out.WriteString(firstLine); err != nil {
		return nil, err
	}
	return b, b.object(headerRecord, h)
}

// Table begins a table.
func (b *Writer) Table(t *db.Table) error {
	b.Counts = append(b.Counts, Count{Table: t.Name})
	return b.object(tableRecord, t)
}

// Rows adds rows to the table that was begun last, which are n.
func (b *Writer) Rows(chunk []byte, n int64) error {
	b.Counts[len(b.Counts)-1].Rows += n
	return b.record(rowsRecord, chunk)
}

// Done ends a table.
func (b *Writer) Done() error {
	rows := b.Counts[len(b.Counts)-1].Rows
	b.rows += rows
	return b.object(doneRecord, done{rows})
}

// End ends the backup with the proof that seal makes of its digest.
func (b *Writer) End(seal func(digest []byte) []byte) error {
	if err := b.out.Flush(); err != nil {
		return err
	}
	digest := b.sum.Sum(nil)
	if err := b.object(endRecord, end{len(b.Counts), b.rows, digest, seal(digest)}); err != nil {
		return err
	}
	if err := b.out.Flush(); err != nil {
		return err
	}
	return b.packed.Close()
}

func (b *Writer) object(kind byte, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return b.record(kind, text)
}

func (b *Writer) record(kind byte, content []byte) error {
	if len(content) > mostRecord {
		return fmt.Errorf("a row of %d bytes is too large", len(content))
	}
	head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(content)))
	if _, err := b.out.Write(head); err != nil {
		return err
	}
	_, err := b.out.Write(content)
	return err
}
