package awsjson

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Validate walks the request along its shape and answers one Problem of ErrConstraint that names every violated
// constraint, or nil. The request must have bound: its types are not looked at again.
func Validate(shape *Shape, request *Node) error {
	var r report
	r.structure(shape, request, place{})
	return r.problem()
}

// Check validates a request that was not read from the wire, such as one that a page's form makes.
func Check(shape *Shape, request any) error {
	var text bytes.Buffer
	if err := Encode(&text, request); err != nil {
		return err
	}
	tree, err := Parse(text.Bytes())
	if err != nil {
		return err
	}
	return Validate(shape, &tree)
}

// place is where in the request a value stands, and whether something around it is sensitive.
type place struct {
	path   string
	secret bool
}

func (p place) member(m *Member) place {
	if p.path == "" {
		return place{m.Path, p.secret || m.Shape.Sensitive}
	}
	return place{p.path + "." + m.Path, p.secret || m.Shape.Sensitive}
}

// element is the place of a structure in a list. Indexes count from 1, and AWS writes "member" after each.
func (p place) element(i int, shape *Shape) place {
	return place{p.path + "." + strconv.Itoa(i+1) + ".member", p.secret || shape.Sensitive}
}

// entry is the place of a structure in a map.
func (p place) entry(key string, shape *Shape) place {
	return place{p.path + "." + shorten(key) + ".member", p.secret || shape.Sensitive}
}

func (r *report) structure(shape *Shape, n *Node, at place) {
	for i := range shape.Members {
		member := &shape.Members[i]
		value := n.Given(member.Name)
		if value == nil {
			if member.Required {
				r.null(member.Shape, at.member(member))
			}
			continue
		}
		if plain(member.Shape) {
			continue
		}
		r.value(member.Shape, value, at.member(member))
	}
}

// plain reports whether the shape has no rule; most members have none.
func plain(s *Shape) bool {
	return s.Kind < List && s.Limits == 0 && s.Pattern == nil && s.Enum == nil
}

func (r *report) value(shape *Shape, n *Node, at place) {
	switch shape.Kind {
	case String, Integer, Long, Blob:
		r.scalar(shape, n, at)
	case List:
		r.length(shape, int64(len(n.Items)), n, at)
		r.list(shape.Element, n, at)
	case Map:
		r.length(shape, int64(len(n.Items)), n, at)
		r.mapping(shape, n, at)
	case Structure:
		r.structure(shape, n, at)
	}
}

// scalar reports each rule of shape that the value breaks.
func (r *report) scalar(shape *Shape, n *Node, at place) {
	violated(shape, n, func(rule string) { r.add(shape, n, at, rule) })
}

func (r *report) length(shape *Shape, length int64, n *Node, at place) {
	limits(shape, length, "length", func(rule string) { r.add(shape, n, at, rule) })
}

// list reports broken elements: structures each at its own place, everything else once for the whole list, with all
// the rules of its elements.
func (r *report) list(element *Shape, n *Node, at place) {
	broken := false
	for i := range n.Items {
		switch item := &n.Items[i]; {
		case item.Type == Null:
			r.null(element, place{at.path + "." + strconv.Itoa(i+1) + ".member", at.secret || element.Sensitive})
		case element.Kind >= List:
			r.value(element, item, at.element(i, element))
		case !broken:
			broken = breaks(element, item)
		}
	}
	if broken {
		at.secret = at.secret || element.Sensitive
		r.add(element, n, at, "Member must satisfy constraint: ["+rules(element)+"]")
	}
}

func (r *report) mapping(shape *Shape, n *Node, at place) {
	var keys, values bool
	for i := range n.Items {
		key := Node{Type: Text, Text: n.Keys[i]}
		keys = keys || breaks(shape.Key, &key)
		switch item := &n.Items[i]; {
		case item.Type == Null:
		case shape.Element.Kind >= List:
			r.value(shape.Element, item, at.entry(n.Keys[i], shape.Element))
		case !values:
			values = breaks(shape.Element, item)
		}
	}
	at.secret = at.secret || shape.Key.Sensitive || shape.Element.Sensitive
	if keys {
		r.add(shape, n, at, "Map keys must satisfy constraint: ["+rules(shape.Key)+"]")
	}
	if values {
		r.add(shape, n, at, "Map value must satisfy constraint: ["+rules(shape.Element)+"]")
	}
}

// breaks reports whether a value that is no list, map or structure violates any rule of its shape.
func breaks(shape *Shape, n *Node) bool {
	found := false
	if !plain(shape) {
		violated(shape, n, func(string) { found = true })
	}
	return found
}

// violated reports each rule of shape that the scalar n breaks.
func violated(shape *Shape, n *Node, report func(rule string)) {
	switch shape.Kind {
	case Integer, Long:
		number, _ := integer(n, shape.Kind)
		limits(shape, number, "value", report)
	case Blob:
		limits(shape, int64(len(n.Text)/4*3-strings.Count(n.Text, "=")), "length", report)
	case String:
		length := int64(len(n.Text))
		// Characters are counted only if the number of bytes leaves open whether the string keeps its limits.
		if shape.Limits != 0 && (length > shape.Max || length < utf8.UTFMax*shape.Min) {
			length = int64(utf8.RuneCountInString(n.Text))
		}
		limits(shape, length, "length", report)
		if shape.Pattern != nil && !tooLongToMatch(shape, length) && !shape.Pattern.Match(n.Text) {
			report(patternRule(shape))
		}
		if shape.Enum != nil && !has(shape.Enum, n.Text) {
			report(enumRule(shape))
		}
	}
}

// tooLongToMatch reports whether a string is so much longer than allowed that matching it would be wasted work.
func tooLongToMatch(shape *Shape, length int64) bool {
	const slack = 4096
	return shape.Limits&HasMax != 0 && length > shape.Max+slack
}

func limits(shape *Shape, n int64, what string, report func(rule string)) {
	if shape.Limits&HasMax != 0 && n > shape.Max {
		report(maxRule(shape, what))
	}
	if shape.Limits&HasMin != 0 && n < shape.Min {
		report(minRule(shape, what))
	}
}

func has(set []string, value string) bool {
	for _, s := range set {
		if s == value {
			return true
		}
	}
	return false
}
