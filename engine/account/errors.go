package account

import (
	"errors"

	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// The conditions of an account that keep its user out.
var (
	ErrNoUser        = errors.New("no such user")
	ErrDisabled      = errors.New("the user is disabled")
	ErrUnconfirmed   = errors.New("the user is not confirmed")
	ErrResetRequired = errors.New("the user's password must be reset")
)

// StatusError says that a user whose status is neither of those cannot have tokens.
type StatusError struct {
	Status string // a UserStatusType
}

func (e StatusError) Error() string { return "the user's status is " + e.Status }

// Active answers what keeps a user from having tokens: ErrDisabled, ErrUnconfirmed, ErrResetRequired or StatusError.
func Active(u *user.User) error {
	if !u.Enabled {
		return ErrDisabled
	}
	switch u.Status {
	case cognitoidp.UserStatusTypeConfirmed:
		return nil
	case cognitoidp.UserStatusTypeUnconfirmed:
		return ErrUnconfirmed
	case cognitoidp.UserStatusTypeResetRequired:
		return ErrResetRequired
	}
	return StatusError{Status: u.Status}
}
