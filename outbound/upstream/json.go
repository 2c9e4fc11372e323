package upstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Bounds of what a provider sends. Claims are few and short; key sets are the longest.
const (
	maxAnswer  = 512 << 10 // bytes of an answer
	maxMembers = 256       // of an object
	maxDepth   = 16
)

// readObject reads a JSON object. Numbers keep their digits. A name that comes twice in an object is an error: which of the two
// counts would depend on the reader, and one who checks must not read another value than one who acts.
func readObject(text []byte) (map[string]any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	value, err := readValue(d, 0)
	if err != nil {
		return nil, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return object, nil
}

func readValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("JSON deeper than %d", maxDepth)
	}
	token, err := d.Token()
	if err != nil {
		return nil, errors.New("not JSON") // the decoder's error quotes the text
	}
	switch token {
	case json.Delim('{'):
		return readMembers(d, depth)
	case json.Delim('['):
		return readElements(d, depth)
	}
	return token, nil
}

func readMembers(d *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, errors.New("not JSON")
		}
		name, ok := token.(string)
		if !ok {
			return nil, errors.New("not JSON")
		}
		if _, twice := object[name]; twice {
			return nil, fmt.Errorf("the JSON name %q comes twice", clean(name))
		}
		if len(object) == maxMembers {
			return nil, fmt.Errorf("more than %d members in a JSON object", maxMembers)
		}
		if object[name], err = readValue(d, depth+1); err != nil {
			return nil, err
		}
	}
	return object, end(d)
}

func readElements(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		value, err := readValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, end(d)
}

// end reads the bracket that ends an object or an array.
func end(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return errors.New("not JSON")
	}
	return nil
}

// text is a member that has to be a string.
func text(object map[string]any, name string) string {
	value, _ := object[name].(string)
	return value
}
