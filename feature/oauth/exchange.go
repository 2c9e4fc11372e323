package oauth

import (
	"context"

	"cardea/engine/access"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
	"cardea/spec/dpop"
	"cardea/spec/oauth2"
)

// The names of token exchange (RFC 8693 §2.1, RFC 8693 §3).
const (
	exchangeGrant   = "urn:ietf:params:oauth:grant-type:token-exchange"
	accessTokenType = "urn:ietf:params:oauth:token-type:access_token"
)

// exchange gives an app a token of a user's access token, for another service of the pool.
type exchange struct {
	*Service
	form oauth2.Values
	app  access.App
}

func newExchange(s *Service, r Request) grant { return &exchange{Service: s, form: r.Form} }

// admit takes apps that have a secret, which they have not given to themselves, and may use OAuth, and only access tokens. There
// are no actor tokens: who acts is the app.
func (g *exchange) admit(_ *db.Tx, app access.App) error {
	g.app = app
	if !app.Pool.Follows(pool.TokenExchange) {
		return &oauth2.Error{Code: oauth2.UnsupportedGrantType}
	}
	if !app.Client.IsServer() {
		return access.ErrGrant
	}
	if app.MayUse(cognitoidp.OAuthFlowTypeCode) != nil && app.MayUse(cognitoidp.OAuthFlowTypeClientCredentials) != nil {
		return access.ErrGrant
	}
	wanted := g.form.Get("requested_token_type")
	if g.form.Get("subject_token") == "" || g.form.Get("subject_token_type") != accessTokenType ||
		wanted != "" && wanted != accessTokenType || g.form.Has("actor_token") {
		return missing()
	}
	if audience, resource := g.form.Get("audience"), g.form.Get("resource"); audience != "" && resource != "" && audience != resource {
		return &oauth2.Error{Code: oauth2.InvalidTarget}
	}
	return nil
}

func (g *exchange) issue(ctx context.Context, key *dpop.Proof) (*Tokens, error) {
	audience := g.form.Get("audience")
	if audience == "" {
		audience = g.form.Get("resource")
	}
	return g.Tokens.Exchange(ctx, token.Exchange{
		App: g.app, Subject: g.form.Get("subject_token"), Audience: audience, Scopes: oauth2.Scopes(g.form.Get("scope")), Key: key,
	})
}
