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
	Browser  Browser
}

// Finished is the end of a sign-in at the pages.
type Finished struct {
	Location string        // where the browser is sent
	SSO      string        // the cookie of the single sign-on session; empty: the browser is given none
	Life     time.Duration // of the cookie
}

// Finish makes the single sign-on session of a sign-in, and the authorization code of a request with which the browser is sent
// on, in the transaction that uses up the last proof of the sign-in. The request is judged once more, on the client as it is in
// tx. Finish answers the conditions of Judge and of token.Eligible.
func (s *Server) Finish(tx *db.Tx, pool id.Pool, v oauth2.Values, who SignIn) (*Finished, error) {
	r, err := s.Judge(tx, pool, v)
	if err != nil {
		return nil, err
	}
	if who.AuthTime.IsZero() {
		who.AuthTime = tx.Now
	}
	sso, out, err := begin(tx, pool, who)
	if err != nil {
		return nil, err
	}
	out.Location, err = r.finish(tx, who, sso)
	return out, err
}

// finish makes the code of a request. sso names the single sign-on session; empty: there is none.
func (r *Request) finish(tx *db.Tx, who SignIn, sso string) (location string, err error) {
	if err := token.Eligible(r.Pool, who.User, who.Proofs); err != nil {
		return "", err
	}
	if err := r.use(tx); err != nil {
		return "", err
	}
	code := id.NewUUID()
	err = authcode.Insert(tx, &authcode.Code{
		Pool: r.Pool.ID, Hash: authcode.Hash(code), Client: r.Client.ID, Sub: who.User.Sub,
		Created: token.After(tx.Now, who.User), Expires: tx.Now.Add(life),
		Doc: authcode.Doc{
			RedirectURI: r.Answer.URI, Implied: r.implied, Challenge: r.Challenge,
			Scopes: r.Scopes, Nonce: r.Nonce, Resource: r.Resource,
			Proofs: who.Proofs, SSO: sso, AuthTime: who.AuthTime, PasswordSet: who.User.PasswordSet,
		},
	})
	if err != nil {
		return "", err
	}
	return r.Answer.With(oauth2.Pair{Name: "code", Value: code}, oauth2.Pair{Name: "state", Value: r.State}), nil
}
