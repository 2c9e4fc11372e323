package passwords

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/lockout"
	"cardea/engine/migration"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// migrate asks UserMigration for a user who has forgotten their password, where the pool does not know them. The code is then
// sent to whoever has the name by now: when that is nobody, as to any other unknown user.
func (s *Service) migrate(ctx context.Context, in *cognitoidp.ForgotPasswordRequest) error {
	var r migration.Request
	var known bool
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err := s.app(tx, in.ClientId, in.UserContextData)
		if err != nil || !a.migrates() {
			return err
		}
		r = migration.Request{
			App: a.App, Occasion: triggerevent.ForgotPassword, Name: a.Pool.Fold(in.Username), Metadata: in.ClientMetadata,
			Source: a.source, Now: tx.Now,
		}
		if err := a.source.RateLimited(tx, a.Pool.ID); err != nil {
			return err
		}
		known, err = a.knows(tx, in.Username)
		return err
	})
	switch {
	case lockout.Refuses(err):
		return nil // recovery refuses, where it counts such requests
	case err != nil || r.Pool == nil:
		return err
	case known:
		return s.Migrator.Simulate(ctx, r.App)
	}
	_, err = s.Migrator.Fetch(ctx, r)
	if _, nobody := errors.AsType[*migration.NobodyError](err); nobody {
		return nil
	}
	return err
}

// migrates tells whether users who are not in the pool may be asked for: they could be sent a code if they were.
func (a app) migrates() bool {
	return migration.Has(a.App) && len(factor.RecoveryOrder(a.Pool)) > 0
}

func (a app) knows(tx *db.Tx, username string) (bool, error) {
	_, err := account.Find(tx, a.Pool, username)
	if errors.Is(err, db.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find user: %w", err)
	}
	return true, nil
}
