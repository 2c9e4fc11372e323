package awsjson

import (
	"unicode/utf16"
	"unicode/utf8"
)

// escaped reads on in a string that began at start and has its first backslash at p.at.
func (p *parser) escaped(into *string, start int) bool {
	b := append(make([]byte, 0, p.at-start+32), p.text[start:p.at]...)
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			if !utf8.Valid(b) {
				return p.fail("The request is not valid UTF-8.")
			}
			*into = string(b)
			return true
		case c == '\\':
			p.at++
			r, ok := p.escape()
			if !ok {
				return false
			}
			b = utf8.AppendRune(b, r)
		case c < ' ':
			return p.fail("A string has an unescaped control character.")
		default:
			b = append(b, c)
			p.at++
		}
	}
	return p.fail("Unexpected end of the request.")
}

// escape reads what follows a backslash.
func (p *parser) escape() (rune, bool) {
	c := p.peek()
	p.at++
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		return p.unicode()
	}
	return 0, p.fail("Malformed escape in a string.")
}

// unicode reads the four hexadecimal digits after \u, and the other half of a surrogate pair.
func (p *parser) unicode() (rune, bool) {
	r, ok := p.hex()
	if !ok {
		return 0, p.fail("Malformed escape in a string.")
	}
	if r == 0 {
		return 0, p.fail("A string has the character U+0000.")
	}
	if !utf16.IsSurrogate(r) {
		return r, true
	}
	if p.at+1 >= len(p.text) || p.text[p.at] != '\\' || p.text[p.at+1] != 'u' {
		return 0, p.fail("A string has half a surrogate pair.")
	}
	p.at += 2
	low, ok := p.hex()
	whole := utf16.DecodeRune(r, low)
	if !ok || whole == utf8.RuneError {
		return 0, p.fail("A string has half a surrogate pair.")
	}
	return whole, true
}

func (p *parser) hex() (rune, bool) {
	if p.at+4 > len(p.text) {
		return 0, false
	}
	var r rune
	for range 4 {
		c := p.text[p.at]
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
		p.at++
	}
	return r, true
}
