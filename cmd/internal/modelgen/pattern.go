package main

import (
	"fmt"
	"regexp"
	"strings"
)

// special are patterns with something that RE2 cannot say, and what they mean without it.
var special = map[string]string{
	// Java looks behind the end: the name does not end in a dot.
	`^[0-9A-Za-z\.\-_]*(?<!\.)$`: `(?:[0-9A-Za-z.\-_]*[0-9A-Za-z\-_])?`,
}

// translate turns a pattern of the model, Java's dialect, into Go's: it must match the whole value, \s has the vertical
// tab in it, and the dot stops at all of Java's line ends.
func translate(pattern string) (string, error) {
	translated, known := special[pattern]
	if !known {
		translated = dialect(pattern)
	}
	translated = `\A(?:` + translated + `)\z`
	if _, err := regexp.Compile(translated); err != nil {
		return "", fmt.Errorf("translate the pattern %s: %w", pattern, err)
	}
	return translated, nil
}

func dialect(pattern string) string {
	var b strings.Builder
	inClass, dotAll := false, strings.HasPrefix(pattern, "(?s)")
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '\\' && i+5 < len(pattern) && pattern[i+1] == 'u':
			b.WriteString(`\x{` + pattern[i+2:i+6] + `}`) // exactly four digits, as in Java
			i += 5
			continue
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteString(escape(pattern[i], inClass))
			continue
		case c == '[':
			inClass = true
		case c == ']':
			inClass = false
		case c == '.' && !inClass && !dotAll:
			b.WriteString(`[^\n\r\x{85}\x{2028}\x{2029}]`)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func escape(c byte, inClass bool) string {
	switch {
	case c == 's' && inClass:
		return `\s\x0B`
	case c == 's':
		return `[\s\x0B]`
	case c == 'S' && inClass:
		return `\x00-\x08\x0E-\x1F\x21-\x{10FFFF}`
	case c == 'S':
		return `[^\s\x0B]`
	}
	return `\` + string(c)
}

var oneClass = regexp.MustCompile(`^\^?\[(?:[^\]\[\\]|\\[pP]\{\w+\}|\\.)+\][+*]\$?$`)

// class reports whether the pattern is one character class, repeated.
func class(pattern string) bool { return oneClass.MatchString(pattern) }
