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
	wanted := false
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err := s.app(tx, in.ClientId, in.UserContextData)
		if err != nil {
			return err
		}
		r = migration.Request{
			App: a.App, Occasion: triggerevent.ForgotPassword, Name: a.Pool.Fold(in.Username), Metadata: in.ClientMetadata,
			Source: a.source, Now: tx.Now,
		}
		wanted, err = a.migrates(tx, in.Username)
		return err
	})
	if err != nil || !wanted {
		return err
	}

	_, err = s.Migrator.Fetch(ctx, r)
	if _, nobody := errors.AsType[*migration.NobodyError](err); nobody {
		return nil
	}
	return err
}

// migrates tells whether the user is to be asked for elsewhere: the pool does not know them, could send them a code if it did,
// and has not had too many such requests from their address.
func (a app) migrates(tx *db.Tx, username string) (bool, error) {
	if !migration.Has(a.App) || len(factor.RecoveryOrder(a.Pool)) == 0 {
		return false, nil
	}
	_, err := account.Find(tx, a.Pool, username)
	if err == nil {
		return false, nil
	}
	if !errors.Is(err, db.ErrNotFound) {
		return false, fmt.Errorf("find user: %w", err)
	}
	err = a.source.RateLimited(tx, a.Pool.ID)
	if lockout.Refuses(err) {
		return false, nil
	}
	return err == nil, err
}
