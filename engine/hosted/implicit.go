package hosted

import (
	"context"
	"strconv"

	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/oauth2"
	"cardea/spec/triggerevent"
)

// implicit is an implicit request whose session is made, and whose tokens are not.
type implicit struct {
	opened *token.Opened
	answer oauth2.Answer
	state  string
}

// Ask asks PreTokenGeneration what the tokens of an implicit request are to say of a user who is about to sign in. For other
// requests it is asked when the code is redeemed. Ask is called outside of transactions; its answer goes into SignIn.
func (s *Server) Ask(ctx context.Context, r *Request, u *user.User) (*trigger.Overrides, error) {
	if r.ResponseType != oauth2.Token {
		return nil, nil
	}
	return s.Tokens.Customize(ctx, token.Customization{
		App: r.App, User: u, Kind: session.OAuth, Scopes: r.Scopes, Occasion: triggerevent.HostedAuth,
	})
}

// openImplicit makes the session of an implicit request. It has no refresh token, which must not be sent through a browser's
// address (docs/cognito/oauth.md, "Authorize").
func (s *Server) openImplicit(tx *db.Tx, r *Request, g grant) (*implicit, error) {
	opened, err := s.Tokens.Open(tx, token.Grant{
		App: r.App, User: g.User, Kind: session.OAuth, Implicit: true,
		Scopes: r.Scopes, Nonce: r.Nonce, Level: r.level(g.Proofs), Resource: r.Resource, SSO: g.sso,
		Proofs: g.Proofs, AuthTime: g.AuthTime, Overrides: g.Overrides, From: caller.From(tx.Context()),
	})
	if err != nil {
		return nil, err
	}
	return &implicit{opened, r.Answer, r.State}, nil
}

// Complete makes the tokens of an implicit request, and with them the location of what Finish has made, which is durable. After
// other requests it does nothing.
func (s *Server) Complete(ctx context.Context, f *Finished) error {
	if f.implicit == nil {
		return nil
	}
	made, err := s.Tokens.Sign(ctx, f.implicit.opened)
	if err != nil {
		return err
	}
	f.Location = f.implicit.answer.With(
		oauth2.Pair{Name: "id_token", Value: made.IdToken},
		oauth2.Pair{Name: "access_token", Value: made.AccessToken},
		oauth2.Pair{Name: "expires_in", Value: strconv.FormatInt(made.ExpiresIn, 10)},
		oauth2.Pair{Name: "token_type", Value: made.TokenType},
		oauth2.Pair{Name: "state", Value: f.implicit.state},
	)
	return nil
}
