package hosted

import (
	"time"

	"cardea/engine/factor"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/authcode"
	"cardea/record/user"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// life is how long a code may be redeemed.
const life = 5 * time.Minute

// SignIn is who has signed in at the pages, and how.
type SignIn struct {
	User     *user.User // as the transaction has left them
	Proofs   []factor.Proof
	AuthTime time.Time // when they proved who they are; zero: now
	SSO      string    // the single sign-on session; empty: none
}

// Finish makes the authorization code of a request and answers where the browser is to be sent with it, in the transaction that
// uses up the last proof of the sign-in. The request is judged once more, on the client as it is in tx. Finish answers the
// conditions of Judge and of token.Eligible.
func (s *Server) Finish(tx *db.Tx, pool id.Pool, v oauth2.Values, who SignIn) (location string, err error) {
	r, err := s.Judge(tx, pool, v)
	if err != nil {
		return "", err
	}
	if err := token.Eligible(r.Pool, who.User, who.Proofs); err != nil {
		return "", err
	}

	code := id.NewUUID()
	if err := authcode.Insert(tx, r.code(code, tx.Now, who)); err != nil {
		return "", err
	}
	return r.Answer.With(oauth2.Pair{Name: "code", Value: code}, oauth2.Pair{Name: "state", Value: r.State}), nil
}

func (r *Request) code(text string, now time.Time, who SignIn) *authcode.Code {
	proven := who.AuthTime
	if proven.IsZero() {
		proven = now
	}
	return &authcode.Code{
		Pool: r.Pool.ID, Hash: authcode.Hash(text), Client: r.Client.ID, Sub: who.User.Sub,
		Created: token.After(now, who.User), Expires: now.Add(life),
		Doc: authcode.Doc{
			RedirectURI: r.Answer.URI, Implied: r.implied, Challenge: r.Challenge,
			Scopes: r.Scopes, Nonce: r.Nonce, Resource: r.Resource,
			Proofs: who.Proofs, SSO: who.SSO, AuthTime: proven, PasswordSet: who.User.PasswordSet,
		},
	}
}
