package main

import (
	"fmt"
	"slices"
)

const (
	awsjsonPath = "cardea/spec/awsjson"
	jsonPath    = "encoding/json"
)

// types writes the structs: one file for each feature's own, and one for what several share.
func (m *model) types() map[string]*file {
	files := make(map[string]*file)
	users := m.users()
	for _, s := range m.shapes() {
		if s.Type != "structure" || s.Document || s.Exception || len(users[s.name]) == 0 {
			continue
		}
		name := "types_shared.gen.go"
		if len(users[s.name]) == 1 {
			name = "types_" + users[s.name][0] + ".gen.go"
		}
		if files[name] == nil {
			files[name] = m.file()
		}
		m.structure(files[name], s)
	}
	return files
}

// users are the features that use each shape.
func (m *model) users() map[string][]string {
	users := make(map[string][]string)
	for _, op := range m.operations() {
		set := make(map[string]bool)
		m.reach(op.Input, set)
		if op.Output != "" {
			m.reach(op.Output, set)
		}
		for name := range set {
			if !slices.Contains(users[name], op.feature.name) {
				users[name] = append(users[name], op.feature.name)
			}
		}
	}
	return users
}

// comment says what a struct is.
func (m *model) comment(s *shape) string {
	for _, op := range m.operations() {
		switch s.name {
		case op.Input:
			return "is what " + op.Name + " is asked."
		case op.Output:
			return "is what " + op.Name + " answers."
		}
	}
	return "is a structure of the service's model."
}

func (m *model) structure(f *file, s *shape) {
	f.line("// %s %s", s.name, m.comment(s))
	if len(s.Members) == 0 {
		f.line("type %s struct{}\n", s.name)
		return
	}
	f.line("type %s struct {", s.name)
	for _, mem := range s.Members {
		target := m.Shapes[mem.Shape]
		boxed := mem.Box || target.Box
		typ := m.goType(f, target, boxed)
		required := slices.Contains(s.Required, mem.name)
		option := ",omitzero"
		if emitted(target, boxed) || required && m.Protocol == "query" && target.Type == "string" {
			option = "" // an empty text in XML, such as the value of a tag, is not an absent one
		}
		note := ""
		if required {
			note = " // required"
		}
		f.line("\t%s %s `json:\"%s%s\"`%s", upper(mem.name), typ, mem.name, option, note)
	}
	f.line("}\n")
}

// emitted reports whether a member is written even when it is zero: a number or boolean that cannot be absent.
func emitted(s *shape, boxed bool) bool {
	switch s.Type {
	case "integer", "long", "boolean":
		return !boxed
	}
	return false
}

// goType is a shape's Go type as a member, element or value.
func (m *model) goType(f *file, s *shape, boxed bool) string {
	pointer := map[bool]string{true: "*"}[boxed]
	switch s.Type {
	case "string":
		return "string"
	case "integer", "long":
		return pointer + "int64"
	case "boolean":
		return pointer + "bool"
	case "timestamp":
		f.use(awsjsonPath)
		return "*awsjson.Time"
	case "blob":
		return "[]byte"
	case "list":
		return "[]" + m.element(f, s.Member)
	case "map":
		return "map[string]" + m.element(f, s.Value)
	case "structure":
		if s.Document {
			f.use(jsonPath)
			return "json.RawMessage"
		}
		return "*" + s.name
	}
	panic(fmt.Sprintf("shape %s has the unknown type %q", s.name, s.Type))
}

// element is the type of a list's elements or a map's values: structures stand there without a pointer.
func (m *model) element(f *file, part *member) string {
	s := m.Shapes[part.Shape]
	if s.Type == "structure" && !s.Document {
		return s.name
	}
	return m.goType(f, s, false)
}
