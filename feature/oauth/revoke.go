package oauth

import (
	"context"

	"cardea/engine/access"
	"cardea/platform/db"
)

// Revoke ends the session of a refresh token. It succeeds also for a token that is unknown or void.
func (s *Service) Revoke(ctx context.Context, r Request) error {
	given := r.Form.Get("token")
	var app access.App
	err := s.Apps.Prove(ctx, r.Pool, r.Client, func(_ *db.Tx, proven access.App) error {
		app = proven
		if given == "" {
			return missing()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.Tokens.Revoke(ctx, app.Client, given)
}
