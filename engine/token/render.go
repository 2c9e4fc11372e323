package token

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"cardea/engine/identity"
	"cardea/engine/trigger"
)

// claims is a JSON object in the making. Rendering by hand keeps the order of real tokens and costs a tenth of a map.
type claims struct {
	b       []byte
	changes *trigger.Claims // nil: none
}

func newClaims(changes *trigger.Claims) *claims {
	return &claims{append(make([]byte, 0, 1024), '{'), changes}
}

// changed tells whether a claim is left out here, because a function has suppressed it or has another value for it.
func (c *claims) changed(name string) bool {
	if c.changes == nil {
		return false
	}
	_, added := c.changes.Add[name]
	return added || c.changes.Suppresses(name)
}

func (c *claims) text(name, value string) {
	if !c.changed(name) {
		c.b = appendText(c.member(name), value)
	}
}

func (c *claims) number(name string, value int64) {
	if !c.changed(name) {
		c.b = strconv.AppendInt(c.member(name), value, 10)
	}
}

func (c *claims) texts(name string, values []string) {
	if c.changed(name) {
		return
	}
	c.b = append(c.member(name), '[')
	for i, value := range values {
		if i > 0 {
			c.b = append(c.b, ',')
		}
		c.b = appendText(c.b, value)
	}
	c.b = append(c.b, ']')
}

// attribute adds a user's attribute.
func (c *claims) attribute(name, value string) {
	if !c.changed(name) {
		c.b = appendAttribute(c.member(name), name, value)
	}
}

// Typed are attributes as ID tokens have them.
func Typed(shown map[string]string) map[string]json.RawMessage {
	typed := make(map[string]json.RawMessage, len(shown))
	for name, value := range shown {
		typed[name] = appendAttribute(nil, name, value)
	}
	return typed
}

// appendAttribute appends the value of an attribute in JSON. All are stored as text; a few are something else in tokens
// (docs/cognito/tokens.md, "ID token").
func appendAttribute(b []byte, name, value string) []byte {
	switch name {
	case "email_verified", "phone_number_verified":
		return strconv.AppendBool(b, value == "true")
	case "address":
		return append(appendText(append(b, `{"formatted":`...), value), '}')
	case identity.Attribute:
		if claim, err := identity.Claim(value); err == nil {
			return append(b, claim...)
		}
	case "updated_at":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return strconv.AppendInt(b, n, 10)
		}
	}
	return appendText(b, value)
}

// end closes the object, with the claims that a function has added.
func (c *claims) end() ([]byte, error) {
	if c.changes != nil {
		for _, name := range slices.Sorted(maps.Keys(c.changes.Add)) {
			value, err := json.Marshal(c.changes.Add[name])
			if err != nil {
				return nil, fmt.Errorf("encode the claim %q: %w", name, err)
			}
			c.b = append(c.member(name), value...)
		}
	}
	return append(c.b, '}'), nil
}

func (c *claims) member(name string) []byte {
	if len(c.b) > 1 {
		c.b = append(c.b, ',')
	}
	return append(appendText(c.b, name), ':')
}

// appendText appends a JSON string, by the library when it holds anything but plain ASCII.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == '"' || s[i] == '\\' {
			return appendEscaped(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendEscaped(b []byte, s string) []byte {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return append(b, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...)
}
