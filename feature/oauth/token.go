package oauth

import (
	"context"
	"encoding/json"

	"cardea/engine/access"
	"cardea/engine/token"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
	"cardea/spec/dpop"
	"cardea/spec/oauth2"
)

// Tokens are what a grant gives.
type Tokens = cognitoidp.AuthenticationResultType

// Issued is what the token endpoint answers.
type Issued struct {
	*Tokens
	Scope string // what the access token is for, where that is told
	Kind  string // the issued_token_type of an exchange
}

// grant is one way to ask for tokens.
type grant interface {
	// admit decides whether the app, which has proven itself, may have what it asks for.
	admit(tx *db.Tx, app access.App) error
	// issue makes the tokens, bound to the key of a proof unless that is nil.
	issue(ctx context.Context, key *dpop.Proof) (*Tokens, error)
}

// grants makes the grant of each grant_type.
var grants = map[string]func(s *Service, r Request) grant{
	"authorization_code": newAuthorizationCode,
	"client_credentials": newClientCredentials,
	"refresh_token":      newRefresh,
	exchangeGrant:        newExchange,

	"urn:ietf:params:oauth:grant-type:device_code": newDeviceCode,
}

// Token answers the token endpoint.
func (s *Service) Token(ctx context.Context, r Request) (*Issued, error) {
	kind := r.Form.Get("grant_type")
	if kind == "" {
		return nil, missing()
	}
	var g grant = unsupported{}
	if make, known := grants[kind]; known {
		g = make(s, r)
	}
	var p *pool.Pool
	err := s.Apps.Prove(ctx, r.Pool, r.Client, func(tx *db.Tx, app access.App) error {
		p = app.Pool
		return g.admit(tx, app)
	})
	if err != nil {
		return nil, err
	}
	key, err := s.key(p, r.Holder)
	if err != nil {
		return nil, err
	}
	made, err := g.issue(ctx, key)
	if err != nil {
		return nil, err
	}
	issued := &Issued{Tokens: made}
	if kind == exchangeGrant {
		issued.Kind = accessTokenType
	}
	if kind == exchangeGrant || p.Follows(pool.Strict) {
		issued.Scope = token.ScopeOf(made.AccessToken)
	}
	return issued, nil
}

// unsupported is every other grant_type. The client proves itself before it learns that.
type unsupported struct{}

func (unsupported) admit(*db.Tx, access.App) error {
	return &oauth2.Error{Code: oauth2.UnsupportedGrantType}
}

func (unsupported) issue(context.Context, *dpop.Proof) (*Tokens, error) { return nil, missing() }

// clientCredentials gives an app client a token for itself.
type clientCredentials struct {
	*Service
	form  oauth2.Values
	grant token.MachineGrant
}

func newClientCredentials(s *Service, r Request) grant {
	return &clientCredentials{Service: s, form: r.Form}
}

func (g *clientCredentials) admit(tx *db.Tx, app access.App) (err error) {
	g.grant, err = token.GrantMachine(tx, app, oauth2.Scopes(g.form.Get("scope")))
	return err
}

func (g *clientCredentials) issue(ctx context.Context, key *dpop.Proof) (*Tokens, error) {
	if text := g.form.Get("aws_client_metadata"); text != "" {
		if json.Unmarshal([]byte(text), &g.grant.Metadata) != nil {
			return nil, missing()
		}
	}
	g.grant.Key = key
	return g.Tokens.Machine(ctx, g.grant)
}

// refresh gives new tokens for a refresh token, whichever way the session began, with all scopes of the session, as Cognito does;
// in strict pools a request may ask for fewer.
type refresh struct {
	*Service
	form    oauth2.Values
	request token.RefreshRequest
	looked  *token.Renewal // nil: a proof that came with the request is judged first
	proven  bool           // there is such a proof
}

func newRefresh(s *Service, r Request) grant {
	return &refresh{Service: s, form: r.Form, proven: len(r.Holder.Proofs) > 0}
}

func (g *refresh) admit(tx *db.Tx, app access.App) (err error) {
	g.request = token.RefreshRequest{App: app, RefreshToken: g.form.Get("refresh_token"), From: caller.From(tx.Context())}
	if g.request.RefreshToken == "" {
		return missing()
	}
	if app.Pool.Follows(pool.Strict) {
		g.request.Scopes = oauth2.Scopes(g.form.Get("scope"))
	}
	if !g.proven {
		g.looked, err = g.Tokens.Look(tx, g.request)
	}
	return err
}

func (g *refresh) issue(ctx context.Context, key *dpop.Proof) (*Tokens, error) {
	if g.looked != nil {
		return g.Tokens.Renew(ctx, g.looked)
	}
	g.request.Key = key
	return g.Tokens.Refresh(ctx, g.request)
}
