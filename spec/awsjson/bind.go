package awsjson

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
)

// Method makes an Operation's Invoke from a feature's method: it binds, validates and runs.
func Method[I, O any](input *Shape, run func(context.Context, *I) (*O, error)) func(context.Context, Node) (any, error) {
	return func(ctx context.Context, request Node) (any, error) {
		in := new(I)
		if err := Read(input, &request, in); err != nil {
			return nil, err
		}
		out, err := run(ctx, in)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = new(O)
		}
		return out, nil
	}
}

// Command is Method for operations that are modelled without output.
func Command[I any](input *Shape, run func(context.Context, *I) error) func(context.Context, Node) (any, error) {
	return func(ctx context.Context, request Node) (any, error) {
		in := new(I)
		if err := Read(input, &request, in); err != nil {
			return nil, err
		}
		return nil, run(ctx, in)
	}
}

// Read binds the request to the struct that into points at and validates it, in this order: constraints are reported
// only for a request whose types are right.
func Read(input *Shape, request *Node, into any) error {
	if err := Bind(input, request, into); err != nil {
		return err
	}
	return Validate(input, request)
}

// Bind fills the struct that into points at, which was generated from the same model as shape, from the request.
// Member names count exactly as they are written; unknown members are ignored, as AWS ignores them; null is absent.
// A value of the wrong JSON type is a Problem of ErrSyntax.
func Bind(shape *Shape, request *Node, into any) error {
	return bind(shape, request, reflect.ValueOf(into).Elem())
}

func bind(shape *Shape, n *Node, v reflect.Value) error {
	switch shape.Kind {
	case String:
		if n.Type != Text {
			return mismatch(n, "String")
		}
		v.SetString(n.Text)
	case Boolean:
		if n.Type != Bool {
			return mismatch(n, "Boolean")
		}
		direct(v).SetBool(n.Text == "true")
	case Integer, Long:
		number, ok := integer(n, shape.Kind)
		if !ok {
			return mismatch(n, kindName(shape.Kind))
		}
		direct(v).SetInt(number)
	case Timestamp:
		moment, ok := parseTime(n.Text)
		if n.Type != Number || !ok {
			return mismatch(n, "Timestamp")
		}
		v.Set(reflect.ValueOf(&Time{moment}))
	case Blob:
		return bindBlob(n, v)
	case List:
		return bindList(shape, n, v)
	case Map:
		return bindMap(shape, n, v)
	case Structure:
		return bindStructure(shape, n, direct(v))
	case Document:
		return bindDocument(n, v)
	}
	return nil
}

// direct is what v points at, made when there is nothing yet; v itself when it is no pointer.
func direct(v reflect.Value) reflect.Value {
	if v.Kind() != reflect.Pointer {
		return v
	}
	if v.IsNil() {
		v.Set(reflect.New(v.Type().Elem()))
	}
	return v.Elem()
}

func bindStructure(shape *Shape, n *Node, v reflect.Value) error {
	if n.Type != Object {
		return mismatch(n, "Structure")
	}
	for i := range shape.Members {
		member := &shape.Members[i]
		value := n.Given(member.Name)
		if value == nil {
			continue
		}
		if err := bind(member.Shape, value, v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func bindList(shape *Shape, n *Node, v reflect.Value) error {
	if n.Type != Array {
		return mismatch(n, "List")
	}
	list := reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items))
	for i := range n.Items {
		if n.Items[i].Type == Null {
			continue // validation refuses it
		}
		if err := bind(shape.Element, &n.Items[i], list.Index(i)); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

func bindMap(shape *Shape, n *Node, v reflect.Value) error {
	if n.Type != Object {
		return mismatch(n, "Map")
	}
	if shape.Element.Kind == String {
		return bindStrings(n, v)
	}
	m := reflect.MakeMapWithSize(v.Type(), len(n.Items))
	for i := range n.Items {
		if n.Items[i].Type == Null {
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		if err := bind(shape.Element, &n.Items[i], value); err != nil {
			return err
		}
		m.SetMapIndex(reflect.ValueOf(n.Keys[i]), value)
	}
	v.Set(m)
	return nil
}

// bindStrings is bindMap for the commonest maps, without reflection for each entry.
func bindStrings(n *Node, v reflect.Value) error {
	m := make(map[string]string, len(n.Items))
	for i := range n.Items {
		switch value := &n.Items[i]; value.Type {
		case Text:
			m[n.Keys[i]] = value.Text
		case Null:
		default:
			return mismatch(value, "String")
		}
	}
	v.Set(reflect.ValueOf(m))
	return nil
}

func bindBlob(n *Node, v reflect.Value) error {
	if n.Type != Text {
		return mismatch(n, "Blob")
	}
	blob, err := base64.StdEncoding.DecodeString(n.Text)
	if err != nil {
		return Malformed("A blob is not valid base64.")
	}
	v.SetBytes(blob)
	return nil
}

func bindDocument(n *Node, v reflect.Value) error {
	raw := n.Text
	if n.Type == Text {
		quoted, err := json.Marshal(n.Text)
		if err != nil {
			return err
		}
		raw = string(quoted)
	}
	v.SetBytes([]byte(raw))
	return nil
}

// integer is a number's value. 5.0 and 1e2 are integers: some languages have no other numbers.
func integer(n *Node, kind Kind) (int64, bool) {
	if n.Type != Number {
		return 0, false
	}
	number, err := strconv.ParseInt(n.Text, 10, 64)
	if err != nil {
		const exact = 1 << 53
		f, err := strconv.ParseFloat(n.Text, 64)
		if err != nil || f != math.Trunc(f) || math.Abs(f) > exact {
			return 0, false
		}
		number = int64(f)
	}
	if kind == Integer && (number > math.MaxInt32 || number < math.MinInt32) {
		return 0, false
	}
	return number, true
}

// mismatch says what was found in place of what the model wants, in the words of AWS's parser.
func mismatch(n *Node, want string) error {
	switch n.Type {
	case Array:
		return Malformed("Start of list found where not expected.")
	case Object:
		return Malformed("Start of structure or map found where not expected.")
	case Text:
		return Malformed("STRING_VALUE cannot be converted to " + want)
	case Number:
		return Malformed("NUMBER_VALUE cannot be converted to " + want)
	case Bool:
		if n.Text == "true" {
			return Malformed("TRUE_VALUE cannot be converted to " + want)
		}
		return Malformed("FALSE_VALUE cannot be converted to " + want)
	}
	return Malformed("NULL_VALUE cannot be converted to " + want)
}

func kindName(k Kind) string {
	if k == Long {
		return "Long"
	}
	return "Integer"
}
