package awsquery

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"cardea/spec/awsjson"
)

// Envelope is the XML around every answer.
type Envelope struct {
	Namespace string // of the service's XML
	RequestID string
}

// timeLayout is ISO 8601 with milliseconds, as AWS writes it.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Answer adds the answer of an operation to b; out points to its output struct, or is nil for an operation without one.
// After an error b is as it was.
func (e Envelope) Answer(b *bytes.Buffer, operation string, out any) error {
	start := b.Len()
	b.WriteString("<" + operation + "Response")
	e.open(b)
	if out != nil {
		result := operation + "Result"
		b.WriteString("<" + result + ">")
		if err := content(b, reflect.ValueOf(out)); err != nil {
			b.Truncate(start)
			return fmt.Errorf("encode the answer of %s: %w", operation, err)
		}
		b.WriteString("</" + result + ">")
	}
	b.WriteString("<ResponseMetadata>")
	text(b, "RequestId", e.RequestID)
	b.WriteString("</ResponseMetadata></" + operation + "Response>")
	return nil
}

// Fault adds an error to b.
func (e Envelope) Fault(b *bytes.Buffer, fault *awsjson.Fault) {
	kind := "Sender"
	if fault.Status >= 500 {
		kind = "Receiver"
	}
	b.WriteString("<ErrorResponse")
	e.open(b)
	b.WriteString("<Error>")
	text(b, "Type", kind)
	text(b, "Code", fault.Code)
	text(b, "Message", fault.Message)
	b.WriteString("</Error>")
	text(b, "RequestId", e.RequestID)
	b.WriteString("</ErrorResponse>")
}

// open ends the tag of the outermost element.
func (e Envelope) open(b *bytes.Buffer) {
	b.WriteString(` xmlns="`)
	escape(b, e.Namespace)
	b.WriteString(`">`)
}

func text(b *bytes.Buffer, name, value string) {
	b.WriteString("<" + name + ">")
	escape(b, value)
	b.WriteString("</" + name + ">")
}

// escape writes text for XML; characters that XML cannot hold become U+FFFD.
func escape(b *bytes.Buffer, value string) {
	_ = xml.EscapeText(b, []byte(value)) // a buffer takes everything
}

// content writes the content of a value's element: text, or further elements.
func content(b *bytes.Buffer, v reflect.Value) error {
	switch value := v.Interface().(type) {
	case *awsjson.Time:
		b.WriteString(value.UTC().Format(timeLayout))
		return nil
	case []byte:
		b.WriteString(base64.StdEncoding.EncodeToString(value))
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		return content(b, v.Elem())
	case reflect.String:
		escape(b, v.String())
	case reflect.Int64:
		b.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Bool:
		b.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Slice:
		for i := range v.Len() {
			if err := element(b, "member", v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		return entries(b, v)
	case reflect.Struct:
		return members(b, v)
	default:
		return fmt.Errorf("%s is no modelled type", v.Type())
	}
	return nil
}

func element(b *bytes.Buffer, name string, v reflect.Value) error {
	b.WriteString("<" + name + ">")
	if err := content(b, v); err != nil {
		return err
	}
	b.WriteString("</" + name + ">")
	return nil
}

// members writes a struct's fields under the names of their JSON tags, those that are to be left out excepted.
func members(b *bytes.Buffer, v reflect.Value) error {
	for i := range v.NumField() {
		name, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if option == "omitzero" && v.Field(i).IsZero() {
			continue
		}
		if err := element(b, name, v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

// entries writes a map in the order of its keys.
func entries(b *bytes.Buffer, v reflect.Value) error {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		b.WriteString("<entry>")
		text(b, "key", key.String())
		if err := element(b, "value", v.MapIndex(key)); err != nil {
			return err
		}
		b.WriteString("</entry>")
	}
	return nil
}
