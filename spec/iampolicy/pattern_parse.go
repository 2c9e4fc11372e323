package iampolicy

import (
	"fmt"
	"strings"
)

// syntax is what a text of a policy may hold besides literal text.
type syntax struct {
	wildcards bool
	variables bool
	fold      bool
	// key is told the condition key of each variable, as it is written.
	key func(name string)
}

// parsePattern reads a text with wildcards and variables. Its error is the reason alone.
func parsePattern(text string, s syntax) (pattern, error) {
	p := pattern{fold: s.fold}
	if s.fold {
		text = lowerASCII(text)
	}
	var run strings.Builder
	flush := func() {
		if run.Len() > 0 {
			p.parts = append(p.parts, part{kind: literal, text: run.String()})
			run.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case s.variables && strings.HasPrefix(text[i:], "${"):
			length := strings.IndexByte(text[i:], '}')
			if length < 0 {
				return p, fmt.Errorf("the variable in %q does not end", text)
			}
			inner := text[i+2 : i+length]
			i += length
			if inner == "*" || inner == "?" || inner == "$" {
				run.WriteString(inner)
				continue
			}
			one, err := parseVariable(inner, s.key)
			if err != nil {
				return p, err
			}
			flush()
			p.parts, p.variables = append(p.parts, one), true
		case s.wildcards && c == '*':
			flush()
			if n := len(p.parts); n == 0 || p.parts[n-1].kind != star {
				p.parts = append(p.parts, part{kind: star})
			}
		case s.wildcards && c == '?':
			flush()
			p.parts = append(p.parts, part{kind: anyOne})
		default:
			run.WriteByte(c)
		}
	}
	flush()
	return p, nil
}

// parseVariable reads what stands between the braces of a variable: a condition key, and 'a default' after a comma.
func parseVariable(inner string, told func(string)) (part, error) {
	name, fallback, has := strings.Cut(inner, ",")
	name = strings.TrimSpace(name)
	if !validKey(name) {
		return part{}, fmt.Errorf("the variable ${%s} is not valid", inner)
	}
	v := part{kind: variable, text: strings.ToLower(name)}
	if has {
		fallback = strings.TrimSpace(fallback)
		if len(fallback) < 2 || fallback[0] != '\'' || fallback[len(fallback)-1] != '\'' {
			return part{}, fmt.Errorf("the default of the variable ${%s} does not stand between single quotes", inner)
		}
		fallback = fallback[1 : len(fallback)-1]
		v.fallback = &fallback
	}
	told(name)
	return v, nil
}

// validKey reports whether a text may name a condition key: a prefix, a colon, and a name.
func validKey(name string) bool {
	prefix, rest, found := strings.Cut(name, ":")
	return found && prefix != "" && rest != "" && !strings.ContainsAny(name, "$*?{}\"\\'")
}

func lowerASCII(text string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		return c
	}, text)
}
