package awsquery

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"cardea/spec/awsjson"
)

// Bounds of a request. Requests of SDKs are far below.
const (
	MaxParameters = 1000
	MaxDepth      = 32 // parts of a parameter's name
)

// Parameters are those of one request.
type Parameters struct {
	root node
}

// node is the part of a parameter's name between two dots: the value of the parameter that ends here, and the parts that
// follow.
type node struct {
	value    string
	given    bool
	children map[string]*node
}

// Parse reads parameters as a form or the query of a URL has them. It refuses, as malformed, what no SDK sends:
// malformed escapes, duplicate names (two readers could disagree on the request), invalid UTF-8 and U+0000 (no
// database column holds them), and more than MaxParameters names or MaxDepth parts of one.
func Parse(form string) (Parameters, error) {
	var p Parameters
	count := 0
	for pair := range strings.SplitSeq(form, "&") {
		if pair == "" {
			continue
		}
		if count++; count > MaxParameters {
			return Parameters{}, awsjson.Malformed("The request has too many parameters.")
		}
		name, value, _ := strings.Cut(pair, "=")
		name, ok := decode(name)
		if !ok {
			return Parameters{}, awsjson.Malformed("The name of a parameter is malformed.")
		}
		if value, ok = decode(value); !ok {
			return Parameters{}, awsjson.Malformed("The value of a parameter is malformed.")
		}
		if err := p.add(name, value); err != nil {
			return Parameters{}, err
		}
	}
	return p, nil
}

func decode(escaped string) (string, bool) {
	text, err := url.QueryUnescape(escaped)
	return text, err == nil && utf8.ValidString(text) && strings.IndexByte(text, 0) < 0
}

func (p *Parameters) add(name, value string) error {
	n, depth := &p.root, 0
	for part := range strings.SplitSeq(name, ".") {
		if depth++; depth > MaxDepth {
			return awsjson.Malformed("The name of a parameter has too many parts.")
		}
		n = n.child(part)
	}
	if n.given {
		return awsjson.Malformed("A parameter is given twice.")
	}
	n.value, n.given = value, true
	return nil
}

// child is the node of that name below n; it makes one if there is none.
func (n *node) child(name string) *node {
	if n.children == nil {
		n.children = make(map[string]*node)
	}
	c := n.children[name]
	if c == nil {
		c = &node{}
		n.children[name] = c
	}
	return c
}

// Action is the operation that the request names, and Version the version of the service's interface.
func (p *Parameters) Action() string { return p.text("Action") }

// Version is described at Action.
func (p *Parameters) Version() string { return p.text("Version") }

func (p *Parameters) text(name string) string {
	if c := p.root.children[name]; c != nil {
		return c.value
	}
	return ""
}
