package iampolicy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// kind is a kind of JSON value.
type kind int

const (
	isNull kind = iota
	isText
	isNumber
	isBool
	isList
	isObject
)

// node is a value of a document, with the place where it stands.
type node struct {
	kind    kind
	start   int // in bytes
	end     int
	text    string // of text, numbers and booleans
	list    []*node
	members []member
}

// member is a member of an object.
type member struct {
	name  string
	start int
	value *node
}

// maxDepth is how deep documents nest; policies need six levels.
const maxDepth = 10

// reader reads a document token by token.
type reader struct {
	text    string
	decoder *json.Decoder
}

// readJSON reads a document whose objects name no member twice.
func readJSON(document string) (*node, error) {
	if !utf8.ValidString(document) {
		return nil, &SyntaxError{Text: "Syntax errors in policy: it is not UTF-8."}
	}
	r := &reader{text: document, decoder: json.NewDecoder(strings.NewReader(document))}
	r.decoder.UseNumber()
	top, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, r.refuse(r.next(), "something follows the policy")
	}
	return top, nil
}

// next is the offset at which the next token begins.
func (r *reader) next() int {
	at := int(r.decoder.InputOffset())
	return at + len(r.text[at:]) - len(strings.TrimLeft(r.text[at:], " \t\r\n,:"))
}

func (r *reader) refuse(at int, reason string, args ...any) error {
	return &SyntaxError{Offset: at, Text: "Syntax errors in policy: " + fmt.Sprintf(reason, args...) + "."}
}

func (r *reader) token() (json.Token, int, error) {
	start := r.next()
	token, err := r.decoder.Token()
	if err != nil {
		return nil, start, r.refuse(start, "it is not JSON")
	}
	return token, start, nil
}

func (r *reader) value(depth int) (*node, error) {
	token, start, err := r.token()
	if err != nil {
		return nil, err
	}
	n := &node{start: start}
	switch token := token.(type) {
	case string:
		n.kind, n.text = isText, token
	case json.Number:
		n.kind, n.text = isNumber, token.String()
	case bool:
		n.kind, n.text = isBool, fmt.Sprint(token)
	case json.Delim:
		if depth == maxDepth {
			return nil, r.refuse(start, "it nests too deep")
		}
		if token == '[' {
			err = r.items(n, depth)
		} else {
			err = r.object(n, depth)
		}
		if err != nil {
			return nil, err
		}
	}
	n.end = int(r.decoder.InputOffset())
	return n, nil
}

func (r *reader) items(n *node, depth int) error {
	n.kind = isList
	for r.decoder.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.list = append(n.list, item)
	}
	_, _, err := r.token()
	return err
}

func (r *reader) object(n *node, depth int) error {
	n.kind = isObject
	seen := map[string]bool{}
	for r.decoder.More() {
		token, start, err := r.token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // the decoder takes nothing else for a name
		if seen[name] {
			return r.refuse(start, "the key %q stands twice", name)
		}
		seen[name] = true
		value, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.members = append(n.members, member{name: name, start: start, value: value})
	}
	_, _, err := r.token()
	return err
}

// Length is the number of characters of a document as limits count them: without white space.
func Length(document string) int {
	n := 0
	for _, c := range document {
		if !strings.ContainsRune(" \t\r\n", c) {
			n++
		}
	}
	return n
}
