package passwords

import (
	"context"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/bearer"
	"cardea/engine/hosted"
	"cardea/engine/lockout"
	"cardea/engine/migration"
	"cardea/engine/password"
	"cardea/engine/trigger"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/record/datakey"
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
	Triggers      trigger.Triggers
	Migrator      *migration.Migrator

	entry hosted.Entry
}

// AtPages answers the same operations for visitors of the pages of a pool's domain, on behalf of the app whose authorization
// request was judged.
func (s *Service) AtPages(judged *hosted.Request) *Service {
	pages := *s
	pages.entry = hosted.AtPages(judged)
	return &pages
}

var _ cognitoidp.Passwords = (*Service)(nil)

// app is the app that calls for someone who is not signed in.
type app struct {
	access.App
	source lockout.Source
}

// admit finds the app, proven by its SECRET_HASH or at the pages.
func (s *Service) admit(ctx context.Context, clientID, username, hash string) (app, error) {
	a, err := s.entry.App(ctx, s.Apps, clientID, username, hash)
	return app{App: a}, err
}

// app loads what may have changed since admit. from is what the app says about its user's end of the request.
func (s *Service) app(tx *db.Tx, clientID string, from *cognitoidp.UserContextDataType) (app, error) {
	a, err := s.Apps.Find(tx, clientID)
	if err != nil {
		return app{}, err
	}
	return app{a, s.entry.Source(tx.Context(), a.Client, from)}, nil
}

// replace gives a user their new password and status, and removes the lock-out that guesses at the old one have led to
// and the codes that would replace it.
func (s *Service) replace(tx *db.Tx, a access.App, u *user.User, change *password.Change, status string) error {
	change.Apply(u, tx.Now)
	u.Status = status
	u.Touch(tx.Now)
	if err := account.Save(tx, a.Pool, u, false); err != nil {
		return fmt.Errorf("save user: %w", err)
	}
	if err := s.Codes.Drop(tx, resetTarget(a, u)); err != nil {
		return err
	}
	if err := lockout.Reset(tx, a.Pool.ID, lockout.User(u.Sub)); err != nil {
		return fmt.Errorf("reset failed attempts: %w", err)
	}
	return nil
}

// resetTarget is the reset code of a user.
func resetTarget(a access.App, u *user.User) verification.Target {
	return verification.Target{App: a, User: u, Purpose: verification.Reset}
}
