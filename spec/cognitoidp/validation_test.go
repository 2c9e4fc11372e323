package cognitoidp_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// walker tests one operation's request against every constraint of the model.
type walker struct {
	t       *testing.T
	model   *model
	op      awsjson.Operation
	request map[string]any
	checked int
}

func TestEveryConstraintOfEveryOperationHolds(t *testing.T) {
	t.Parallel()
	m := loadModel(t)
	service := (&cognitoidp.API{}).Service()
	if len(service.Operations) != len(m.operations) {
		t.Errorf("the table has %d operations, the model %d", len(service.Operations), len(m.operations))
	}
	total := 0
	for name, facts := range m.operations {
		op, ok := service.Operations[name]
		if !ok {
			t.Errorf("%s is not in the table", name)
			continue
		}
		if op.Signed != (facts.Auth == "sigv4") || !slices.Equal(op.Errors, facts.Errors) {
			t.Errorf("%s: the table's authorisation or errors are not the model's", name)
		}
		w := &walker{t: t, model: m, op: op, request: m.sample(t, facts.Input, false).(map[string]any)}
		w.accepts("a request with what is required only")
		w.request = m.sample(t, facts.Input, true).(map[string]any)
		w.accepts("a request with everything")
		w.structure(facts.Input, w.request, "", false)
		total += w.checked
	}
	if total < 4000 {
		t.Errorf("only %d constraints were checked", total)
	}
}

// validate is the table's verdict on the request as it stands.
func (w *walker) validate() error {
	w.t.Helper()
	w.checked++
	n := node(w.request)
	return awsjson.Validate(w.op.Input, &n)
}

// node is a sample as the parser would have made it.
func node(value any) awsjson.Node {
	switch v := value.(type) {
	case string:
		return awsjson.Node{Type: awsjson.Text, Text: v}
	case bool:
		return awsjson.Node{Type: awsjson.Bool, Text: strconv.FormatBool(v)}
	case float64, int64:
		return awsjson.Node{Type: awsjson.Number, Text: fmt.Sprint(v)}
	case []any:
		n := awsjson.Node{Type: awsjson.Array}
		for _, item := range v {
			n.Items = append(n.Items, node(item))
		}
		return n
	case map[string]any:
		n := awsjson.Node{Type: awsjson.Object}
		for key, item := range v {
			n.Keys, n.Items = append(n.Keys, key), append(n.Items, node(item))
		}
		return n
	}
	return awsjson.Node{}
}

func (w *walker) accepts(what string) {
	w.t.Helper()
	if err := w.validate(); err != nil {
		w.t.Errorf("%s: %s is refused: %v", w.op.Name, what, err)
	}
}

func (w *walker) refuses(path, rule, secret string) {
	w.t.Helper()
	err := w.validate()
	want := "at '" + path + "' failed to satisfy constraint: " + rule
	if !errors.Is(err, awsjson.ErrConstraint) || !strings.Contains(err.Error(), want) {
		w.t.Errorf("%s: got %v, want …%s", w.op.Name, err, want)
		return
	}
	if secret != "" && strings.Contains(err.Error(), "Value '"+secret) {
		w.t.Errorf("%s: a sensitive value is told: %v", w.op.Name, err)
	}
}

func (w *walker) structure(name string, object map[string]any, path string, secret bool) {
	shape := w.model.shapes[name]
	for member, part := range shape.Members {
		at := strings.ToLower(member[:1]) + member[1:]
		if path != "" {
			at = path + "." + at
		}
		value, present := object[member]
		if !present {
			continue
		}
		restore := func() { object[member] = value }

		if slices.Contains(shape.Required, member) {
			delete(object, member)
			w.refuses(at, "Member must not be null", "")
			object[member] = nil
			w.refuses(at, "Member must not be null", "")
		} else {
			object[member] = nil
			w.accepts("null at " + at)
		}
		restore()
		w.value(part.Shape, at, secret, func(v any) { object[member] = v }, value)
		restore()
	}
}

// value checks the value at a path; set replaces it.
func (w *walker) value(name, path string, secret bool, set func(any), value any) {
	shape := w.model.shapes[name]
	secret = secret || shape.Sensitive
	switch shape.Type {
	case "string":
		w.text(name, path, secret, set)
	case "integer", "long":
		w.number(shape, path, set)
	case "blob":
		w.length(shape, path, func(n int64) { set(base64.StdEncoding.EncodeToString(make([]byte, n))) })
	case "list":
		w.length(shape, path, func(n int64) { set(slices.Repeat(value.([]any)[:1], int(n))) })
		set(value)
		w.list(shape.Member.Shape, path, secret, value.([]any))
	case "map":
		set(value)
		w.mapping(shape, path, secret, value.(map[string]any))
	case "structure":
		w.structure(name, value.(map[string]any), path, secret)
	}
}

