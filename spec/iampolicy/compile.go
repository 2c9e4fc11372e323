package iampolicy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// compiler makes a Policy from a document.
type compiler struct {
	kind      Kind
	policy    *Policy
	variables bool // of version 2012-10-17
	sids      map[string]bool
}

func refuse(at *node, reason string, args ...any) error {
	return &SyntaxError{Offset: at.start, Text: fmt.Sprintf(reason, args...)}
}

func (c *compiler) compile(top *node) error {
	if top.kind != isObject {
		return refuse(top, "Syntax errors in policy: it is not an object.")
	}
	var statements *node
	for _, m := range top.members {
		switch m.name {
		case "Version":
			if m.value.kind != isText || m.value.text != "2012-10-17" && m.value.text != "2008-10-17" {
				return refuse(m.value, "The policy must contain a valid version string.")
			}
			c.variables = m.value.text == "2012-10-17"
		case "Id":
			if m.value.kind != isText {
				return refuse(m.value, "Syntax errors in policy: Id is not a string.")
			}
		case "Statement":
			statements = m.value
		default:
			return &SyntaxError{Offset: m.start, Text: fmt.Sprintf("Syntax errors in policy: there is no element %q.", m.name)}
		}
	}
	if statements == nil {
		return refuse(top, "Syntax errors in policy: it has no Statement.")
	}
	list := oneOrMore(statements)
	if len(list) == 0 {
		return refuse(statements, "Syntax errors in policy: Statement is empty.")
	}
	c.sids = map[string]bool{}
	for i, n := range list {
		if err := c.add(i, n); err != nil {
			return err
		}
	}
	c.policy.index()
	return nil
}

// add compiles a statement and puts it into the policy.
func (c *compiler) add(number int, n *node) error {
	s, err := c.statement(n)
	if err != nil {
		return err
	}
	s.number, s.start, s.end = number, n.start, n.end
	c.policy.statements = append(c.policy.statements, s)
	if s.allow {
		c.policy.allow.add(s)
	} else {
		c.policy.deny.add(s)
	}
	return nil
}

// index notes the keys that statements use.
func (p *Policy) index() {
	names := map[string]string{}
	note := func(list []string) {
		for _, name := range list {
			if lower := strings.ToLower(name); names[lower] == "" {
				names[lower] = name
			}
		}
	}
	for _, s := range p.statements {
		note(s.variables)
		for _, one := range s.conditions {
			note([]string{one.name})
			note(one.variables)
		}
	}
	for lower := range names {
		p.lowerKeys = append(p.lowerKeys, lower)
	}
	slices.Sort(p.lowerKeys)
	for _, lower := range p.lowerKeys {
		p.keys = append(p.keys, names[lower])
	}
}

// oneOrMore takes a value that may stand alone or in a list.
func oneOrMore(n *node) []*node {
	if n.kind == isList {
		return n.list
	}
	return []*node{n}
}

// texts are the strings of an element that takes one or a list of them.
func texts(name string, n *node) ([]*node, error) {
	list := oneOrMore(n)
	for _, one := range list {
		if one.kind != isText {
			return nil, refuse(one, "Syntax errors in policy: %s is not a string or a list of strings.", name)
		}
	}
	return list, nil
}

var validSid = regexp.MustCompile(`^[0-9A-Za-z]*$`)

