package token

import (
	"context"
	"strings"
	"time"

	"cardea/engine/access"
	"cardea/engine/scope"
	"cardea/engine/trigger"
	"cardea/platform/db"
	"cardea/platform/tracing"
	"cardea/spec/cognitoidp"
	"cardea/spec/dpop"
	"cardea/spec/id"
	"cardea/spec/triggerevent"
)

// MachineGrant is an app client that may have an access token for itself.
type MachineGrant struct {
	access.App
	Scopes   []string // granted
	Metadata map[string]string
	Key      *dpop.Proof // of the key that the token is bound to; nil: none
}

// GrantMachine grants a client that has proven itself the scopes that it asks for, or all that it is allowed. It answers
// access.ErrGrant and scope.ErrRefused.
func GrantMachine(tx *db.Tx, app access.App, asked []string) (MachineGrant, error) {
	if err := app.MayUse(cognitoidp.OAuthFlowTypeClientCredentials); err != nil {
		return MachineGrant{}, err
	}
	if !app.Client.HasSecret() {
		return MachineGrant{}, access.ErrGrant
	}
	scopes, err := scope.ForClient(tx, app.Client, asked)
	return MachineGrant{App: app, Scopes: scopes}, err
}

// Machine makes an access token for an app client itself (docs/cognito/oauth.md, "Client credentials"). Nothing is stored,
// but that a proof was shown: the token belongs to no session and cannot be revoked.
func (m *Minter) Machine(ctx context.Context, g MachineGrant) (*cognitoidp.AuthenticationResultType, error) {
	overrides, err := m.Triggers.PreTokenGeneration(ctx, trigger.Call{
		App: g.App, Occasion: triggerevent.ClientCredentials, Metadata: g.Metadata,
	}, trigger.Groups{}, g.Scopes)
	if err != nil {
		return nil, err
	}
	if g.Key != nil {
		if err := m.DB.Write(ctx, func(tx *db.Tx) error { return Spend(tx, g.Pool.ID, g.Key) }); err != nil {
			return nil, err
		}
	}
	ctx, span := tracing.Start(ctx, "sign tokens")
	defer span.End(false)
	keys, err := m.signingKeysOf(ctx, g.Pool.ID)
	if err != nil {
		return nil, goneWithPool(g.Pool, err)
	}

	claims, err := m.machineClaims(g, overrides)
	if err != nil {
		return nil, err
	}
	access, err := keys.access.Sign(claims)
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AuthenticationResultType{
		AccessToken: access,
		ExpiresIn:   int64(g.Client.AccessTTL() / time.Second),
		TokenType:   tokenType(thumbprint(g.Key)),
	}, nil
}

// machineClaims renders the payload, in the order of real ones.
func (m *Minter) machineClaims(g MachineGrant, overrides *trigger.Overrides) ([]byte, error) {
	now := m.DB.Now()
	c := newClaims(nil)
	if overrides != nil {
		c = newClaims(&overrides.Access)
	}
	c.text("sub", string(g.Client.ID))
	c.text("token_use", "access")
	c.text("scope", strings.Join(overrides.Scopes(g.Scopes), " "))
	c.number("auth_time", now.Unix())
	c.text("iss", m.Issuer(g.Pool.ID))
	c.number("exp", now.Add(g.Client.AccessTTL()).Unix())
	c.number("iat", now.Unix())
	c.number("version", 2)
	c.text("jti", id.NewUUID())
	c.text("client_id", string(g.Client.ID))
	c.confirm(thumbprint(g.Key))
	return c.end()
}
