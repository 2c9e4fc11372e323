package trigger

import (
	"errors"

	"cardea/spec/triggerevent"
)

// errNone says that a trigger without which an operation cannot go on is missing.
var errNone = errors.New("the pool has no such trigger")

// Kind is how a trigger has kept an operation from going on.
type Kind int

// The kinds.
const (
	Refused    Kind = iota // the function has raised an error
	Failed                 // the function ran and has not answered
	NotInvoked             // the function could not be invoked
	Invalid                // the answer is not one that the trigger may give
)

// Error says that a trigger has kept an operation from going on.
type Error struct {
	Trigger triggerevent.Trigger
	Kind    Kind
	Text    string // for the caller: the function's message, what happened to it, or a code of AWS Lambda; empty for Invalid
	Err     error  // for the log: it quotes neither event nor reply
}

func (e *Error) Error() string { return "trigger " + string(e.Trigger) + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
