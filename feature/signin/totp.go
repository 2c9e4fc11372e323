package signin

import (
	"errors"

	"cardea/engine/factor"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// softwareToken is the SOFTWARE_TOKEN_MFA challenge: a code of the app that the user has registered. Each works once.
type softwareToken struct{ bySession }

// codeMember is the answer's code.
const codeMember = "SOFTWARE_TOKEN_MFA_CODE"

func (softwareToken) needs() []string { return []string{codeMember} }

func (p softwareToken) challenge(t *turn) (*Outcome, error) {
	parameters := map[string]string{"USER_ID_FOR_SRP": t.srpID()}
	if t.user.MFA.App != "" {
		parameters["FRIENDLY_DEVICE_NAME"] = t.user.MFA.App
	}
	return t.ask(p.step, t.state.Next(t.now), parameters)
}

// load judges the code; what it finds counts only if nothing keeps the user from answering.
func (softwareToken) load(t *turn, tx *db.Tx) (err error) {
	if t.user == nil {
		return nil
	}
	t.accepted, t.judgement = factor.SoftwareTokens{}.Check(tx, t.box, t.user, t.given[codeMember])
	return nil
}

func (softwareToken) verify(t *turn) (*pass, error) {
	if err := t.present(); err != nil {
		return nil, err
	}
	switch err := t.judgement; {
	case errors.Is(err, factor.ErrNone):
		return nil, cognitoidp.SoftwareTokenMFANotFound("Software Token MFA has not been enabled by the user.")
	case errors.Is(err, factor.ErrMismatch):
		return nil, t.miss(cognitoidp.CodeMismatch("Invalid code received for user"))
	case errors.Is(err, factor.ErrReused):
		return nil, t.miss(usedCode())
	case err != nil:
		return nil, err
	}
	use := func(tx *db.Tx, _ *user.User) error {
		err := factor.SoftwareTokens{}.Use(tx, t.accepted)
		if errors.Is(err, factor.ErrReused) {
			return usedCode()
		}
		return err
	}
	return &pass{proof: factor.SoftwareToken, effects: []effect{t.spendSession, t.unlock, use}}, nil
}

func usedCode() error {
	return cognitoidp.ExpiredCode("Your software token has already been used once.")
}
