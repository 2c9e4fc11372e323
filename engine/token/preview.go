package token

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"cardea/engine/trigger"
	"cardea/platform/db"
	"cardea/record/session"
	"cardea/spec/id"
)

// Payloads are the claims of a sign-in's tokens. ID is nil when there is no ID token.
type Payloads struct {
	ID, Access json.RawMessage
}

// Preview asks PreTokenGeneration, and answers what the tokens of a sign-in would say without it and with it. Nothing is
// stored and nothing signed: the tokens' session does not exist, and their identifiers are made up.
func (m *Minter) Preview(ctx context.Context, c Customization) (before, after Payloads, err error) {
	changes, err := m.Customize(ctx, c)
	if err != nil {
		return before, after, err
	}
	var f *facts
	err = m.DB.Read(ctx, func(tx *db.Tx) (err error) {
		f, err = m.gather(tx, c.App, c.User, AskGroups(tx, c.Pool.ID, c.User.Sub))
		return err
	})
	if err != nil {
		return before, after, err
	}
	f.jti = id.NewUUID()
	f.session = &session.Session{
		Pool: c.Pool.ID, ID: id.NewOrderedUUID(f.now), Origin: id.NewUUID(), Sub: c.User.Sub, Client: c.Client.ID,
		Kind: c.Kind, Scopes: c.Scopes, AuthTime: f.now,
	}
	if before, err = f.preview(nil); err != nil {
		return before, after, err
	}
	after, err = f.preview(changes)
	return before, after, err
}

func (f *facts) preview(changes *trigger.Overrides) (c Payloads, err error) {
	f.overrides = changes
	if c.Access, err = f.accessClaims(); err != nil {
		return c, fmt.Errorf("preview access token: %w", err)
	}
	if f.oauth() && !slices.Contains(f.session.Scopes, "openid") {
		return c, nil
	}
	if c.ID, err = f.idClaims(""); err != nil {
		return c, fmt.Errorf("preview ID token: %w", err)
	}
	return c, nil
}
