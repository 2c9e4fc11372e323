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

func (p passkeyAssertion) challenge(t *turn) (*Outcome, error) {
	if err := t.enabled(); err != nil {
		return nil, err
	}
	options, ceremony, err := t.ceremony().Begin()
	if errors.Is(err, passkey.ErrNone) {
		return nil, cognitoidp.NotAuthorized("The user has no passkey for this user pool.")
	}
	if err != nil {
		return nil, err
	}
	st := t.state.Next(t.now)
	st.Data, st.Options = ceremony, t.options
	return t.ask(p.step, st, map[string]string{"CREDENTIAL_REQUEST_OPTIONS": options, "USERNAME": t.srpID()})
}

func (p passkeyAssertion) load(t *turn, tx *db.Tx) error { return t.loadPasskeys(tx) }

func (p passkeyAssertion) verify(t *turn) (*pass, error) {
	if err := t.present(); err != nil {
		return nil, err
	}
	assertion, err := t.ceremony().Finish(t.state.Data, t.given["CREDENTIAL"])
	if errors.Is(err, passkey.ErrRefused) || err == nil && t.user == nil {
		return nil, t.miss(incorrect())
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
	done := &pass{
		proof: factor.Passkey, source: "Authentication",
		effects: []effect{t.spendSession, t.unlock, count, t.welcome},
	}
	if assertion.Verified && factor.Multi(t.Pool) {
		done.proof = factor.VerifiedKey
	}
	t.user = t.welcomed()
	return done, nil
}

// ceremony is the user's sign-in with a passkey, or nobody's.
func (t *turn) ceremony() passkey.SignIn {
	s := passkey.SignIn{App: t.App, Credentials: t.passkeys}
	if t.user == nil {
		s.Credentials = passkey.Decoys(t.Box, t.Pool, t.name)
	}
	return s
}

// loadPasskeys loads the user's passkeys, if the pool lets anybody sign in with one.
func (t *turn) loadPasskeys(tx *db.Tx) (err error) {
	if t.user == nil || !passkey.FirstFactor(t.Pool) {
		return nil
	}
	t.passkeys, err = passkey.Usable(tx, t.Pool, t.user.Sub)
	return err
}

// decoyPasskeys tells whether somebody who does not exist has a passkey: half of them do, each always or never.
func (t *turn) decoyPasskeys() bool {
	return t.Box.MAC("passkey decoy owner", []byte(t.name))[0]&1 == 0
}
