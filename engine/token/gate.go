package token

import (
	"errors"
	"fmt"

	"cardea/engine/factor"
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

// admitSignIn is admit for a new session: the proofs must be all that the pool asks of this user.
func admitSignIn(p *pool.Pool, u *user.User, proofs []factor.Proof) error {
	if err := admit(u); err != nil {
		return err
	}
	if !factor.Satisfied(p, u, proofs) {
		return cognitoidp.NotAuthorized("A proof of the user's identity is missing.")
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
