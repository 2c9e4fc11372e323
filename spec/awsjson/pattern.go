package awsjson

import (
	"regexp"
	"sync"
	"unicode/utf8"
)

// Pattern is a regular expression of the model. It is compiled when it is first needed, so that a table of them costs
// nothing at start-up.
type Pattern struct {
	Source string // as the model writes it, in Java's dialect; messages show it
	RE2    string // the same in Go's dialect, anchored at both ends
	Class  bool   // the pattern is one character class, repeated: then each ASCII character is looked up, not matched

	once    sync.Once
	regexp  *regexp.Regexp
	allowed [utf8.RuneSelf]bool
}

// Match reports whether the pattern matches all of s.
func (p *Pattern) Match(s string) bool {
	p.once.Do(p.compile)
	if !p.Class || s == "" {
		return p.regexp.MatchString(s)
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return p.regexp.MatchString(s)
		}
		if !p.allowed[s[i]] {
			return false
		}
	}
	return true
}

func (p *Pattern) compile() {
	p.regexp = regexp.MustCompile(p.RE2)
	if !p.Class {
		return
	}
	for c := range p.allowed {
		p.allowed[c] = p.regexp.MatchString(string(rune(c)))
	}
}
