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

// ErrRequiredFactor says that a contact cannot be removed: it is the only second factor of a user whose pool requires one.
var ErrRequiredFactor = errors.New("the contact is the user's required second factor")

// StatusError says that a user whose status is neither of those cannot have tokens.
type StatusError struct {
	Status string // a UserStatusType
}

func (e StatusError) Error() string { return "the user's status is " + e.Status }

// TakenError says that a name is another user's.
type TakenError struct {
	Kind string // user.NameUsername, NameEmail, NamePhoneNumber or NamePreferredUsername
}

func (e *TakenError) Error() string { return "the " + e.Kind + " belongs to another user" }

// ContactError says that a contact was to be called verified, or not verified, of a user who has none.
type ContactError struct {
	Contact string // "email" or "phone_number"
}

func (e *ContactError) Error() string {
	return "the user has no " + e.Contact + " that could be verified"
}

// MismatchError says that a new user's attributes give another value to the attribute that is their user name.
type MismatchError struct {
	Attribute string // "email" or "phone_number"
}

func (e *MismatchError) Error() string { return "the user name is another " + e.Attribute }

// Active answers what keeps a user from having tokens: ErrDisabled, ErrUnconfirmed, ErrResetRequired or StatusError. federated tells
// that an identity provider vouches for them, who then need no password here; it is the only way for users who have none. Whoever
// has not confirmed their account may have made it for somebody else's address, and is kept out in either case.
func Active(u *user.User, federated bool) error {
	if !u.Enabled {
		return ErrDisabled
	}
	switch u.Status {
	case cognitoidp.UserStatusTypeConfirmed:
		return nil
	case cognitoidp.UserStatusTypeUnconfirmed:
		return ErrUnconfirmed
	case cognitoidp.UserStatusTypeExternalProvider, cognitoidp.UserStatusTypeForceChangePassword:
		if federated {
			return nil
		}
	case cognitoidp.UserStatusTypeResetRequired:
		if federated {
			return nil
		}
		return ErrResetRequired
	}
	return StatusError{Status: u.Status}
}
