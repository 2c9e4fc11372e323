package iampolicy

import (
	"strings"
	"unicode/utf8"
)

// verdict is what a pattern says of a text.
type verdict int

const (
	no verdict = iota
	yes
	// unresolved: the pattern has a variable that the request gives no single value for. It matches nothing, and what is negated
	// must not take that for a match that failed.
	unresolved
)

// partKind is a kind of part of a pattern.
type partKind byte

const (
	literal  partKind = iota
	star              // any characters, or none
	anyOne            // one character
	variable          // the value of a condition key
)

// part is a part of a pattern.
type part struct {
	kind     partKind
	text     string  // of a literal; of a variable its key in lower case
	fallback *string // of a variable
}

// pattern is a text with wildcards and variables. The value of a variable is literal text: wildcards in it mean nothing.
type pattern struct {
	parts     []part
	fold      bool // letters of ASCII match in either case; literals are in lower case
	variables bool
}

// matches compares a text with the pattern. It takes time in proportion to the two lengths multiplied, at the worst.
func (p *pattern) matches(text string, keys Keys) verdict {
	if !p.variables {
		return p.glob(p.parts, text)
	}
	var buffer [16]part
	parts := buffer[:0]
	for _, one := range p.parts {
		if one.kind == variable {
			value, ok := one.value(keys)
			if !ok {
				return unresolved
			}
			one = part{kind: literal, text: value}
		}
		parts = append(parts, one)
	}
	return p.glob(parts, text)
}

// value is the text that a variable stands for. A key with several values has none.
func (v part) value(keys Keys) (string, bool) {
	values := keys[v.text]
	if len(values) == 1 {
		return values[0], true
	}
	if len(values) == 0 && v.fallback != nil {
		return *v.fallback, true
	}
	return "", false
}

// glob matches the parts between stars one run after the other: the first at the beginning of the text, the last at its end, and
// those between at the first place that fits, which leaves the most for the rest, so that nothing is ever tried again.
func (p *pattern) glob(parts []part, text string) verdict {
	first := nextStar(parts)
	n, ok := p.prefix(parts[:first], text)
	if !ok {
		return no
	}
	text = text[n:]
	if first == len(parts) {
		return when(text == "")
	}

	for parts = parts[first+1:]; ; {
		end := nextStar(parts)
		if end == len(parts) {
			return when(p.suffix(parts, text))
		}
		n, ok := p.find(parts[:end], text)
		if !ok {
			return no
		}
		text, parts = text[n:], parts[end+1:]
	}
}

func when(holds bool) verdict {
	if holds {
		return yes
	}
	return no
}

func nextStar(parts []part) int {
	for i := range parts {
		if parts[i].kind == star {
			return i
		}
	}
	return len(parts)
}

// prefix reports whether a text begins with a run of parts, and with how many of its bytes.
func (p *pattern) prefix(run []part, text string) (n int, ok bool) {
	for i := range run {
		if run[i].kind == anyOne {
			_, width := utf8.DecodeRuneInString(text[n:])
			if width == 0 {
				return 0, false
			}
			n += width
			continue
		}
		literal := run[i].text
		if len(text)-n < len(literal) || !p.same(text[n:n+len(literal)], literal) {
			return 0, false
		}
		n += len(literal)
	}
	return n, true
}

// suffix reports whether a text ends with a run of parts.
func (p *pattern) suffix(run []part, text string) bool {
	for i := len(run) - 1; i >= 0; i-- {
		if run[i].kind == anyOne {
			_, width := utf8.DecodeLastRuneInString(text)
			if width == 0 {
				return false
			}
			text = text[:len(text)-width]
			continue
		}
		rest := len(text) - len(run[i].text)
		if rest < 0 || !p.same(text[rest:], run[i].text) {
			return false
		}
		text = text[:rest]
	}
	return true
}

// find looks for the first place where a run of parts fits, and answers where it ends.
func (p *pattern) find(run []part, text string) (end int, ok bool) {
	if len(run) == 1 && run[0].kind == literal && !p.fold {
		at := strings.Index(text, run[0].text)
		return at + len(run[0].text), at >= 0
	}
	for start := 0; ; {
		if n, ok := p.prefix(run, text[start:]); ok {
			return start + n, true
		}
		if start == len(text) {
			return 0, false
		}
		_, width := utf8.DecodeRuneInString(text[start:])
		start += width
	}
}

// same compares two texts of the same length.
func (p *pattern) same(text, literal string) bool {
	if !p.fold {
		return text == literal
	}
	for i := range len(text) {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != literal[i] {
			return false
		}
	}
	return true
}

// arnPattern is the pattern of an ARN in its six parts, of which each is matched on its own. A text that does not have six parts
// is a pattern for the whole if it is one variable or one star, and otherwise matches nothing.
type arnPattern struct {
	parts []pattern
	whole bool
}

func (a *arnPattern) matches(text string, keys Keys) verdict {
	if a.whole {
		return a.parts[0].matches(text, keys)
	}
	if a.parts == nil {
		return unresolved
	}
	result := yes
	for i := range a.parts {
		head, tail, found := text, "", i == len(a.parts)-1
		if !found {
			head, tail, found = strings.Cut(text, ":")
		}
		if !found {
			return no
		}
		switch a.parts[i].matches(head, keys) {
		case no:
			return no
		case unresolved:
			result = unresolved
		}
		text = tail
	}
	return result
}

// splitARN makes the pattern of an ARN from that of its text.
func splitARN(whole pattern) arnPattern {
	if len(whole.parts) == 1 && whole.parts[0].kind != literal {
		return arnPattern{parts: []pattern{whole}, whole: true}
	}
	split := make([]pattern, 1, 6)
	add := func(one part) {
		last := &split[len(split)-1]
		last.parts = append(last.parts, one)
		last.variables = last.variables || one.kind == variable
	}
	for _, one := range whole.parts {
		for one.kind == literal && len(split) < 6 {
			before, after, found := strings.Cut(one.text, ":")
			if !found {
				break
			}
			if before != "" {
				add(part{kind: literal, text: before})
			}
			split = append(split, pattern{})
			one.text = after
		}
		if one.kind != literal || one.text != "" {
			add(one)
		}
	}
	if len(split) < 6 {
		return arnPattern{}
	}
	return arnPattern{parts: split}
}
