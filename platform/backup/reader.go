package backup

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"cardea/platform/db"
)

// Reader reads a backup. Nothing that it gives may be relied on before End has returned nil.
type Reader struct {
	Header Header
	Counts []Count // of the tables so far

	in      *bufio.Reader
	sum     hash.Hash
	content bytes.Buffer
	kind    byte // of the record that was read last
	table   *db.Table
	rows    int64
}

// NewReader begins to read a backup. It answers ErrFormat for what is none.
func NewReader(r io.Reader) (*Reader, error) {
	packed, err := gzip.NewReader(bufio.NewReaderSize(r, 64<<10))
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrFormat, err)
	}
	b := &Reader{in: bufio.NewReaderSize(packed, 64<<10), sum: sha256.New()}
	line := make([]byte, len(firstLine))
	if _, err := io.ReadFull(b.in, line); err != nil || string(line) != firstLine {
		return nil, ErrFormat
	}
	b.sum.Write(line)
	if err := b.read(); err != nil {
		return nil, err
	}
	if b.kind != headerRecord {
		return nil, ErrDamaged
	}
	return b, b.decode(&b.Header)
}

// Next is the next table, whose rows Rows gives; nil: there is none any more.
func (b *Reader) Next() (*db.Table, error) {
	if err := b.read(); err != nil {
		return nil, err
	}
	switch b.kind {
	case tableRecord:
		b.table = &db.Table{}
		if err := b.decode(b.table); err != nil {
			return nil, err
		}
		b.Counts = append(b.Counts, Count{Table: b.table.Name})
		return b.table, nil
	case endRecord:
		return nil, nil
	}
	return nil, ErrDamaged
}

// Rows gives rows of the table in chunks that are valid until the next call, and io.EOF when there are no more.
func (b *Reader) Rows() ([]byte, error) {
	if err := b.read(); err != nil {
		return nil, err
	}
	last := &b.Counts[len(b.Counts)-1]
	switch b.kind {
	case rowsRecord:
		n, err := b.table.Count(b.content.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		last.Rows += n
		b.rows += n
		return b.content.Bytes(), nil
	case doneRecord:
		var d done
		if err := b.decode(&d); err != nil {
			return nil, err
		}
		if d.Rows != last.Rows {
			return nil, fmt.Errorf("%w: table %s has %d rows of %d", ErrDamaged, last.Table, last.Rows, d.Rows)
		}
		return nil, io.EOF
	}
	return nil, ErrDamaged
}

// End checks, once Next has given nil, that the backup is whole and as it was written; unseal opens what was sealed when it was. Without
// unseal, a backup that was made by another than the holder of the master key cannot be told.
func (b *Reader) End(unseal func(proof []byte) (digest []byte, err error)) error {
	var e end
	if err := b.decode(&e); err != nil {
		return err
	}
	digest := b.sum.Sum(nil)
	if b.kind != endRecord || !bytes.Equal(digest, e.SHA256) || e.Tables != len(b.Counts) || e.Rows != b.rows {
		return ErrDamaged
	}
	if _, err := b.in.ReadByte(); !errors.Is(err, io.EOF) { // the checksum of gzip, too
		return ErrDamaged
	}
	if unseal == nil {
		return nil
	}
	proven, err := unseal(e.Proof)
	if err != nil {
		return fmt.Errorf("the backup was not made by a holder of the master key: %w", err)
	}
	if !bytes.Equal(proven, digest) {
		return ErrDamaged
	}
	return nil
}

// read reads a record. All but the last become part of the digest.
func (b *Reader) read() error {
	var head [5]byte
	if _, err := io.ReadFull(b.in, head[:]); err != nil {
		return damaged(err)
	}
	b.kind = head[0]
	size := int64(binary.BigEndian.Uint32(head[1:]))
	if size > mostRecord {
		return ErrDamaged
	}
	b.content.Reset()
	if _, err := io.CopyN(&b.content, b.in, size); err != nil { // it grows with what is there, whatever size says
		return damaged(err)
	}
	if b.kind != endRecord {
		b.sum.Write(head[:])
		b.sum.Write(b.content.Bytes())
	}
	return nil
}

// damaged is what an error of reading means: gzip notices most damage itself.
func damaged(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) {
		return ErrDamaged
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

func (b *Reader) decode(into any) error {
	if err := json.Unmarshal(b.content.Bytes(), into); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}
