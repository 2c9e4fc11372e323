package passwords

import (
	"context"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/bearer"
	"cardea/engine/lockout"
	"cardea/engine/password"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// Service answers the operations on passwords.
type Service struct {
	Apps          access.Apps
	DB            *db.DB
	Ring          *datakey.Ring
	Codes         *verification.Codes
	Passwords     *password.Hasher
	Authenticator *bearer.Authenticator
}

var _ cognitoidp.Passwords = (*Service)(nil)

// app is the app that calls for someone who is not signed in.
type app struct{ access.App }

// admit finds the app and proves it by its SECRET_HASH.
func (s *Service) admit(ctx context.Context, clientID, username, hash string) (app, error) {
	a, err := s.Apps.Proven(ctx, clientID, username, hash)
	return app{a}, err
}

// app loads what may have changed since admit.
func (s *Service) app(tx *db.Tx, clientID string) (app, error) {
	a, err := s.Apps.Find(tx, clientID)
	return app{a}, err
}

// settle gives a user their new password and status. Locks that guesses at the old one have earned and codes to replace it
// have lost their meaning.
func (s *Service) settle(tx *db.Tx, box *seal.Box, p *pool.Pool, u *user.User, change *password.Change, status string) error {
	change.Apply(u, tx.Now)
	u.Status = status
	u.Touch(tx.Now)
	if err := account.Save(tx, p, u, false); err != nil {
		return fmt.Errorf("save user: %w", err)
	}
	if err := s.Codes.Drop(tx, box, resetTarget(p, u)); err != nil {
		return err
	}
	if err := lockout.Reset(tx, p.ID, lockout.User(u.Sub)); err != nil {
		return fmt.Errorf("forgive failed attempts: %w", err)
	}
	return nil
}

// resetTarget is the reset code of a user.
func resetTarget(p *pool.Pool, u *user.User) verification.Target {
	return verification.Target{App: access.App{Pool: p}, User: u, Purpose: verification.Reset}
}
