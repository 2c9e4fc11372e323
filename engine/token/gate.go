package token

import (
	"errors"
	"fmt"

	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// admit decides whether a user may have tokens now. Every token passes here, whatever flow asks for it.
func admit(u *user.User) error {
	if !u.Enabled {
		return cognitoidp.NotAuthorized("User is disabled.")
	}
	switch u.Status {
	case cognitoidp.UserStatusTypeConfirmed:
		return nil
	case cognitoidp.UserStatusTypeUnconfirmed:
		return cognitoidp.UserNotConfirmed("User is not confirmed.")
	case cognitoidp.UserStatusTypeResetRequired:
		return cognitoidp.PasswordResetRequired("Password reset required for the user")
	}
	return cognitoidp.NotAuthorized("User cannot be given tokens. Current status is " + u.Status)
}

// admitSignIn is admit for a new session. A pool that demands a second factor gets none opened until one can be asked for;
// sessions that it has already go on.
func admitSignIn(p *pool.Pool, u *user.User) error {
	if err := admit(u); err != nil {
		return err
	}
	if p.MFA.MfaConfiguration == cognitoidp.UserPoolMfaTypeOn || p.Doc.MfaConfiguration == cognitoidp.UserPoolMfaTypeOn {
		return cognitoidp.InvalidUserPoolConfiguration("The user pool requires multi-factor authentication, which Cardea does not offer yet.")
	}
	return nil
}

// over reports whether the session was ended, by itself or with all of its user's.
func over(s *session.Session, u *user.User) bool {
	return !s.Revoked.IsZero() || !s.Created.After(u.SignedOut)
}

// missingUser turns the absence of the user into its fault.
func missingUser(err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return cognitoidp.UserNotFound("User does not exist.")
	}
	return fmt.Errorf("get user: %w", err)
}

// goneWithPool turns the absence of a pool's keys into the fault that the pool's absence is: it was deleted since the
// caller read it.
func goneWithPool(p *pool.Pool, err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return cognitoidp.ResourceNotFound("User pool " + string(p.ID) + " does not exist.")
	}
	return err
}
