package oauth

import (
	"context"

	"cardea/engine/access"
	"cardea/engine/hosted"
	"cardea/platform/db"
	"cardea/spec/dpop"
	"cardea/spec/oauth2"
)

// authorizationCode gives the tokens of an authorization code.
type authorizationCode struct {
	*Service
	form oauth2.Values
	app  access.App
}

func newAuthorizationCode(s *Service, r Request) grant {
	return &authorizationCode{Service: s, form: r.Form}
}

func (g *authorizationCode) admit(_ *db.Tx, app access.App) error {
	g.app = app
	if g.form.Get("code") == "" {
		return missing()
	}
	return nil
}

func (g *authorizationCode) issue(ctx context.Context, key *dpop.Proof) (*Tokens, error) {
	return g.Hosted.Redeem(ctx, hosted.Exchange{
		App: g.app, Code: g.form.Get("code"), RedirectURI: g.form.Get("redirect_uri"), Verifier: g.form.Get("code_verifier"),
		Key: key,
	})
}
