package signin

import (
	"errors"

	"cardea/engine/factor"
	"cardea/engine/passkey"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// passkeyAssertion is the WEB_AUTHN challenge: an authenticator signs for a passkey of the user's.
type passkeyAssertion struct{ bySession }

func (passkeyAssertion) needs() []string { return []string{"CREDENTIAL"} }

func (p passkeyAssertion) challenge(a *attempt) (*Outcome, error) {
	if err := a.enabled(); err != nil {
		return nil, err
	}
	options, ceremony, err := a.ceremony().Begin()
	if errors.Is(err, passkey.ErrNone) {
		return nil, cognitoidp.NotAuthorized("The user has no passkey for this user pool.")
	}
	if err != nil {
		return nil, err
	}
	st := a.state.Next(a.now)
	st.Data, st.Options = ceremony, a.options
	return a.askWith(p.step, st, map[string]string{"CREDENTIAL_REQUEST_OPTIONS": options, "USERNAME": a.srpID()})
}

func (p passkeyAssertion) load(a *attempt, tx *db.Tx) error { return a.loadPasskeys(tx) }

func (p passkeyAssertion) judge(a *attempt) (*success, error) {
	if err := a.mayGuess(); err != nil {
		return nil, err
	}
	assertion, err := a.ceremony().Finish(a.state.Data, a.in.Given["CREDENTIAL"])
	if errors.Is(err, passkey.ErrRefused) || err == nil && a.User == nil {
		return nil, a.wrongAnswer(incorrect())
	}
	if err != nil {
		return nil, err
	}
	return a.proven(assertion, a.spendSession), nil
}

// proven is what a right answer of a passkey proves and changes; spend uses up what it has answered.
func (a *attempt) proven(assertion *passkey.Assertion, spend effect) *success {
	count := func(tx *db.Tx, _ *user.User) error {
		err := assertion.Commit(tx)
		if errors.Is(err, passkey.ErrClone) || errors.Is(err, passkey.ErrRefused) {
			return incorrect()
		}
		return err
	}
	done := &success{
		proof: factor.Passkey, source: "Authentication",
		effects: []effect{spend, a.unlock, count, a.confirm},
	}
	if assertion.Verified && factor.Multi(a.Pool) {
		done.proof = factor.VerifiedKey
	}
	done.user = a.confirmed(a.User, "")
	return done
}

// beginsByPasskey tells whether users of the app may begin with a passkey.
func beginsByPasskey(p *pool.Pool, c *client.Client) bool {
	return c.Allows(choiceFlow.permit) && passkey.FirstFactor(p)
}

// ceremony is the sign-in with a passkey of the user, or of the stand-in for an unknown one.
func (a *attempt) ceremony() passkey.SignIn {
	s := passkey.SignIn{App: a.App, Party: a.party(), Credentials: a.passkeys}
	if a.User == nil {
		s.Credentials = passkey.Decoys(a.Box, a.Pool, s.Party, a.unknownID())
	}
	return s
}

// party is the relying party that the user's passkeys have to be for; the zero Party if there is none.
func (a *attempt) party() passkey.Party {
	party, _ := a.Parties.Of(a.Pool, a.page()) // its error says that there is none
	return party
}

// page is the origin of the pool's page that the user signs in at; empty: it is an app.
func (a *attempt) page() string {
	if a.in.Authorization == nil {
		return ""
	}
	return a.in.Authorization.Origin
}

// loadPasskeys loads the user's passkeys, if the pool lets anybody sign in with one.
func (a *attempt) loadPasskeys(tx *db.Tx) (err error) {
	if a.User == nil || !passkey.FirstFactor(a.Pool) {
		return nil
	}
	a.passkeys, err = a.Parties.Usable(tx, a.Pool, a.User.Sub, a.page())
	return err
}
