package passwords

import (
	"context"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/account"
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
	DB            *db.DB
	Ring          *datakey.Ring
	Codes         *verification.Codes
	Passwords     *password.Hasher
	Authenticator *access.Authenticator
}

var _ cognitoidp.Passwords = (*Service)(nil)

// guest is an app that calls for someone who is not signed in.
type guest struct{ access.Guest }

// admit finds the app and proves it by its SECRET_HASH.
func (s *Service) admit(ctx context.Context, clientID, username, hash string) (guest, error) {
	g, err := s.door().Admit(ctx, clientID, username, hash)
	return guest{g}, err
}

// guest loads what may have changed since admit.
func (s *Service) guest(tx *db.Tx, clientID string) (guest, error) {
	g, err := s.door().Guest(tx, clientID)
	return guest{g}, err
}

func (s *Service) door() access.Door { return access.Door{DB: s.DB, Ring: s.Ring} }

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
	return verification.Target{Pool: p, User: u, Purpose: verification.Reset}
}
