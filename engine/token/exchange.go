package token

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/scope"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/resourceserver"
	"cardea/record/session"
	"cardea/spec/cognitoidp"
	"cardea/spec/dpop"
	"cardea/spec/id"
	"cardea/spec/triggerevent"
)

// The conditions of token exchange.
var (
	ErrSubject = errors.New("the subject token is no access token of a user of the pool that is good now")
	ErrTarget  = errors.New("the pool has no such audience")
)

// maxActors bounds how often what came of an exchange is exchanged again.
const maxActors = 4

// Exchange is an app, which has proven itself, with the access token of a user, for a token of its own to act with (RFC 8693).
type Exchange struct {
	access.App
	Subject  string      // the access token
	Audience string      // a client's id or a resource server's identifier; empty: the app itself
	Scopes   []string    // nil: as many as there may be
	Key      *dpop.Proof // of the key that the token is bound to; nil: none
}

// actor is the claim act: who acts for the subject, and for whom that one acts.
type actor struct {
	Sub    string `json:"sub"`
	Before *actor `json:"act,omitzero"`
}

// Exchange makes an access token of a user's access token, that the app may use for the audience. It lives no longer than that
// token, has no scope that the token, the app and the audience do not all have, and none of those that concern the user's own
// account or claims, whatever PreTokenGeneration adds. It belongs to the token's session, and ends with it; there is no refresh
// token. It answers ErrSubject, ErrTarget, scope.ErrRefused, and the conditions of PreTokenGeneration, which is asked as for a
// refresh.
func (m *Minter) Exchange(ctx context.Context, x Exchange) (*cognitoidp.AuthenticationResultType, error) {
	claims, err := m.Authenticate(ctx, x.Subject)
	if err != nil {
		return nil, unsuitable(err)
	}
	if claims.pool != x.Pool.ID {
		return nil, ErrSubject
	}
	var f *facts
	err = m.DB.Read(ctx, func(tx *db.Tx) error {
		f, err = m.exchanged(tx, x, claims)
		return err
	})
	if err != nil {
		return nil, err
	}
	f.overrides, err = m.Customize(ctx, Customization{
		App: x.App, User: f.user, Kind: session.OAuth, Scopes: f.session.Scopes, Occasion: triggerevent.RefreshTokens,
	})
	if err != nil {
		return nil, err
	}
	if f.overrides != nil {
		f.overrides.AddScopes = nil
	}
	if x.Key != nil {
		if err := m.DB.Write(ctx, func(tx *db.Tx) error { return Spend(tx, x.Pool.ID, x.Key) }); err != nil {
			return nil, err
		}
	}
	return m.sign(ctx, x.Pool, f)
}

// exchanged collects what the new token says.
func (m *Minter) exchanged(tx *db.Tx, x Exchange, claims *Claims) (*facts, error) {
	who, err := m.bearer(tx, claims)
	if err != nil {
		return nil, unsuitable(err)
	}
	if account.Active(who.User, who.Session.Federated) != nil {
		return nil, ErrSubject
	}
	by := &actor{Sub: string(x.Client.ID)}
	if claims.Actor != nil && json.Unmarshal(claims.Actor, &by.Before) != nil || by.depth() > maxActors {
		return nil, ErrSubject
	}
	f, err := m.gather(tx, x.App, who.User, AskGroups(tx, x.Pool.ID, who.User.Sub))
	if err != nil {
		return nil, err
	}
	shown := *who.Session
	shown.Kind, shown.DeviceKey, shown.Resource = session.OAuth, "", x.Audience
	if x.Audience == "" {
		shown.Resource = string(x.Client.ID)
	}
	shown.Scopes, err = exchangeable(tx, x, claims.Scopes(), shown.Resource)
	f.session, f.key = &shown, thumbprint(x.Key)
	f.until = time.Unix(claims.Expires, 0)
	f.actor = by
	return f, err
}

// exchangeable are the scopes of a new token, of those that the old one has.
func exchangeable(tx *db.Tx, x Exchange, held []string, audience string) ([]string, error) {
	server, err := resourceserver.Get(tx, x.Pool.ID, audience)
	switch {
	case errors.Is(err, db.ErrNotFound):
		if _, err := client.Get(tx, x.Pool.ID, id.Client(audience)); err != nil {
			return nil, absent(err, ErrTarget)
		}
	case err != nil:
		return nil, err
	}
	may := slices.DeleteFunc(slices.Clone(held), func(one string) bool {
		return scope.OfUsers(one) || !slices.Contains(x.Client.Doc.AllowedOAuthScopes, one) || server != nil && !server.Defines(one)
	})
	if x.Scopes == nil {
		x.Scopes = may
	}
	for _, one := range x.Scopes {
		if !slices.Contains(may, one) {
			return nil, scope.ErrRefused
		}
	}
	return scope.ForUser(tx, x.Client, append([]string{}, x.Scopes...))
}

// unsuitable gives ErrSubject for the conditions of access tokens and their users, and a failure as it is.
func unsuitable(err error) error {
	if errors.Is(inactive(err), ErrInactive) || errors.Is(err, ErrBoundAccess) {
		return ErrSubject
	}
	return err
}

// depth is how many have acted.
func (a *actor) depth() (n int) {
	for ; a != nil; a = a.Before {
		n++
	}
	return n
}

// act adds who acts for the subject.
func (c *claims) act(a *actor) error {
	if a == nil {
		return nil
	}
	text, err := json.Marshal(a)
	c.b = append(c.member("act"), text...)
	return err
}
