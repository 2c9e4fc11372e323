package main

import "strings"

// interfaces writes one interface per feature that has built operations, and the API struct that holds them.
func (m *model) interfaces() *file {
	f := m.file()
	for _, feat := range m.Features {
		built := feat.built()
		if len(built) == 0 {
			continue
		}
		f.use("context")
		f.line("// %s is what the feature %s answers.", feat.typeName(), feat.name)
		f.line("type %s interface {", feat.typeName())
		for _, op := range built {
			if op.Output == "" {
				f.line("\t%s(ctx context.Context, in *%s) error", op.Name, op.Input)
				continue
			}
			f.line("\t%s(ctx context.Context, in *%s) (*%s, error)", op.Name, op.Input, op.Output)
		}
		f.line("}\n")
	}

	f.line("// API is the whole service: the features that answer it. Operations of a feature that is nil answer as those that")
	f.line("// are not built.")
	f.line("type API struct {")
	for _, feat := range m.Features {
		if len(feat.built()) > 0 {
			f.line("\t%s %s", feat.typeName(), feat.typeName())
		}
	}
	f.line("}")
	return f
}

// dispatch writes the table of operations.
func (m *model) dispatch() *file {
	f := m.file(awsjsonPath)
	f.line("// Service is the table by which requests find their method.")
	f.line("func (a *API) Service() awsjson.Service {")
	f.line("\toperations := make(map[string]awsjson.Operation, %d)", len(m.Operations))
	for _, feat := range m.Features {
		f.line("\ta.%s(operations)", adder(feat))
	}
	if m.Protocol == "query" {
		f.line("\treturn awsjson.Service{Version: %q, Namespace: %q, SigningName: %q, Operations: operations}", m.Version, m.XMLNamespace, m.SigningName)
	} else {
		f.line("\treturn awsjson.Service{TargetPrefix: %q, SigningName: %q, Operations: operations}", m.TargetPrefix, m.SigningName)
	}
	f.line("}\n")
	for _, feat := range m.Features {
		m.adder(f, feat)
	}
	m.errorLists(f)
	m.categories(f)
	return f
}

func adder(feat *feature) string { return "add" + feat.typeName() }

// adder writes the method that adds a feature's operations: their facts, and their methods when the feature is there.
func (m *model) adder(f *file, feat *feature) {
	f.line("func (a *API) %s(operations map[string]awsjson.Operation) {", adder(feat))
	built := feat.built()
	if len(built) > 0 {
		f.line("\tready := a.%s != nil", feat.typeName())
	}
	for _, op := range feat.operations {
		f.line("\t%s := awsjson.Operation{Name: %q, Feature: %q, Signed: %t, Input: &%s, %sErrors: %s%s}",
			lower(op.Name), op.Name, feat.name, op.Auth == "sigv4", variable(op.Input), op.output(), m.errorList(op), op.literal())
		if op.built {
			how := "Method"
			if op.Output == "" {
				how = "Command"
			}
			f.line("\tif ready {\n\t\t%s.Invoke = awsjson.%s(&%s, a.%s.%s)\n\t}", lower(op.Name), how, variable(op.Input), feat.typeName(), op.Name)
		}
		f.line("\toperations[%q] = %s", op.Name, lower(op.Name))
	}
	f.line("}\n")
}

// output is the shape of an operation's answer, as a field of a composite literal.
func (op *operation) output() string {
	if op.Output == "" {
		return ""
	}
	return "Output: &" + variable(op.Output) + ", "
}

// errorList is the variable with an operation's errors. Operations with the same errors share one.
func (m *model) errorList(op *operation) string {
	key := strings.Join(op.Errors, " ")
	for _, other := range m.operations() {
		if strings.Join(other.Errors, " ") == key {
			return "errors" + other.Name
		}
	}
	panic("an operation is not among the operations")
}

func (m *model) errorLists(f *file) {
	f.line("// What the model lists as each operation's errors; operations with the same list share it.\nvar (")
	for _, op := range m.operations() {
		if m.errorList(op) != "errors"+op.Name {
			continue
		}
		f.line("\terrors%s = []string{", op.Name)
		for _, name := range op.Errors {
			f.line("\t\t%q,", m.Shapes[name].code())
		}
		f.line("\t}")
	}
	f.line(")")
}
