package hosted

import (
	"time"

	"cardea/engine/factor"
	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/platform/audit"
	"cardea/platform/db"
	"cardea/record/authcode"
	"cardea/record/ssosession"
	"cardea/record/user"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// life is how long a code may be redeemed.
const life = 5 * time.Minute

// SignIn is who has signed in at the pages, and how.
type SignIn struct {
	User      *user.User // as the transaction has left them
	Proofs    []factor.Proof
	AuthTime  time.Time // when they proved who they are; zero: now
	Browser   Browser
	Overrides *trigger.Overrides  // of Ask
	Upstream  ssosession.Upstream // the sign-in at an identity provider; zero: they have signed in here

	own bool // to the user's own pages
}

// Finished is the end of a sign-in at the pages.
type Finished struct {
	Location oauth2.Location // where the browser is sent; of an implicit request only once it is completed
	SSO      string          // the cookie of the single sign-on session; empty: the browser is given none
	Life     time.Duration   // of the cookie
	Device   string          // what the answer of a user has to come with who is asked about a device; empty: none is asked
	Own      string          // the path of the user's own page that the browser is sent to, in the place of Location

	implicit *implicit // what Complete makes; nil: nothing is left to do
}

// Finish makes the single sign-on session of a sign-in, and the authorization code of a request with which the browser is sent
// on, in the transaction that uses up the last proof of the sign-in; for an implicit request it opens the session of the tokens,
// which Complete makes once all of that is durable. The request is judged once more, on the client as it is in tx. Finish
// answers the conditions of Judge and of token.Eligible.
func (s *Server) Finish(tx *db.Tx, pool id.Pool, v oauth2.Values, who SignIn) (*Finished, error) {
	r, err := s.Judge(tx, pool, v)
	if err != nil {
		return nil, err
	}
	if !r.Serves(who.Upstream.Provider) {
		return nil, r.Refused(ErrProvider)
	}
	if who.AuthTime.IsZero() {
		who.AuthTime = tx.Now
	}
	audit.About(tx.Context(), string(pool), string(who.User.Sub))
	who.own = r.own != ""
	sso, out, err := begin(tx, pool, who)
	if err != nil {
		return nil, err
	}
	return out, s.answer(tx, r, grant{who, sso}, out)
}

// grant is what a request is answered with.
type grant struct {
	SignIn
	sso string // names the single sign-on session; empty: there is none
}

// answer answers a request.
func (s *Server) answer(tx *db.Tx, r *Request, g grant, out *Finished) (err error) {
	if r.Device != nil {
		out.Device, err = r.askForDevice(tx, g)
		return err
	}
	if err := r.use(tx); err != nil {
		return err
	}
	switch {
	case !r.isFor(g.User.Sub):
		return r.Refused(ErrLoginRequired)
	case r.own != "":
		out.Own = r.own
		return token.Eligible(r.Pool, g.User, g.Proofs)
	case r.ResponseType == oauth2.Token:
		out.implicit, err = s.openImplicit(tx, r, g)
		return err
	}
	out.Location, err = r.code(tx, g)
	return err
}

// code makes the code of a request.
func (r *Request) code(tx *db.Tx, who grant) (location oauth2.Location, err error) {
	if err := token.Eligible(r.Pool, who.User, who.Proofs); err != nil {
		return location, err
	}
	code := id.NewUUID()
	err = authcode.Insert(tx, &authcode.Code{
		Pool: r.Pool.ID, Hash: id.Digest(code), Client: r.Client.ID, Sub: who.User.Sub,
		Created: token.After(tx.Now, who.User), Expires: tx.Now.Add(life),
		Doc: authcode.Doc{
			RedirectURI: r.Answer.URI, Implied: r.implied, Challenge: r.Challenge,
			Scopes: r.Scopes, Nonce: r.Nonce, Level: r.level(who.Proofs), Resource: r.Resource, JKT: r.key,
			Proofs: who.Proofs, SSO: who.sso, AuthTime: who.AuthTime, PasswordSet: who.User.PasswordSet,
		},
	})
	if err != nil {
		return location, err
	}
	return r.Answer.With(oauth2.Pair{Name: "code", Value: code}, oauth2.Pair{Name: "state", Value: r.State}), nil
}
