package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/platform/audit"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/id"
	"cardea/spec/jose"
)

// Claims are what an access token says, as far as the server reads it.
type Claims struct {
	Issuer   string `json:"iss"`
	Sub      string `json:"sub"`
	Client   string `json:"client_id"`
	Session  string `json:"event_id"`
	Scope    string `json:"scope"`
	Username string `json:"username"`
	Expires  int64  `json:"exp"`
	Issued   int64  `json:"iat"`
	ID       string `json:"jti"`

	Audience json.RawMessage `json:"aud"`
	Actor    json.RawMessage `json:"act"`

	Confirmation struct {
		Key string `json:"jkt"` // the thumbprint of the key that the token is bound to; empty: none
	} `json:"cnf"`

	pool id.Pool
}

// ScopeOf is what an access token that was just made says of its scopes.
func ScopeOf(made string) string {
	var c Claims
	if t, err := jose.Parse(made); err == nil {
		_ = json.Unmarshal(t.Payload, &c) // the server has written it
	}
	return c.Scope
}

// Scopes are the token's scopes.
func (c *Claims) Scopes() []string { return strings.Fields(c.Scope) }

// Authenticate establishes, before any transaction, that a pool of this server signed the token as an access token, and
// that it has not expired: ErrForgedAccess, ErrInvalidAccess, ErrExpiredAccess. A token that is bound to a key is worth nothing
// without a proof: ErrBoundAccess.
func (m *Minter) Authenticate(ctx context.Context, jwt string) (*Claims, error) {
	c, err := m.verify(ctx, jwt)
	if err == nil && c.Confirmation.Key != "" {
		return nil, ErrBoundAccess
	}
	return c, err
}

// verify is Authenticate whoever shows the token. The claims are shared: never change them.
func (m *Minter) verify(ctx context.Context, jwt string) (*Claims, error) {
	hash := hashOf(jwt)
	c := m.remembered.find(hash)
	verified := c != nil
	if !verified {
		var err error
		if c, err = m.verifySignature(ctx, jwt); err != nil {
			return nil, err
		}
	}
	if m.DB.Now().Unix() >= c.Expires {
		return nil, ErrExpiredAccess
	}
	if !verified {
		m.remembered.keep(hash, c)
	}
	return c, nil
}

// verifySignature reads a token that a pool of this server has signed as an access token.
func (m *Minter) verifySignature(ctx context.Context, jwt string) (*Claims, error) {
	t, err := jose.Parse(jwt)
	if err != nil {
		return nil, ErrForgedAccess
	}
	var c Claims
	if json.Unmarshal(t.Payload, &c) != nil {
		return nil, ErrInvalidAccess
	}

	// Until the signature is verified, the issuer only selects the keys. A token of another issuer is refused.
	c.pool = id.Pool(c.Issuer[strings.LastIndexByte(c.Issuer, '/')+1:])
	if !c.pool.Valid() || c.Issuer != m.Issuer(c.pool) {
		return nil, ErrInvalidAccess
	}
	keys, err := m.signingKeysOf(ctx, c.pool)
	if err != nil {
		return nil, absent(err, ErrInvalidAccess)
	}
	if err := c.signedBy(keys, t); err != nil {
		return nil, err
	}
	return &c, nil
}

// signedBy checks the signature of the token that says c.
func (c *Claims) signedBy(keys *signingKeys, t *jose.Token) error {
	for _, key := range keys.public {
		if key.ID != t.KeyID {
			continue
		}
		if t.Verify(key) != nil {
			break
		}
		if key.ID != keys.access.ID {
			return ErrInvalidAccess // it is an ID token
		}
		return nil
	}
	return ErrForgedAccess
}

// Admit finds the session and the user of an authenticated access token, as they are in tx: ErrInvalidAccess,
// ErrExpiredAccess and ErrRevokedAccess when the token is no longer good, account.ErrNoUser and account.ErrDisabled. What came
// of a token exchange is for other services, and ErrInvalidAccess here.
func (m *Minter) Admit(tx *db.Tx, claims *Claims) (*access.Subject, error) {
	who, err := m.bearer(tx, claims)
	if err == nil && who.Session.Client != who.Client.ID {
		return nil, ErrInvalidAccess
	}
	return who, err
}

// bearer is Admit for tokens of any client, that of the session or one that has exchanged a token of the session.
func (m *Minter) bearer(tx *db.Tx, claims *Claims) (*access.Subject, error) {
	if claims.Session == "" {
		return nil, ErrInvalidAccess // a client's own
	}
	if tx.Now.Unix() >= claims.Expires {
		return nil, ErrExpiredAccess
	}
	of := client.AskOf(tx, claims.pool, id.Client(claims.Client))
	theUser, theSession := user.Ask(tx, claims.pool, id.Sub(claims.Sub)), session.Ask(tx, claims.pool, claims.Session)
	c, version, err := of()
	if err != nil {
		return nil, absent(err, ErrInvalidAccess)
	}
	p, err := pool.At(tx, claims.pool, version)
	if err != nil {
		return nil, absent(err, ErrInvalidAccess)
	}
	u, err := theUser.Get()
	if err != nil {
		return nil, missingUser(err)
	}
	audit.About(tx.Context(), string(p.ID), string(u.Sub))
	s, err := theSession.Get()
	if err != nil {
		return nil, absent(err, ErrRevokedAccess)
	}

	switch {
	case s.Sub != u.Sub:
		return nil, ErrInvalidAccess
	case over(s, u), p.Ended(s.AuthTime, s.Created):
		return nil, ErrRevokedAccess
	case !u.Enabled:
		return nil, account.ErrDisabled
	}
	box, err := m.Ring.Box(tx, p.ID)
	if err != nil {
		return nil, fmt.Errorf("open pool's box: %w", err)
	}
	return &access.Subject{
		App: access.App{Pool: p, Client: c, Box: box}, User: u, Session: s, Scopes: claims.Scopes(),
	}, nil
}

// absent gives the condition if err says that a row was not found, and a failure otherwise.
func absent(err, condition error) error {
	if errors.Is(err, db.ErrNotFound) {
		return condition
	}
	return fmt.Errorf("look up what the access token names: %w", err)
}