func (w *walker) text(name, path string, secret bool, set func(any)) {
	shape := w.model.shapes[name]
	hidden := func(s string) string { return map[bool]string{true: s}[secret] }
	if len(shape.Enum) > 0 {
		for _, value := range shape.Enum {
			set(value)
			w.accepts(value + " at " + path)
		}
		set("x" + shape.Enum[0])
		w.refuses(path, "Member must satisfy enum value set: ["+strings.Join(shape.Enum, ", ")+"]", "")
		set(strings.ToLower(shape.Enum[0]) + "X")
		w.refuses(path, "Member must satisfy enum value set: [", "")
		return
	}
	if shape.Min != nil {
		if shortest, ok := shape.sized(*shape.Min); ok {
			set(shortest)
			w.accepts(fmt.Sprintf("the shortest %s at %s", name, path))
		}
	}
	if shape.Min != nil && *shape.Min > 0 {
		short := strings.Repeat("a", int(*shape.Min-1))
		set(short)
		w.refuses(path, fmt.Sprintf("Member must have length greater than or equal to %d", *shape.Min), hidden(short))
	}
	if shape.Max != nil {
		longest, ok := shape.sized(*shape.Max)
		if !ok {
			w.t.Errorf("no seed makes a %s of %d characters", name, *shape.Max)
		}
		set(longest)
		w.accepts(fmt.Sprintf("the longest %s at %s", name, path))
		long := strings.Repeat("a", int(*shape.Max+1))
		set(long)
		w.refuses(path, fmt.Sprintf("Member must have length less than or equal to %d", *shape.Max), hidden(long[:5]))
	}
	if shape.Pattern != "" {
		if bad, ok := shape.spoiled(w.t, name); ok {
			set(bad)
			w.refuses(path, "Member must satisfy regular expression pattern: "+shape.Pattern, hidden(bad))
		}
	}
}

func (w *walker) number(shape *modelShape, path string, set func(any)) {
	if shape.Min != nil {
		set(*shape.Min)
		w.accepts("the least at " + path)
		set(*shape.Min - 1)
		w.refuses(path, fmt.Sprintf("Member must have value greater than or equal to %d", *shape.Min), "")
	}
	if shape.Max != nil {
		set(*shape.Max)
		w.accepts("the greatest at " + path)
		set(*shape.Max + 1)
		w.refuses(path, fmt.Sprintf("Member must have value less than or equal to %d", *shape.Max), "")
	}
}

// length checks how long a list or blob may be; resize makes it n long.
func (w *walker) length(shape *modelShape, path string, resize func(n int64)) {
	if shape.Min != nil {
		resize(*shape.Min)
		w.accepts("the shortest at " + path)
		if *shape.Min > 0 {
			resize(*shape.Min - 1)
			w.refuses(path, fmt.Sprintf("Member must have length greater than or equal to %d", *shape.Min), "")
		}
	}
	if shape.Max != nil {
		resize(*shape.Max)
		w.accepts("the longest at " + path)
		resize(*shape.Max + 1)
		w.refuses(path, fmt.Sprintf("Member must have length less than or equal to %d", *shape.Max), "")
	}
}

// list checks a list's elements: structures at places of their own, others through the list's.
func (w *walker) list(element, path string, secret bool, list []any) {
	shape := w.model.shapes[element]
	first := list[0]
	defer func() { list[0] = first }()
	if shape.Type == "structure" {
		w.structure(element, first.(map[string]any), path+".1.member", secret || shape.Sensitive)
		return
	}
	if bad, broken := w.broken(shape, element); broken {
		list[0] = bad
		w.refuses(path, "Member must satisfy constraint: [", map[bool]string{true: "["}[secret || shape.Sensitive])
	}
}

func (w *walker) mapping(shape *modelShape, path string, secret bool, entries map[string]any) {
	element := w.model.shapes[shape.Value.Shape]
	for key, value := range entries {
		if element.Type == "structure" {
			w.structure(shape.Value.Shape, value.(map[string]any), path+"."+key+".member", secret)
		} else if bad, broken := w.broken(element, shape.Value.Shape); broken {
			entries[key] = bad
			w.refuses(path, "Map value must satisfy constraint: [", "")
			entries[key] = value
		}
		if bad, broken := w.broken(w.model.shapes[shape.Key.Shape], shape.Key.Shape); broken {
			entries[bad] = value
			w.refuses(path, "Map keys must satisfy constraint: [", "")
			delete(entries, bad)
		}
		return
	}
}

// broken is a string that violates its shape, if any does.
func (w *walker) broken(shape *modelShape, name string) (string, bool) {
	switch {
	case shape.Type != "string":
	case len(shape.Enum) > 0:
		return "not in the set", true
	case shape.Max != nil:
		return strings.Repeat("a", int(*shape.Max+1)), true
	case shape.Pattern != "":
		return shape.spoiled(w.t, name)
	}
	return "", false
}