func (c *compiler) statement(n *node) (*statement, error) {
	if n.kind != isObject {
		return nil, refuse(n, "Syntax errors in policy: a statement is not an object.")
	}
	elements := map[string]*node{}
	for _, m := range n.members {
		if !slices.Contains([]string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}, m.name) {
			return nil, &SyntaxError{Offset: m.start, Text: fmt.Sprintf("Syntax errors in policy: there is no element %q.", m.name)}
		}
		elements[m.name] = m.value
	}

	s := &statement{}
	for _, step := range []func(*statement, *node, map[string]*node) error{c.head, c.action, c.resource, c.condition, c.trust} {
		if err := step(s, n, elements); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// head reads Sid and Effect.
func (c *compiler) head(s *statement, n *node, elements map[string]*node) error {
	if sid := elements["Sid"]; sid != nil {
		if sid.kind != isText || !validSid.MatchString(sid.text) {
			return refuse(sid, "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
		}
		if sid.text != "" && c.sids[sid.text] {
			return refuse(sid, "Statement IDs (SID) in a single policy must be unique.")
		}
		c.sids[sid.text] = true
	}
	effect := elements["Effect"]
	if effect == nil {
		return refuse(n, "Syntax errors in policy: a statement has no Effect.")
	}
	if effect.kind != isText || effect.text != "Allow" && effect.text != "Deny" {
		return refuse(effect, "Syntax errors in policy: Effect is neither Allow nor Deny.")
	}
	s.allow = effect.text == "Allow"
	return nil
}

// either takes one of two elements that exclude each other.
func either(n *node, elements map[string]*node, name string) (value *node, not bool, err error) {
	value, other := elements[name], elements["Not"+name]
	if value != nil && other != nil {
		return nil, false, refuse(n, "Syntax errors in policy: a statement has both %s and Not%s.", name, name)
	}
	if value == nil {
		return other, other != nil, nil
	}
	return value, false, nil
}

var (
	validVendor = regexp.MustCompile(`^[a-zA-Z0-9-]+$`)
	validAction = regexp.MustCompile(`^[a-zA-Z0-9*?_.-]+$`)
)

func (c *compiler) action(s *statement, n *node, elements map[string]*node) error {
	value, not, err := either(n, elements, "Action")
	if err != nil {
		return err
	}
	if value == nil {
		return refuse(n, "Policy statement must contain actions.")
	}
	list, err := texts("Action", value)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return refuse(value, "Policy statement must contain actions.")
	}
	s.notAction = not
	for _, one := range list {
		if err := c.validAction(one, not); err != nil {
			return err
		}
		p, err := parsePattern(one.text, syntax{wildcards: true, fold: true})
		if err != nil {
			return refuse(one, "Syntax errors in policy: %v.", err)
		}
		s.actions = append(s.actions, p)
	}
	return nil
}

func (c *compiler) validAction(one *node, not bool) error {
	vendor, name, found := strings.Cut(one.text, ":")
	if c.kind == Trust && (not || !strings.EqualFold(vendor, "sts") || !found) {
		return refuse(one, "AssumeRole policy may only specify STS AssumeRole actions.")
	}
	switch {
	case one.text == "*", one.text == "*:*":
		return nil
	case !found:
		return refuse(one, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
	case !validVendor.MatchString(vendor):
		return refuse(one, "Vendor %s is not valid", vendor)
	case !validAction.MatchString(name):
		return refuse(one, "Syntax errors in policy: %q is not an action.", one.text)
	}
	return nil
}

var validPartition = regexp.MustCompile(`^(aws(-[a-z-]+)?|.*[*?].*)$`)

func (c *compiler) resource(s *statement, n *node, elements map[string]*node) error {
	value, not, err := either(n, elements, "Resource")
	if err != nil {
		return err
	}
	if c.kind == Trust {
		if value != nil {
			return refuse(value, "Has prohibited field Resource")
		}
		return nil
	}
	if value == nil {
		return refuse(n, "Policy statement must contain resources.")
	}
	list, err := texts("Resource", value)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return refuse(value, "Policy statement must contain resources.")
	}
	s.notResource = not
	for _, one := range list {
		if err := validResource(one); err != nil {
			return err
		}
		p, err := parsePattern(one.text, syntax{wildcards: true, variables: c.variables, key: func(name string) { s.variables = append(s.variables, name) }})
		if err != nil {
			return refuse(one, "Syntax errors in policy: %v.", err)
		}
		s.resources = append(s.resources, p)
	}
	return nil
}

// validResource takes "*" and ARNs. An ARN may end early with a star, which then stands for all parts that follow.
func validResource(one *node) error {
	if one.text == "*" {
		return nil
	}
	parts := strings.SplitN(one.text, ":", 6)
	last := parts[len(parts)-1]
	if parts[0] != "arn" || len(parts) < 3 || parts[2] == "" || last == "" || len(parts) < 6 && !strings.HasSuffix(last, "*") {
		return refuse(one, `Resource %s must be in ARN format or "*".`, one.text)
	}
	if !validPartition.MatchString(parts[1]) {
		return refuse(one, `Partition "%s" is not valid for resource "%s".`, parts[1], one.text)
	}
	return nil
}
