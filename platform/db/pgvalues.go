package db

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
)

// Values travel as text, which the server reads as the type that it has found for them, and bytes as they are.
const (
	asText  = 0
	asBytes = 1
)

// column is one of an answer's rows.
type column struct {
	name  string
	bytes bool // of the type BYTEA
	plain bool // its bytes come as they are, not in hexadecimal digits
}

func columnsOf(m *pgproto3.RowDescription) []column {
	list := make([]column, len(m.Fields))
	for i, f := range m.Fields {
		list[i] = column{name: string(f.Name), bytes: f.DataTypeOID == pgtype.ByteaOID, plain: f.Format == asBytes}
	}
	return list
}

// inBytes are the columns when bytes are asked for as they are.
func inBytes(columns []column) []column {
	list := make([]column, len(columns))
	for i, c := range columns {
		c.plain = c.bytes
		list[i] = c
	}
	return list
}

// appendBind writes the message that gives a prepared statement its arguments, in the plain forms of plainArg.
func appendBind(out []byte, p *prepared, args []any) ([]byte, error) {
	if len(args) > math.MaxUint16 {
		return out, fmt.Errorf("%d arguments", len(args))
	}
	out = append(out, 'B')
	begin := len(out)
	out = append(out, 0, 0, 0, 0) // the length, once it is known
	out = append(out, 0)          // the portal without a name
	out = append(out, p.name...)
	out = append(out, 0)

	out = binary.BigEndian.AppendUint16(out, uint16(len(args)))
	for _, arg := range args {
		format := uint16(asText)
		if _, ok := arg.([]byte); ok {
			format = asBytes
		}
		out = binary.BigEndian.AppendUint16(out, format)
	}
	out = binary.BigEndian.AppendUint16(out, uint16(len(args)))
	for i, arg := range args {
		var err error
		if out, err = appendArg(out, arg); err != nil {
			return out, fmt.Errorf("argument %d: %w", i+1, err)
		}
	}

	out = binary.BigEndian.AppendUint16(out, uint16(len(p.columns))) // none: all as text
	for _, c := range p.columns {
		format := uint16(asText)
		if c.plain {
			format = asBytes
		}
		out = binary.BigEndian.AppendUint16(out, format)
	}
	if len(out)-begin > math.MaxInt32 {
		return out, errors.New("the arguments are too long")
	}
	binary.BigEndian.PutUint32(out[begin:], uint32(len(out)-begin))
	return out, nil
}

func appendArg(out []byte, arg any) ([]byte, error) {
	if arg == nil {
		return append(out, 0xff, 0xff, 0xff, 0xff), nil
	}
	begin := len(out)
	out = append(out, 0, 0, 0, 0)
	switch v := arg.(type) {
	case string:
		out = append(out, v...)
	case []byte:
		out = append(out, v...)
	case int64:
		out = strconv.AppendInt(out, v, 10)
	case bool:
		out = strconv.AppendBool(out, v)
	case float64:
		out = strconv.AppendFloat(out, v, 'g', -1, 64)
	default:
		return out, fmt.Errorf("cannot send a %T", arg)
	}
	binary.BigEndian.PutUint32(out[begin:], uint32(len(out)-begin-4))
	return out, nil
}

// pgRow is a row that a query has answered.
type pgRow struct {
	columns []column
	values  [][]byte // nil is NULL
}

func (r *pgRow) Scan(dest ...any) error {
	if len(dest) != len(r.values) || len(dest) != len(r.columns) {
		return fmt.Errorf("%d destinations for %d columns", len(dest), len(r.values))
	}
	for i, d := range dest {
		if err := assign(r.columns[i], r.values[i], reflect.ValueOf(d).Elem()); err != nil {
			return fmt.Errorf("column %s in a %T: %w", r.columns[i].name, d, err)
		}
	}
	return nil
}

var errKind = errors.New("the kind does not fit")

// assign stores a value in a variable of the kinds that plainArg knows.
func assign(c column, value []byte, d reflect.Value) error {
	if value == nil {
		if d.Kind() != reflect.Pointer && d.Kind() != reflect.Slice {
			return errors.New("it is NULL")
		}
		d.SetZero()
		return nil
	}
	switch d.Kind() {
	case reflect.Pointer:
		d.Set(reflect.New(d.Type().Elem()))
		return assign(c, value, d.Elem())
	case reflect.Slice:
		data, err := c.data(value)
		if err != nil || d.Type().Elem().Kind() != reflect.Uint8 {
			return errors.Join(errKind, err)
		}
		d.SetBytes(data)
		return nil
	}
	if c.bytes {
		return errKind
	}
	return assignText(string(value), d)
}

func assignText(text string, d reflect.Value) error {
	switch {
	case d.Kind() == reflect.String:
		d.SetString(text)
	case d.CanInt():
		n, err := strconv.ParseInt(text, 10, d.Type().Bits())
		d.SetInt(n)
		return err
	case d.Kind() == reflect.Bool:
		d.SetBool(text == "t")
		if text != "t" && text != "f" {
			return errKind
		}
	case d.CanFloat():
		f, err := strconv.ParseFloat(text, d.Type().Bits())
		d.SetFloat(f)
		return err
	default:
		return errKind
	}
	return nil
}

// data is a copy of the bytes of a column, nil if there are none.
func (c column) data(value []byte) ([]byte, error) {
	switch {
	case !c.bytes:
		return nil, errKind
	case c.plain && len(value) == 0:
		return nil, nil
	case c.plain:
		return append([]byte(nil), value...), nil
	case len(value) <= 2: // \x
		return nil, nil
	}
	return hex.AppendDecode(nil, value[2:])
}
