package sigv4

import "errors"

// Why a request's signature is not accepted. The text to show a client is the error's own, see Problem.
var (
	// ErrMissing says that the request is not signed at all.
	ErrMissing = errors.New("sigv4: request is not signed")
	// ErrIncomplete says that parts of the signature are missing or malformed.
	ErrIncomplete = errors.New("sigv4: signature is incomplete")
	// ErrInvalid says that the signature is wrong, for another service or Region, too old or too new.
	ErrInvalid = errors.New("sigv4: signature is invalid")
)

// Problem is one of the errors above with the sentence that AWS answers in that case.
type Problem struct {
	Kind error
	Text string
}

// Error is the sentence.
func (p *Problem) Error() string { return p.Text }

// Unwrap makes errors.Is find the kind.
func (p *Problem) Unwrap() error { return p.Kind }

func missing() error               { return &Problem{ErrMissing, "Missing Authentication Token"} }
func incomplete(text string) error { return &Problem{ErrIncomplete, text} }
func invalid(text string) error    { return &Problem{ErrInvalid, text} }
