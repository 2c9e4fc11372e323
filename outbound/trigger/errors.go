package trigger

import "errors"

// Refused says that the function itself has refused.
type Refused struct {
	Message string // as the function has put it; it may be empty
}

func (e *Refused) Error() string { return "function refused" } // without the message, which may quote the event

// Kind is why a function could not be asked.
type Kind string

// The kinds, which metrics show too.
const (
	Timeout     Kind = "timeout"
	Crashed     Kind = "crashed"     // it ended without a reply
	Throttled   Kind = "throttled"   // too many invocations
	Denied      Kind = "denied"      // the server may not invoke it
	Missing     Kind = "missing"     // there is no such function
	TooLarge    Kind = "too_large"   // the event is too long for it
	Unreachable Kind = "unreachable" // nobody answered
	Broken      Kind = "broken"      // the service that runs it fails
	Open        Kind = "open"        // it has failed so often that it is left alone for a while
	Unresolved  Kind = "unresolved"  // the configuration has nothing for it
)

// retryable reports whether another try may succeed, and cannot have run the function to its end before.
func (k Kind) retryable() bool { return k == Timeout || k == Throttled || k == Unreachable }

// texts are what a caller may know of the kinds that have no text of their own.
var texts = map[Kind]string{
	Throttled:   "TooManyRequestsException",
	Denied:      "AccessDeniedException",
	Missing:     "ResourceNotFoundException",
	TooLarge:    "RequestTooLargeException",
	Unreachable: "ServiceException",
	Broken:      "ServiceException",
	Open:        "ServiceException",
	Unresolved:  "ResourceNotFoundException",
}

// Failed says that the function could not be asked, or has not answered.
type Failed struct {
	Kind Kind
	Text string // what a caller may know: of Timeout and Crashed what happened, of the others a code of AWS Lambda
	Err  error  // for the log; may be nil
}

// NewFailed is the failure of a kind, with the text that the kind has.
func NewFailed(kind Kind, err error) *Failed { return &Failed{kind, texts[kind], err} }

func (e *Failed) Error() string {
	text := "function not invoked: " + string(e.Kind)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Failed) Unwrap() error { return e.Err }

// ErrInvalid says that the function has answered what its trigger may not.
var ErrInvalid = errors.New("invalid reply of a function")
