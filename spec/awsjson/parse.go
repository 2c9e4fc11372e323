package awsjson

import (
	"strings"
	"unicode/utf8"
)

// Bounds of a request. Requests of SDKs are far below.
const (
	MaxDepth = 32     // objects and arrays within each other
	MaxNodes = 20_000 // values, member names not counted
)

// few is how many members an object is expected to have: room for them is made at once.
const few = 4

// linear is how many members of an object are compared one by one to find duplicates; beyond it a set is made.
const linear = 16

// Parse reads one JSON value and refuses, by a Problem of ErrSyntax, what RFC 8259 does not allow and what no SDK sends
// although it allows it: duplicate member names (two readers could disagree on the request), invalid
// UTF-8 and unpaired surrogates (replacing them would make different strings equal), U+0000 (no database column holds
// it), and more than MaxDepth levels or MaxNodes values. An empty body is an empty object.
func Parse(body []byte) (Node, error) { return ParseWithin(body, Bounds{MaxDepth, MaxNodes}) }

// Bounds are how deeply arrays and objects may be within each other, and how many values there may be.
type Bounds struct{ Depth, Nodes int }

// ParseWithin is Parse with other bounds.
func ParseWithin(body []byte, within Bounds) (Node, error) {
	p := parser{text: string(body), within: within}
	p.space()
	if p.at == len(p.text) {
		return Node{Type: Object, Text: "{}"}, nil
	}

	var root Node
	if !p.value(&root, 0) {
		return Node{}, Malformed(p.problem)
	}
	p.space()
	if p.at != len(p.text) {
		return Node{}, Malformed("Unexpected text after the JSON value.")
	}
	return root, nil
}

// parser reads text from at on. Its methods answer false once problem is set.
type parser struct {
	text    string
	within  Bounds
	at      int
	nodes   int
	problem string
}

func (p *parser) fail(problem string) bool {
	p.problem = problem
	return false
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// peek is the next byte, or 0 at the end. A 0 in the text is an error everywhere.
func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

// value reads one value into n. depth is how many arrays and objects are around it.
func (p *parser) value(n *Node, depth int) bool {
	p.nodes++
	if p.nodes > p.within.Nodes {
		return p.fail("The request has too many values.")
	}
	switch c := p.peek(); {
	case c == '{' || c == '[':
		if depth == p.within.Depth {
			return p.fail("The request is nested too deeply.")
		}
		if c == '{' {
			return p.object(n, depth+1)
		}
		return p.array(n, depth+1)
	case c == '"':
		n.Type = Text
		return p.str(&n.Text)
	case c == '-' || c >= '0' && c <= '9':
		return p.number(n)
	}
	return p.word(n)
}

func (p *parser) object(n *Node, depth int) bool {
	start := p.at
	n.Type = Object
	p.at++ // '{'
	p.space()
	if p.peek() == '}' {
		p.at++
		n.Text = p.text[start:p.at]
		return true
	}

	n.Keys, n.Items = make([]string, 0, few), make([]Node, 0, few)
	var seen map[string]struct{}
	for {
		var key string
		if p.peek() != '"' {
			return p.fail("Expected a member name.")
		}
		if !p.str(&key) {
			return false
		}
		if duplicate(n.Keys, key, &seen) {
			return p.fail("A member name stands twice in one object.")
		}
		n.Keys = append(n.Keys, key)
		p.space()
		if p.peek() != ':' {
			return p.fail("Expected a colon after the member name.")
		}
		p.at++
		p.space()
		n.Items = append(n.Items, Node{})
		if !p.value(&n.Items[len(n.Items)-1], depth) {
			return false
		}
		more, ok := p.next('}')
		if !ok {
			return false
		}
		if !more {
			n.Text = p.text[start:p.at]
			return true
		}
	}
}

// duplicate reports whether key is among keys. Once there are many it keeps them in seen, so that an object of a
// million members costs no more than its length.
func duplicate(keys []string, key string, seen *map[string]struct{}) bool {
	if len(keys) < linear {
		for _, k := range keys {
			if k == key {
				return true
			}
		}
		return false
	}
	if *seen == nil {
		*seen = make(map[string]struct{}, 2*linear)
		for _, k := range keys {
			(*seen)[k] = struct{}{}
		}
	}
	if _, ok := (*seen)[key]; ok {
		return true
	}
	(*seen)[key] = struct{}{}
	return false
}

func (p *parser) array(n *Node, depth int) bool {
	start := p.at
	n.Type = Array
	p.at++ // '['
	p.space()
	if p.peek() == ']' {
		p.at++
		n.Text = p.text[start:p.at]
		return true
	}
	for {
		n.Items = append(n.Items, Node{})
		if !p.value(&n.Items[len(n.Items)-1], depth) {
			return false
		}
		more, ok := p.next(']')
		if !ok {
			return false
		}
		if !more {
			n.Text = p.text[start:p.at]
			return true
		}
	}
}

// next reads the byte after an element: a comma (more is true) or the closing byte end.
func (p *parser) next(end byte) (more, ok bool) {
	p.space()
	switch p.peek() {
	case end:
		p.at++
		return false, true
	case ',':
		p.at++
		p.space()
		return true, true
	}
	return false, p.fail("Expected a comma or the end of the object or array.")
}

func (p *parser) word(n *Node) bool {
	for _, word := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(p.text[p.at:], word) {
			p.at += len(word)
			if word != "null" {
				n.Type, n.Text = Bool, word
			}
			return true
		}
	}
	if p.at == len(p.text) {
		return p.fail("Unexpected end of the request.")
	}
	return p.fail("Unexpected character in the request.")
}

func (p *parser) number(n *Node) bool {
	start := p.at
	if p.peek() == '-' {
		p.at++
	}
	if p.peek() == '0' {
		p.at++
	} else if !p.digits() {
		return p.fail("Malformed number.")
	}
	if p.peek() == '.' {
		p.at++
		if !p.digits() {
			return p.fail("Malformed number.")
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.at++
		if c := p.peek(); c == '+' || c == '-' {
			p.at++
		}
		if !p.digits() {
			return p.fail("Malformed number.")
		}
	}
	n.Type, n.Text = Number, p.text[start:p.at]
	return true
}

// digits reads one or more digits.
func (p *parser) digits() bool {
	start := p.at
	for c := p.peek(); c >= '0' && c <= '9'; c = p.peek() {
		p.at++
	}
	return p.at > start
}

// str reads a string. One without escapes is a part of the text and costs no copy.
func (p *parser) str(into *string) bool {
	p.at++ // '"'
	start, rest := p.at, p.text[p.at:]
	ascii := true
	for i := range len(rest) {
		switch c := rest[i]; {
		case c > '"' && c < utf8.RuneSelf && c != '\\': // first, since most are
		case c == '"':
			*into = rest[:i]
			p.at += i + 1
			if !ascii && !utf8.ValidString(*into) {
				return p.fail("The request is not valid UTF-8.")
			}
			return true
		case c == '\\':
			p.at += i
			return p.escaped(into, start)
		case c < ' ':
			return p.fail("A string has an unescaped control character.")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return p.fail("Unexpected end of the request.")
}
