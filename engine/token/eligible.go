package token

import (
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
)

// Eligible decides whether a user may have a new session: they are active, and their proofs are all that the pool asks for.
// Every session is created after this check, in whatever flow, and so is every authorization code. It answers the conditions
// of account.Active, and ErrProofMissing.
func Eligible(p *pool.Pool, u *user.User, proofs []factor.Proof) error {
	if err := account.Active(u, factor.ByProvider(proofs)); err != nil {
		return err
	}
	if !factor.Satisfied(p, u, proofs) {
		return ErrProofMissing
	}
	return nil
}

// over reports whether the session was ended, by itself or with all of its user's. Those of the whole pool are pool.Outlived.
func over(s *session.Session, u *user.User) bool {
	return !s.Revoked.IsZero() || !s.Created.After(u.SignedOut)
}

// missingUser turns the absence of the user into account.ErrNoUser.
func missingUser(err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return account.ErrNoUser
	}
	return fmt.Errorf("get user: %w", err)
}

// goneWithPool turns the absence of a pool's keys into the absence of the pool: it was deleted since the caller read it.
func goneWithPool(p *pool.Pool, err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return &access.UnknownError{Pool: string(p.ID)}
	}
	return err
}
