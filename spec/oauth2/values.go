package oauth2

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of parameters, in bytes.
const (
	MaxQuery = 8 << 10 // of a whole query or form, as it is sent
	maxValue = 2 << 10 // of a value in an authorization request, decoded
	maxState = 4 << 10 // of state
	maxPairs = 64
)

// ErrMalformed says that a query or form cannot be read: a wrong escape, text that is not UTF-8 or has a zero byte, or too
// much of it.
var ErrMalformed = errors.New("the parameters are malformed")

// Pair is one parameter.
type Pair struct {
	Name, Value string
}

// Values are the parameters of a query or form, in their order. A parameter without a value counts as omitted (RFC 6749
// §3.1).
type Values struct {
	pairs []Pair
}

// Parse reads a query or form in application/x-www-form-urlencoded.
func Parse(raw string) (Values, error) { return ParseLong(raw, MaxQuery) }

// ParseLong is Parse for what may have more bytes.
func ParseLong(raw string, most int) (Values, error) {
	if len(raw) > most || strings.Count(raw, "&") >= maxPairs {
		return Values{}, ErrMalformed
	}
	var v Values
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, ok := decode(name)
		if !ok {
			return Values{}, ErrMalformed
		}
		if value, ok = decode(value); !ok {
			return Values{}, ErrMalformed
		}
		v.pairs = append(v.pairs, Pair{name, value})
	}
	return v, nil
}

func decode(escaped string) (string, bool) {
	text, err := url.QueryUnescape(escaped)
	if err != nil || !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
		return "", false
	}
	return text, true
}

// Get is the value of a parameter; empty when it is omitted. Of one that is given twice it is the first.
func (v Values) Get(name string) string {
	for _, p := range v.pairs {
		if p.Name == name && p.Value != "" {
			return p.Value
		}
	}
	return ""
}

// Has reports whether a parameter is there, if only without a value.
func (v Values) Has(name string) bool {
	for _, p := range v.pairs {
		if p.Name == name {
			return true
		}
	}
	return false
}

// Repeated reports whether a parameter is given more than once.
func (v Values) Repeated(name string) bool {
	seen := 0
	for _, p := range v.pairs {
		if p.Name == name {
			seen++
		}
	}
	return seen > 1
}

// All are the parameters in their order. They must not be changed.
func (v Values) All() []Pair { return v.pairs }

// Check answers an *Error when any parameter is given more than once.
func (v Values) Check() error {
	for _, p := range v.pairs {
		if v.Repeated(p.Name) {
			return &Error{Code: InvalidRequest}
		}
	}
	return nil
}

// short reports whether no parameter is longer than authorization requests may have it.
func (v Values) short() bool {
	return !slices.ContainsFunc(v.pairs, func(p Pair) bool {
		return len(p.Value) > maxState || len(p.Value) > maxValue && p.Name != "state"
	})
}

// Encode writes the parameters as a query, in their order. Parsed again it gives the same parameters.
func (v Values) Encode() string { return encode(v.pairs) }

// encode writes parameters. A space becomes %20, which all decoders of queries and fragments understand.
func encode(pairs []Pair) string {
	var text strings.Builder
	for i, p := range pairs {
		if i > 0 {
			text.WriteByte('&')
		}
		text.WriteString(escape(p.Name))
		text.WriteByte('=')
		text.WriteString(escape(p.Value))
	}
	return text.String()
}

func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// Without are the parameters but for those of one name.
func (v Values) Without(name string) Values {
	return Values{slices.DeleteFunc(slices.Clone(v.pairs), func(p Pair) bool { return p.Name == name })}
}

// With are the parameters with one that has this value, in the place of any of its name.
func (v Values) With(name, value string) Values {
	return Values{append(v.Without(name).pairs, Pair{name, value})}
}
