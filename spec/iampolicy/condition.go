package iampolicy

import "slices"

// qualifier says how a condition treats a key with several values.
type qualifier int

const (
	plain qualifier = iota
	forAllValues
	forAnyValue
)

// test compares the value of a key with one value of a policy.
type test interface {
	matches(value string, keys Keys) verdict
}

// condition is one key of one operator.
type condition struct {
	name      string // of the key, as written
	key       string // in lower case
	qualifier qualifier
	ifExists  bool
	negated   bool   // the operator holds if no test matches
	tests     []test // one for each value
	// null is for the operator Null: which answers to "is the key absent?" hold.
	null      []bool
	variables []string // keys that variables of the values name, as written
}

// holds reports whether the condition holds, in a statement that allows or one that denies.
func (c *condition) holds(keys Keys, allow bool) bool {
	values := keys[c.key]
	if c.null != nil {
		return slices.Contains(c.null, len(values) == 0)
	}
	if len(values) == 0 {
		if c.ifExists || c.qualifier == forAllValues {
			return true
		}
		return c.negated && c.qualifier == plain
	}

	// Without a qualifier one value must match a positive operator, and none may match what a negated one names.
	all := c.qualifier == forAllValues || c.qualifier == plain && c.negated
	for _, value := range values {
		if c.holdsFor(value, keys, allow) != all {
			return !all
		}
	}
	return all
}

// holdsFor reports whether the operator holds for one value of the key.
func (c *condition) holdsFor(value string, keys Keys, allow bool) bool {
	result := no
	for _, t := range c.tests {
		switch t.matches(value, keys) {
		case yes:
			return !c.negated
		case unresolved:
			result = unresolved
		}
	}
	if !c.negated {
		return false
	}
	// What is not known to differ: an Allow does not hold for it, a Deny does.
	return result == no || !allow
}
