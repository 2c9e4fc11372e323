package saml

import (
	"strings"
	"time"

	"github.com/beevik/etree"
)

// is reports whether an element has a name in a namespace.
func is(e *etree.Element, space, tag string) bool {
	return e != nil && e.Tag == tag && e.NamespaceURI() == space
}

// children are the elements directly in e that have a name in a namespace.
func children(e *etree.Element, space, tag string) []*etree.Element {
	var all []*etree.Element
	for _, child := range e.ChildElements() {
		if is(child, space, tag) {
			all = append(all, child)
		}
	}
	return all
}

// child is the one element directly in e that has a name in a namespace; nil when there is none.
func child(e *etree.Element, space, tag string) (*etree.Element, error) {
	all := children(e, space, tag)
	if len(all) > 1 {
		return nil, fail(CheckShape, "%s has more than one %s", e.Tag, tag)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all[0], nil
}

// needed is child, which must be there.
func needed(e *etree.Element, space, tag string) (*etree.Element, error) {
	one, err := child(e, space, tag)
	if err == nil && one == nil {
		err = fail(CheckShape, "%s has no %s", e.Tag, tag)
	}
	return one, err
}

// attribute gives the value of an attribute without prefix. (etree's own SelectAttr takes one of any prefix.)
func attribute(e *etree.Element, name string) (string, bool) {
	for _, a := range e.Attr {
		if a.Space == "" && a.Key == name {
			return a.Value, true
		}
	}
	return "", false
}

// value is attribute, empty when there is none.
func value(e *etree.Element, name string) string {
	text, _ := attribute(e, name)
	return text
}

// text is all text in an element that has no elements in it, without white space around it.
func text(e *etree.Element) (string, error) {
	if len(e.ChildElements()) > 0 {
		return "", fail(CheckShape, "%s has elements where text is expected", e.Tag)
	}
	return content(e), nil
}

// content is all text in an element and in those in it, without white space around it.
func content(e *etree.Element) string { return strings.TrimSpace(whole(e)) }

// whole is all text in an element and in those in it.
func whole(e *etree.Element) string {
	var all strings.Builder
	collect(e, &all)
	return all.String()
}

func collect(e *etree.Element, all *strings.Builder) {
	for _, token := range e.Child {
		switch t := token.(type) {
		case *etree.CharData:
			all.WriteString(t.Data)
		case *etree.Element:
			collect(t, all)
		}
	}
}

// textOf is the text of the one element of a name; empty when there is none.
func textOf(e *etree.Element, space, tag string) (string, error) {
	one, err := child(e, space, tag)
	if err != nil || one == nil {
		return "", err
	}
	return text(one)
}

// moment reads an attribute as a time with its zone; zero when there is none.
func moment(e *etree.Element, name string) (time.Time, error) {
	written, ok := attribute(e, name)
	if !ok {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, written)
	if err != nil {
		return time.Time{}, fail(CheckTime, "%s of %s is no time: %.40q", name, e.Tag, written)
	}
	return at.UTC(), nil
}

// each calls visit with an element and everything in it, until visit fails.
func each(e *etree.Element, visit func(*etree.Element) error) error {
	if err := visit(e); err != nil {
		return err
	}
	for _, child := range e.ChildElements() {
		if err := each(child, visit); err != nil {
			return err
		}
	}
	return nil
}
