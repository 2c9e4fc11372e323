package hosted

import (
	"slices"

	"cardea/engine/scope"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// unsupported are parameters that the server does not know, and how each is refused (OpenID Connect Core §3.1.2.6).
var unsupported = []struct{ parameter, code string }{
	{"request", oauth2.RequestNotSupported},
	{"request_uri", oauth2.RequestURINotSupported},
	{"registration", oauth2.RegistrationNotSupported},
}

// holdStrictly holds a request of a strict pool to the letter of OpenID Connect Core and RFC 9700. Cognito asks less: it ignores
// what it does not know, and leaves PKCE to the app.
func (s *Server) holdStrictly(tx *db.Tx, r *Request) error {
	if !r.Pool.Follows(pool.Strict) {
		return nil
	}
	for _, one := range unsupported {
		if r.values.Has(one.parameter) {
			return &oauth2.Error{Code: one.code}
		}
	}
	if !r.Client.HasSecret() && r.Challenge == "" {
		return &oauth2.Error{Code: oauth2.InvalidRequest, Description: "code_challenge is required"}
	}
	if hint := r.values.Get("id_token_hint"); hint != "" {
		of, err := s.Tokens.ReadHint(tx, r.Pool.ID, hint)
		if err != nil {
			return err
		}
		r.hinted = of.Sub
	}
	return r.ignoreUnknownScopes(tx)
}

// ignoreUnknownScopes leaves scopes out that the pool does not have (OpenID Connect Core §3.1.2.1).
func (r *Request) ignoreUnknownScopes(tx *db.Tx) (err error) {
	r.Scopes = slices.DeleteFunc(r.Scopes, func(one string) bool {
		exists, failed := scope.Exists(tx, r.Pool.ID, one)
		if failed != nil {
			err = failed
		}
		return !exists
	})
	return err
}

// isFor tells whether a request may be answered for a user: for any, unless it names one.
func (r *Request) isFor(sub id.Sub) bool { return r.hinted == "" || r.hinted == sub }

// Consents tells whether the user is to be asked before the app is told of them, though they are signed in. In other pools than
// strict ones that is the identity provider's matter.
func (r *Request) Consents() bool {
	return r.Prompts(oauth2.PromptConsent) && r.Pool.Follows(pool.Strict)
}
