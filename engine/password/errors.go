package password

import "errors"

var (
	// ErrNoVerifier says that a user has no SRP verifier: no password, or one kept as a hash.
	ErrNoVerifier = errors.New("no SRP verifier")

	// ErrUsed says that a new password is one of the former passwords that the policy forbids.
	ErrUsed = errors.New("the password has been used before")

	// ErrBusy says that too many costly hashes wait to be computed.
	ErrBusy = errors.New("too many passwords wait to be hashed")
)

// PolicyError says that a password breaks a rule of the pool's policy.
type PolicyError struct {
	Rule Rule // the first that it breaks
}

func (e *PolicyError) Error() string { return "the password is against the policy: " + string(e.Rule) }

// Rule is what a policy demands of a password.
type Rule string

// The rules, in the order in which they are checked.
const (
	TooShort    Rule = "too short"
	TooLong     Rule = "too long"
	OuterSpaces Rule = "leading or trailing spaces"
	NoLowercase Rule = "no lowercase character"
	NoUppercase Rule = "no uppercase character"
	NoNumber    Rule = "no numeric character"
	NoSymbol    Rule = "no symbol character"
)
