package brand

import (
	"fmt"
	"slices"
	"strings"
)

const (
	whitespace = " \t\r\n\f"
	letters    = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
	digits     = "0123456789"
	hexDigits  = digits + "abcdefABCDEF"
)

// sheet is a style sheet that is being read.
type sheet struct {
	rest string
	line int
}

func (s *sheet) wrong(text string) error { return &CSSError{Line: s.line, Text: text} }

// skip goes n bytes on.
func (s *sheet) skip(n int) {
	s.line += strings.Count(s.rest[:n], "\n")
	s.rest = s.rest[n:]
}

// space skips white space and comments.
func (s *sheet) space() error {
	for {
		s.skip(len(s.rest) - len(strings.TrimLeft(s.rest, whitespace)))
		if !strings.HasPrefix(s.rest, "/*") {
			return nil
		}
		end := strings.Index(s.rest[2:], "*/")
		if end < 0 {
			return s.wrong("a comment has no end")
		}
		s.skip(end + 4)
	}
}

// take takes one byte if it is next.
func (s *sheet) take(b byte) bool {
	if s.rest == "" || s.rest[0] != b {
		return false
	}
	s.skip(1)
	return true
}

// run takes the bytes that are among some.
func (s *sheet) run(some string) string {
	n := len(s.rest) - len(strings.TrimLeft(s.rest, some))
	taken := s.rest[:n]
	s.skip(n)
	return taken
}

// word takes a name.
func (s *sheet) word() string {
	if s.rest == "" || !strings.ContainsRune(letters, rune(s.rest[0])) {
		return ""
	}
	return s.run(letters + digits)
}

// value reads a value up to the end of its declaration and writes it anew; good is false if it is well-formed and not allowed.
func (s *sheet) value() (printed string, good bool, err error) {
	good = true
	depth := 0
	var out []string
	for {
		if err := s.space(); err != nil {
			return "", false, err
		}
		if s.rest == "" {
			return "", false, s.wrong("a declaration has no end")
		}
		if depth == 0 && (s.rest[0] == ';' || s.rest[0] == '}') {
			return join(out), good && len(out) > 0, nil
		}
		token, allowed, err := s.token()
		if err != nil {
			return "", false, err
		}
		switch {
		case strings.HasSuffix(token, "("):
			depth++
		case token == ")":
			depth--
		}
		if depth < 0 {
			return "", false, s.wrong("a parenthesis was not opened")
		}
		good = good && allowed
		out = append(out, token)
	}
}

// token reads one token of a value.
func (s *sheet) token() (token string, allowed bool, err error) {
	c := s.rest[0]
	switch {
	case strings.IndexByte(letters, c) >= 0 && !s.number():
		return s.name()
	case s.number():
		return s.quantity(), true, nil
	case c == '#':
		s.skip(1)
		color := s.run(hexDigits)
		if next := s.run(letters + digits); next != "" || !slices.Contains([]int{3, 4, 6, 8}, len(color)) {
			return "", false, nil
		}
		return "#" + strings.ToLower(color), true, nil
	case c == '"' || c == '\'':
		return s.text(c)
	case c == ',' || c == '/' || c == ')':
		s.skip(1)
		return string(c), true, nil
	case c == '(' || c == '+' || c == '*' || c == '=' || c == '%' || c == '.':
		s.skip(1)
		if c == '(' {
			return "(", false, nil
		}
		return "", false, nil
	case c == '!':
		s.skip(1)
		if err := s.space(); err != nil {
			return "", false, err
		}
		return "!important", strings.EqualFold(s.word(), "important"), nil
	}
	return "", false, s.wrong(fmt.Sprintf("%q is not allowed", c))
}

// number tells whether a number is next.
func (s *sheet) number() bool {
	rest := strings.TrimPrefix(strings.TrimPrefix(s.rest, "-"), "+")
	if len(s.rest)-len(rest) > 1 {
		return false
	}
	rest = strings.TrimPrefix(rest, ".")
	return rest != "" && strings.IndexByte(digits, rest[0]) >= 0
}

// quantity takes a number with its unit.
func (s *sheet) quantity() string {
	number := ""
	if s.rest[0] == '-' || s.rest[0] == '+' {
		number = s.rest[:1]
		s.skip(1)
	}
	number += s.run(digits)
	if strings.HasPrefix(s.rest, ".") {
		s.skip(1)
		number += "." + s.run(digits)
	}
	if s.take('%') {
		return number + "%"
	}
	return number + strings.ToLower(s.word())
}

// name takes a name, or the name of a function with its parenthesis.
func (s *sheet) name() (token string, allowed bool, err error) {
	name := strings.ToLower(s.word())
	if !strings.HasPrefix(s.rest, "(") {
		return name, true, nil
	}
	if strings.HasPrefix(name, "url") || name == "src" || name == "image" || strings.HasSuffix(name, "image-set") || name == "expression" {
		return "", false, s.wrong(name + "() is not allowed")
	}
	s.skip(1)
	return name + "(", slices.Contains(functions, name), nil
}

// text takes a string, which may be the name of a font.
func (s *sheet) text(quote byte) (token string, allowed bool, err error) {
	end := strings.IndexByte(s.rest[1:], quote)
	if end < 0 {
		return "", false, s.wrong("a string has no end")
	}
	text := s.rest[1 : end+1]
	if strings.ContainsAny(text, "\\\n\r\f") {
		return "", false, s.wrong("a string may have no escapes and no line breaks")
	}
	s.skip(end + 2)
	return `"` + text + `"`, strings.Trim(text, letters+digits+" ") == "", nil
}

// join writes tokens with spaces between them where these do not change the meaning.
func join(tokens []string) string {
	var out strings.Builder
	for i, token := range tokens {
		if i > 0 && token != "," && token != ")" && !strings.HasSuffix(tokens[i-1], "(") {
			out.WriteByte(' ')
		}
		out.WriteString(token)
	}
	return out.String()
}
