package awsjson

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxDetailed = 50   // violations described; all are counted
	maxValue    = 1024 // bytes of a value that a message repeats
)

// report gathers violations and words them as AWS does.
type report struct {
	count int
	text  strings.Builder
}

// add records that the value n at a place violates rule.
func (r *report) add(shape *Shape, n *Node, at place, rule string) {
	r.count++
	if r.count > maxDetailed {
		return
	}
	if r.count > 1 {
		r.text.WriteString("; ")
	}
	r.text.WriteString("Value ")
	switch {
	case n == nil:
		r.text.WriteString("null ")
	case !at.secret && !shape.Sensitive && shape.Kind != Blob:
		r.text.WriteString("'" + shorten(show(n)) + "' ")
	}
	r.text.WriteString("at '" + at.path + "' failed to satisfy constraint: " + rule)
}

// null records that a required member is missing. In the recorded traces the message has "Value null" for identifiers,
// although their values are never shown, and no value for secrets.
func (r *report) null(shape *Shape, at place) {
	if at.secret && !shape.identifies() {
		r.add(shape, &Node{}, at, "Member must not be null")
		return
	}
	r.add(shape, nil, at, "Member must not be null")
}

// identifies reports whether the shape's values are identifiers, as opposed to secrets.
func (s *Shape) identifies() bool { return s.Name == "ClientIdType" || s.Name == "UsernameType" }

func (r *report) problem() error {
	if r.count == 0 {
		return nil
	}
	errors := " validation errors detected: "
	if r.count == 1 {
		errors = " validation error detected: "
	}
	return &Problem{ErrConstraint, strconv.Itoa(r.count) + errors + r.text.String()}
}

// show writes a value as Java writes it. Structures are named only: what is wrong in them is reported by itself.
func show(n *Node) string {
	switch n.Type {
	case Array:
		parts := make([]string, 0, min(len(n.Items), maxDetailed))
		for i := range n.Items[:min(len(n.Items), maxDetailed)] {
			parts = append(parts, showItem(&n.Items[i]))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case Object:
		parts := make([]string, 0, min(len(n.Items), maxDetailed))
		for i := range n.Items[:min(len(n.Items), maxDetailed)] {
			parts = append(parts, n.Keys[i]+"="+showItem(&n.Items[i]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return n.Text
}

func showItem(n *Node) string {
	switch n.Type {
	case Array:
		return "[...]"
	case Object:
		return "{...}"
	case Null:
		return "null"
	}
	return n.Text
}

// shorten cuts a value that is too long to repeat.
func shorten(s string) string {
	if len(s) <= maxValue {
		return s
	}
	cut := maxValue
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}

// rules lists all rules of a list's elements or a map's keys or values, in AWS's order.
func rules(shape *Shape) string {
	var all []string
	what := "length"
	if shape.Kind == Integer || shape.Kind == Long {
		what = "value"
	}
	if shape.Limits&HasMax != 0 {
		all = append(all, maxRule(shape, what))
	}
	if shape.Limits&HasMin != 0 {
		all = append(all, minRule(shape, what))
	}
	if shape.Pattern != nil {
		all = append(all, patternRule(shape))
	}
	if shape.Enum != nil {
		all = append(all, enumRule(shape))
	}
	return strings.Join(all, ", ")
}

func maxRule(shape *Shape, what string) string {
	return "Member must have " + what + " less than or equal to " + strconv.FormatInt(shape.Max, 10)
}

func minRule(shape *Shape, what string) string {
	return "Member must have " + what + " greater than or equal to " + strconv.FormatInt(shape.Min, 10)
}

func patternRule(shape *Shape) string {
	return "Member must satisfy regular expression pattern: " + shape.Pattern.Source
}

func enumRule(shape *Shape) string {
	return "Member must satisfy enum value set: [" + strings.Join(shape.Enum, ", ") + "]"
}
