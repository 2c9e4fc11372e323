package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// permission is a line of authorization.txt.
type permission struct{ action, resource, given, passedTo string }

// readAuthorization reads what callers of signed operations must be allowed: "Operation action resource [if Member] [to host]",
// or "Operation none" and "Operation itself".
func (m *model) readAuthorization(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := m.parseAuthorization(string(text)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (m *model) parseAuthorization(text string) error {
	for _, line := range lines(text) {
		words := strings.Fields(line)
		op := m.Operations[words[0]]
		if op == nil || op.Auth != "sigv4" {
			return fmt.Errorf("%q: the model has no such signed operation", line)
		}
		if len(words) == 2 && (words[1] == "none" || words[1] == "itself") {
			op.exempt = true
			continue
		}
		p, err := m.parsePermission(op, words[1:])
		if err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		op.permissions = append(op.permissions, p)
	}
	for name, op := range m.Operations {
		if op.Auth == "sigv4" && op.exempt != (len(op.permissions) == 0) {
			return fmt.Errorf("operation %s must have permissions, or be exempt from them", name)
		}
	}
	return nil
}

func (m *model) parsePermission(op *operation, words []string) (p permission, err error) {
	if len(words) < 2 || len(words)%2 != 0 || !strings.Contains(words[0], ":") {
		return p, fmt.Errorf("want an action, a resource, and perhaps if and to")
	}
	p.action, p.resource = words[0], words[1]
	for rest := words[2:]; len(rest) > 0; rest = rest[2:] {
		switch rest[0] {
		case "if":
			p.given = rest[1]
		case "to":
			p.passedTo = rest[1]
		default:
			return p, fmt.Errorf("unknown word %s", rest[0])
		}
	}
	if p.given != "" && !m.has(op.Input, p.given) {
		return p, fmt.Errorf("a request has no member %s", p.given)
	}
	return p, m.checkResource(op, p.resource)
}

// placeholder is a part of a resource that a request gives: its kind and what it names.
var placeholder = regexp.MustCompile(`\{(?:(arn|each|group|key|role|url|user|moved):)?([^{}=:]+)(?:=[^{}]+)?\}`)

// checkResource refuses a template whose members the request does not have.
func (m *model) checkResource(op *operation, template string) error {
	for _, found := range placeholder.FindAllStringSubmatch(template, -1) {
		kind, named := found[1], []string{found[2]}
		if kind == "moved" {
			named = []string{upper(found[2]) + "Name", "NewPath", "New" + upper(found[2]) + "Name"}
		}
		for _, path := range named {
			if !m.has(op.Input, path) {
				return fmt.Errorf("a request has no member %s", path)
			}
		}
	}
	if rest := placeholder.ReplaceAllString(template, ""); strings.ContainsAny(rest, "{}") {
		return fmt.Errorf("a part in braces is malformed")
	}
	return nil
}

// has reports whether a shape has the members that a path goes through.
func (m *model) has(shape, path string) bool {
	s := m.Shapes[shape]
	for step := range strings.SplitSeq(path, ".") {
		if s == nil {
			return false
		}
		switch {
		case step == "*" && s.Type == "list":
			s = m.Shapes[s.Member.Shape]
		case step == "*" && s.Type == "map":
			s = m.Shapes[s.Value.Shape]
		default:
			at := slices.IndexFunc(s.Members, func(member member) bool { return member.name == step })
			if at < 0 {
				return false
			}
			s = m.Shapes[s.Members[at].Shape]
		}
	}
	return s != nil
}

// literal is an operation's category and its permissions in Go, as fields of a composite literal.
func (op *operation) literal() string {
	category := ""
	if op.category != "" {
		category = fmt.Sprintf(", Category: %q", op.category)
	}
	if op.exempt {
		return category + ", Exempt: true"
	}
	if len(op.permissions) == 0 {
		return category
	}
	all := make([]string, len(op.permissions))
	for i, p := range op.permissions {
		all[i] = fmt.Sprintf("{Action: %q, Resource: %q", p.action, p.resource)
		if p.given != "" {
			all[i] += fmt.Sprintf(", If: %q", p.given)
		}
		if p.passedTo != "" {
			all[i] += fmt.Sprintf(", PassedTo: %q", p.passedTo)
		}
		all[i] += "}"
	}
	return category + ", Permissions: []awsjson.Permission{" + strings.Join(all, ", ") + "}"
}
