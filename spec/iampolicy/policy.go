package iampolicy

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is where a policy stands, which decides what it may hold and how long it may be.
type Kind int

// The kinds.
const (
	Managed       Kind = iota // at most 6,144 characters, white space not counted
	InlineOfUser              // 2,048
	InlineOfGroup             // 5,120
	InlineOfRole              // 10,240
	Trust                     // who may assume a role: 2,048; has Principal, no Resource
	SessionPolicy             // 2,048
)

// limits are the characters that a policy of each kind may have.
var limits = map[Kind]int{
	Managed: 6144, InlineOfUser: 2048, InlineOfGroup: 5120, InlineOfRole: 10240, Trust: 2048, SessionPolicy: 2048,
}

// Limit is the number of characters that a policy of a kind may have, white space not counted.
func (k Kind) Limit() int { return limits[k] }

// Policy is a compiled policy. It never changes.
type Policy struct {
	document   string
	statements []*statement
	deny       index
	allow      index
	keys       []string // as written, each once ignoring case, in the order of their lower case
	lowerKeys  []string // keys in lower case
}

// SyntaxError says why a document is no policy.
type SyntaxError struct {
	Offset       int // in bytes
	Line, Column int // counted from 1
	Text         string
}

// Error is the reason and the place.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s (line %d, column %d)", e.Text, e.Line, e.Column)
}

// SizeError says that a document is longer than its kind allows.
type SizeError struct{ Limit int }

// Error is the reason.
func (e *SizeError) Error() string {
	return fmt.Sprintf("the policy is longer than %d characters", e.Limit)
}

// Parse checks and compiles a document that somebody wants to write. Errors are *SyntaxError or *SizeError.
func Parse(document string, kind Kind) (*Policy, error) {
	if Length(document) > kind.Limit() {
		return nil, &SizeError{Limit: kind.Limit()}
	}
	p, err := parse(document, kind)
	if err != nil {
		return nil, err
	}
	for _, s := range p.statements {
		if s.opensPools {
			return nil, locate(document, &SyntaxError{Offset: s.start, Text: "A statement that trusts " + identityPools +
				" must have a condition that names identity pools with " + identityPoolsAudience + "."})
		}
	}
	return p, nil
}

// Load compiles a document that is stored already. It holds it to no length, and accepts a trust policy that Parse refuses
// because every identity pool could assume the role: Admits lets none.
func Load(document string, kind Kind) (*Policy, error) { return parse(document, kind) }

func parse(document string, kind Kind) (*Policy, error) {
	top, err := readJSON(document)
	if err != nil {
		return nil, locate(document, err)
	}
	c := &compiler{kind: kind, policy: &Policy{document: document}}
	if err := c.compile(top); err != nil {
		return nil, locate(document, err)
	}
	return c.policy, nil
}

// locate adds line and column to a SyntaxError.
func locate(document string, err error) error {
	if e, ok := err.(*SyntaxError); ok {
		at := position(document, e.Offset)
		e.Line, e.Column = at.Line, at.Column
	}
	return err
}

// Position is a place in a document, both numbers counted from 1.
type Position struct{ Line, Column int }

func position(document string, offset int) Position {
	before := document[:min(offset, len(document))]
	line := strings.Count(before, "\n")
	return Position{Line: line + 1, Column: len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1}
}

// Document is the text that the policy was compiled from.
func (p *Policy) Document() string { return p.document }

// Statement says where a statement stands: from behind the bracket, comma or colon that precedes it to behind its closing brace.
func (p *Policy) Statement(number int) (from, to Position) {
	s := p.statements[number]
	start := len(strings.TrimRight(p.document[:s.start], " \t\r\n"))
	return position(p.document, start), position(p.document, s.end)
}

// Keys are the condition keys that conditions and variables of the policy name, as it spells them, each once.
func (p *Policy) Keys() []string { return p.keys }

// UsesKey reports whether the policy names a condition key that begins with a prefix in lower case, such as
// "aws:resourcetag/".
func (p *Policy) UsesKey(prefix string) bool {
	at, _ := slices.BinarySearch(p.lowerKeys, prefix)
	return at < len(p.lowerKeys) && strings.HasPrefix(p.lowerKeys[at], prefix)
}

// UsesKey reports whether a policy of the set names a condition key that begins with a prefix in lower case.
func (s *Set) UsesKey(prefix string) bool {
	return slices.ContainsFunc(s.Policies(), func(p *Policy) bool { return p.UsesKey(prefix) })
}
