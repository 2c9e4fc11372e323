package awsjson

import "errors"

// The errors of a request that no operation has seen. Protocols and services have codes of their own for each.
var (
	// ErrSyntax says that a request cannot be read: it is malformed, or a value is not of its modelled type.
	ErrSyntax = errors.New("awsjson: malformed request")
	// ErrConstraint says that a request violates constraints of its service's model.
	ErrConstraint = errors.New("awsjson: constraints are violated")
	// ErrNotBuilt says that the model knows the operation and this program does not do it yet.
	ErrNotBuilt = errors.New("awsjson: operation is not built")
)

// Problem is one of the errors above, or another protocol's, with the sentence to show the client.
type Problem struct {
	Kind error
	Text string
}

// Error is the sentence.
func (p *Problem) Error() string { return p.Text }

// Unwrap makes errors.Is find the kind.
func (p *Problem) Unwrap() error { return p.Kind }

// Malformed makes a Problem of ErrSyntax.
func Malformed(text string) error { return &Problem{ErrSyntax, text} }

// NotBuilt makes the Problem of an operation that is not built.
func NotBuilt(operation string) error {
	return &Problem{ErrNotBuilt, "Cardea does not implement the operation " + operation + " yet."}
}
