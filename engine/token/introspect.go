package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/id"
)

// Introspection is what a token that is good says (RFC 7662 §2.2). Members that it does not have are empty.
type Introspection struct {
	Issuer   string
	Sub      string
	Username string
	Client   string
	Scope    string
	Issued   int64 // seconds of Unix time
	Expires  int64 // likewise
	ID       string
	Audience json.RawMessage
	Actor    json.RawMessage // who acts for the user
	Refresh  bool            // it is a refresh token
	Key      string          // the thumbprint of the key that it is bound to; empty: none
}

// ErrInactive says that a text is no token that an app could use or be shown, for whatever reason.
var ErrInactive = errors.New("the token is not active")

// Introspect tells an app what a token says, if it is good at this moment: an access token of any client of the app's pool,
// of a user or of the client itself, or a refresh token of the app's own. An app that has registered itself is told of its own
// tokens alone. Whatever else it is given is ErrInactive. It changes nothing: a refresh token that was replaced ends no session
// here.
func (m *Minter) Introspect(ctx context.Context, app access.App, given string) (found *Introspection, err error) {
	if refresh, err := readRefreshToken(given); err == nil {
		err = m.DB.Read(ctx, func(tx *db.Tx) error {
			found, err = m.inspectRefresh(tx, app, refresh)
			return err
		})
		return found, inactive(err)
	}
	claims, err := m.verify(ctx, given)
	if err != nil {
		return nil, inactive(err)
	}
	others := claims.Client != string(app.Client.ID)
	if claims.pool != app.Pool.ID || others && app.Client.SelfRegistered() {
		return nil, ErrInactive
	}
	err = m.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := m.alive(tx, claims)
		return err
	})
	if err != nil {
		return nil, inactive(err)
	}
	return &Introspection{
		Issuer: claims.Issuer, Sub: claims.Sub, Username: claims.Username, Client: claims.Client, Scope: claims.Scope,
		Issued: claims.Issued, Expires: claims.Expires, ID: claims.ID, Audience: claims.Audience,
		Key: claims.Confirmation.Key, Actor: claims.Actor,
	}, nil
}

// alive finds the client of an access token that is good now. A token of no session is a client's own, and good as long as the
// client exists.
func (m *Minter) alive(tx *db.Tx, claims *Claims) (*client.Client, error) {
	if claims.Session == "" {
		c, err := client.Get(tx, claims.pool, id.Client(claims.Client))
		if err != nil {
			return nil, absent(err, ErrInvalidAccess)
		}
		return c, nil
	}
	who, err := m.bearer(tx, claims)
	if err != nil {
		return nil, err
	}
	return who.Client, nil
}

// Holds decides whether an access token of a pool, of a user or of a client itself, is good now and has a scope that its client
// may still have. It answers the conditions of Admit, and ErrScopeMissing.
func (m *Minter) Holds(tx *db.Tx, claims *Claims, pool id.Pool, scope string) error {
	if claims.pool != pool {
		return ErrInvalidAccess
	}
	c, err := m.alive(tx, claims)
	if err != nil {
		return err
	}
	if !slices.Contains(claims.Scopes(), scope) || !slices.Contains(c.Doc.AllowedOAuthScopes, scope) {
		return ErrScopeMissing
	}
	return nil
}

func (m *Minter) inspectRefresh(tx *db.Tx, app access.App, given *refreshToken) (*Introspection, error) {
	s, row, err := session.Redeem(tx, given.record(app.Pool.ID))
	if err != nil {
		return nil, absent(err, ErrInactive)
	}
	if s.Client != app.Client.ID {
		return nil, ErrInactive
	}
	u, err := user.Get(tx, s.Pool, s.Sub)
	if err != nil {
		return nil, absent(err, ErrInactive)
	}
	if (opening{app.Pool, s, row, u}).refusal(app.Client, tx.Now) != nil {
		return nil, ErrInactive
	}
	return &Introspection{
		Issuer: m.Issuer(s.Pool), Sub: string(s.Sub), Username: u.Username, Client: string(s.Client),
		Scope: strings.Join(granted(s.Kind, s.Scopes), " "), Expires: s.Expires.Unix(), Refresh: true,
		Key: s.JKT,
	}, nil
}

// inactive gives ErrInactive for the conditions of tokens and their users, and a failure as it is.
func inactive(err error) error {
	if err == nil {
		return nil
	}
	for _, condition := range []error{
		ErrInactive, ErrForgedAccess, ErrInvalidAccess, ErrExpiredAccess, ErrRevokedAccess, account.ErrNoUser, account.ErrDisabled,
	} {
		if errors.Is(err, condition) {
			return ErrInactive
		}
	}
	return fmt.Errorf("introspect a token: %w", err)
}
