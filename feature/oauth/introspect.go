package oauth

import (
	"context"

	"cardea/engine/access"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/spec/oauth2"
)

// Introspect tells a client of the pool that has a secret what a token says, or answers token.ErrInactive (RFC 7662). Clients
// without a secret cannot prove who asks.
func (s *Service) Introspect(ctx context.Context, r Request) (*token.Introspection, error) {
	given := r.Form.Get("token")
	var app access.App
	err := s.Apps.Prove(ctx, r.Pool, r.Client, func(_ *db.Tx, proven access.App) error {
		app = proven
		if !app.Client.HasSecret() {
			return &oauth2.Error{Code: oauth2.InvalidClient}
		}
		if given == "" {
			return missing()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.Tokens.Introspect(ctx, app, given)
}
