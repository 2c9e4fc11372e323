package userfilter

import (
	"errors"
	"strings"
)

// ErrSyntax says that a filter is not one well-formed condition.
var ErrSyntax = errors.New("userfilter: not a condition of the form attribute = \"value\"")

// Filter is one condition. The zero Filter lets every user through.
type Filter struct {
	Attribute string // as written: "email", "cognito:user_status", "custom:team"
	Prefix    bool   // begins with Value, rather than equals it
	Value     string // unescaped
}

// All reports whether the filter lets every user through.
func (f Filter) All() bool { return f == Filter{} }

// Match reports whether a value fulfils the condition, comparing byte for byte.
func (f Filter) Match(value string) bool {
	if f.Prefix {
		return strings.HasPrefix(value, f.Value)
	}
	return value == f.Value
}

// Parse reads a filter; an empty or blank text is the zero Filter. The only error is ErrSyntax.
func Parse(text string) (Filter, error) {
	rest := trim(text)
	if rest == "" {
		return Filter{}, nil
	}

	name, rest, ok := attribute(rest)
	if !ok {
		return Filter{}, ErrSyntax
	}
	prefix, rest, ok := operator(trim(rest))
	if !ok {
		return Filter{}, ErrSyntax
	}
	value, rest, ok := quoted(trim(rest))
	if !ok || trim(rest) != "" {
		return Filter{}, ErrSyntax
	}
	return Filter{Attribute: name, Prefix: prefix, Value: value}, nil
}

// String writes the filter in its canonical form, which Parse reads back to the same Filter.
func (f Filter) String() string {
	if f.All() {
		return ""
	}
	op := " = "
	if f.Prefix {
		op = " ^= "
	}
	return quote(f.Attribute) + op + quote(f.Value)
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func trim(s string) string { return strings.Trim(s, " \t\r\n") }

// attribute reads the name at the front. Names may be quoted, as the AWS CLI's examples show them.
func attribute(s string) (name, rest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		name, rest, ok = quoted(s)
		return name, rest, ok && name != ""
	}
	end := strings.IndexAny(s, " \t\r\n=\"")
	if end <= 0 {
		return "", "", false
	}
	name, rest = s[:end], s[end:]
	if rest[0] == '=' && strings.HasSuffix(name, "^") {
		name, rest = name[:len(name)-1], "^"+rest
	}
	return name, rest, name != ""
}

func operator(s string) (prefix bool, rest string, ok bool) {
	if rest, ok = strings.CutPrefix(s, "^="); ok {
		return true, rest, true
	}
	rest, ok = strings.CutPrefix(s, "=")
	return false, rest, ok
}

// quoted reads the double-quoted string at the front. A backslash before anything but a quote or a backslash stands for
// itself, so that filters without the escape still work.
func quoted(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}
