package db

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Rows are copied as tuples, in the form of PostgreSQL's binary COPY: the number of columns in two bytes, and for each its length
// in four, or -1 for NULL, and its value. A text and bytes are as they are, an integer is eight bytes, a boolean is one.

// errTuple says that what should be rows is none.
var errTuple = errors.New("the rows are malformed")

// errShort says that a tuple has not ended yet.
var errShort = errors.New("the row is cut")

// tuple cuts the first tuple of a table off b and gives each of its values to take, nil for NULL. It answers errShort when b ends before.
func (t *Table) tuple(b []byte, take func(i int, value []byte, null bool) error) (rest []byte, err error) {
	if len(b) < 2 {
		return nil, errShort
	}
	if int(binary.BigEndian.Uint16(b)) != len(t.Columns) {
		return nil, errTuple
	}
	b = b[2:]
	for i := range t.Columns {
		if len(b) < 4 {
			return nil, errShort
		}
		size := int64(int32(binary.BigEndian.Uint32(b)))
		b = b[4:]
		if size == -1 {
			if err := take(i, nil, true); err != nil {
				return nil, err
			}
			continue
		}
		if size < 0 {
			return nil, errTuple
		}
		if int64(len(b)) < size {
			return nil, errShort
		}
		if err := take(i, b[:size], false); err != nil {
			return nil, err
		}
		b = b[size:]
	}
	return b, nil
}

// Count counts the rows of a chunk and checks that each has values of the table's kinds.
func (t *Table) Count(chunk []byte) (rows int64, err error) {
	for len(chunk) > 0 {
		chunk, err = t.tuple(chunk, t.check)
		if errors.Is(err, errShort) {
			err = errTuple // a chunk has whole rows
		}
		if err != nil {
			return rows, fmt.Errorf("table %s: %w", t.Name, err)
		}
		rows++
	}
	return rows, nil
}

func (t *Table) check(i int, value []byte, null bool) error {
	if null {
		return nil
	}
	good := true
	switch t.Columns[i].Kind {
	case Text:
		good = utf8.Valid(value)
	case Integer:
		good = len(value) == 8
	case Boolean:
		good = len(value) == 1 && value[0] <= 1
	case Bytes:
	default:
		good = false
	}
	if !good {
		return fmt.Errorf("%w: column %s holds no %s", errTuple, t.Columns[i].Name, t.Columns[i].Kind)
	}
	return nil
}
