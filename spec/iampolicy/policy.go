package iampolicy

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

// Policy is a compiled policy. It never changes.
type Policy struct{}

// SyntaxError says why a document is no policy.
type SyntaxError struct {
	Offset int // in bytes
	Text   string
}

// Error is the reason.
func (e *SyntaxError) Error() string { return e.Text }

// Parse checks and compiles a document. Errors are *SyntaxError.
func Parse(document string, kind Kind) (*Policy, error) {
	return nil, &SyntaxError{Text: "policies are not read yet"}
}

// Decide answers a request by all policies of the principal.
func (s *Set) Decide(r *Request) Decision { return Decision{} }

// Admits answers whether a trust policy lets somebody do r.Action, such as "sts:AssumeRoleWithWebIdentity". named reports whether
// a statement that allows it names the caller alone, so that no policy of theirs must allow it, too.
func (p *Policy) Admits(r *Request, who *Who) (d Decision, named bool) { return Decision{}, false }
