package iampolicy

import (
	"fmt"
	"strings"
)

func (c *compiler) condition(s *statement, _ *node, elements map[string]*node) error {
	block := elements["Condition"]
	if block == nil {
		return nil
	}
	if block.kind != isObject {
		return refuse(block, "Syntax errors in policy: Condition is not an object.")
	}
	seen := map[string]bool{}
	for _, m := range block.members {
		if m.value.kind != isObject {
			return refuse(m.value, "Syntax errors in policy: the condition operator %s has no object of keys.", m.name)
		}
		for _, key := range m.value.members {
			if name := strings.ToLower(m.name + " " + key.name); seen[name] {
				return &SyntaxError{Offset: key.start, Text: fmt.Sprintf("Syntax errors in policy: %s has the key %s twice.", m.name, key.name)}
			} else {
				seen[name] = true
			}
			one, err := c.oneCondition(m, key)
			if err != nil {
				return err
			}
			s.conditions = append(s.conditions, one)
		}
	}
	return nil
}

// oneCondition compiles one key of an operator.
func (c *compiler) oneCondition(m, key member) (condition, error) {
	one := condition{name: key.name, key: strings.ToLower(key.name)}
	if !validKey(key.name) {
		return one, &SyntaxError{Offset: key.start, Text: "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."}
	}
	values, err := conditionValues(key)
	if err != nil {
		return one, err
	}
	if strings.EqualFold(m.name, "Null") {
		one.null = []bool{}
		for _, value := range values {
			absent, ok := parseBool(value.text)
			if !ok {
				return one, refuse(value, "Syntax errors in policy: Null is neither true nor false.")
			}
			one.null = append(one.null, absent)
		}
		return one, nil
	}

	op, err := one.operator(m)
	if err != nil {
		return one, err
	}
	note := func(name string) { one.variables = append(one.variables, name) }
	for _, value := range values {
		compiled, err := op.test(value.text, syntax{variables: c.variables, key: note})
		if err != nil {
			return one, refuse(value, "Syntax errors in policy: %v.", err)
		}
		one.tests = append(one.tests, compiled)
	}
	return one, nil
}

// operator takes the name of an operator apart: a qualifier, the operator, IfExists.
func (one *condition) operator(m member) (operator, error) {
	name := strings.ToLower(m.name)
	if rest, ok := strings.CutPrefix(name, "forallvalues:"); ok {
		name, one.qualifier = rest, forAllValues
	} else if rest, ok := strings.CutPrefix(name, "foranyvalue:"); ok {
		name, one.qualifier = rest, forAnyValue
	}
	name, one.ifExists = strings.CutSuffix(name, "ifexists")
	op, ok := operators[name]
	if !ok {
		return op, &SyntaxError{Offset: m.start, Text: fmt.Sprintf("Invalid Condition type : %s.", m.name)}
	}
	one.negated = op.negated
	return op, nil
}

// conditionValues are the values of a key: strings, numbers and booleans, one or a list.
func conditionValues(key member) ([]*node, error) {
	list := oneOrMore(key.value)
	for _, one := range list {
		if one.kind != isText && one.kind != isNumber && one.kind != isBool {
			return nil, refuse(one, "Syntax errors in policy: a value of %s is not a string, a number or a boolean.", key.name)
		}
	}
	return list, nil
}
