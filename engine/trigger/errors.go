package trigger

import (
	"errors"

	"cardea/spec/triggerevent"
)

// ErrNoCustomAuth says that a custom sign-in needs a trigger that the pool does not have.
var ErrNoCustomAuth = errors.New("the pool lacks a trigger of custom sign-ins")

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
