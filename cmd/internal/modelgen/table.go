package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// variable is the name of a shape's row in the validation table.
func variable(shape string) string { return "shape" + shape }

// table writes the validation table: a row for every shape that a request or an answer can hold. Everything in it is laid out by the
// compiler; nothing runs at start-up.
func (m *model) table() (*file, error) {
	asked, set := make(map[string]bool), make(map[string]bool)
	for _, op := range m.operations() {
		m.reach(op.Input, asked)
		m.reach(op.Input, set)
		if op.Output != "" {
			m.reach(op.Output, set)
		}
	}
	f := m.file(awsjsonPath)
	f.line("var (")
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if err := m.row(f, m.Shapes[name], asked[name]); err != nil {
			return nil, fmt.Errorf("shape %s: %w", name, err)
		}
	}
	f.line(")")
	return f, nil
}

var kinds = map[string]string{
	"string": "String", "integer": "Integer", "long": "Long", "boolean": "Boolean", "timestamp": "Timestamp",
	"blob": "Blob", "list": "List", "map": "Map", "structure": "Structure",
}

// row writes the row of a shape. What no request can hold is never validated: its row says what it is made of.
func (m *model) row(f *file, s *shape, asked bool) error {
	kind := kinds[s.Type]
	if s.Document {
		kind = "Document"
	}
	f.line("\t%s = awsjson.Shape{", variable(s.name))
	f.line("\t\tName: %q, Kind: awsjson.%s,", s.name, kind)
	if s.Sensitive {
		f.line("\t\tSensitive: true,")
	}
	if asked {
		limits(f, s)
	}
	if asked && s.Pattern != "" {
		p, err := translate(s.Pattern)
		if err != nil {
			return err
		}
		f.line("\t\tPattern: &awsjson.Pattern{Source: %s, RE2: %s, Class: %t},", quote(s.Pattern), quote(p), class(s.Pattern))
	}
	if len(s.Enum) > 0 {
		f.line("\t\tEnum: []string{%s},", quoted(s.Enum))
	}
	switch s.Type {
	case "list":
		f.line("\t\tElement: &%s,", variable(s.Member.Shape))
	case "map":
		f.line("\t\tKey: &%s, Element: &%s,", variable(s.Key.Shape), variable(s.Value.Shape))
	case "structure":
		m.memberRows(f, s)
	}
	f.line("\t}")
	return nil
}

func limits(f *file, s *shape) {
	switch {
	case s.Min != nil && s.Max != nil:
		f.line("\t\tLimits: awsjson.HasMin | awsjson.HasMax, Min: %d, Max: %d,", *s.Min, *s.Max)
	case s.Min != nil:
		f.line("\t\tLimits: awsjson.HasMin, Min: %d,", *s.Min)
	case s.Max != nil:
		f.line("\t\tLimits: awsjson.HasMax, Max: %d,", *s.Max)
	}
}

func (m *model) memberRows(f *file, s *shape) {
	if len(s.Members) == 0 {
		return
	}
	f.line("\t\tMembers: []awsjson.Member{")
	for _, mem := range s.Members {
		required := ""
		if slices.Contains(s.Required, mem.name) {
			required = ", Required: true"
		}
		f.line("\t\t\t{Name: %q, Path: %q, Shape: &%s%s},", mem.name, lower(mem.name), variable(mem.Shape), required)
	}
	f.line("\t\t},")
}

func quoted(values []string) string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = fmt.Sprintf("%q", v)
	}
	return strings.Join(all, ", ")
}

func quote(s string) string {
	if strings.Contains(s, "`") {
		return fmt.Sprintf("%q", s)
	}
	return "`" + s + "`"
}
