package signin

import (
	"errors"

	"cardea/engine/factor"
	"cardea/engine/passkey"
	"cardea/platform/db"
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
	count := func(tx *db.Tx, _ *user.User) error {
		err := assertion.Commit(tx)
		if errors.Is(err, passkey.ErrClone) || errors.Is(err, passkey.ErrRefused) {
			return incorrect()
		}
		return err
	}
	done := &success{
		proof: factor.Passkey, source: "Authentication",
		effects: []effect{a.spendSession, a.unlock, count, a.confirm},
	}
	if assertion.Verified && factor.Multi(a.Pool) {
		done.proof = factor.VerifiedKey
	}
	done.user = a.confirmed(a.User, "")
	return done, nil
}

// ceremony is the sign-in with a passkey of the user, or of the stand-in for an unknown one.
func (a *attempt) ceremony() passkey.SignIn {
	s := passkey.SignIn{App: a.App, Credentials: a.passkeys}
	if a.in.Authorization != nil {
		s.Page = a.in.Authorization.Origin
	}
	if a.User == nil {
		s.Credentials = passkey.Decoys(a.Box, a.Pool, a.unknownID())
	}
	return s
}

// loadPasskeys loads the user's passkeys, if the pool lets anybody sign in with one.
func (a *attempt) loadPasskeys(tx *db.Tx) (err error) {
	if a.User == nil || !passkey.FirstFactor(a.Pool) {
		return nil
	}
	a.passkeys, err = passkey.Usable(tx, a.Pool, a.User.Sub)
	return err
}
