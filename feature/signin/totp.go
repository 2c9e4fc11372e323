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

func (softwareToken) light() {}

func (softwareToken) verify(t *turn) (*pass, error) {
	if err := t.present(); err != nil {
		return nil, err
	}
	code, err := factor.SoftwareTokens{}.Check(t.tx, t.Box, t.user, t.given[codeMember])
	switch {
	case errors.Is(err, factor.ErrNone):
		return nil, cognitoidp.SoftwareTokenMFANotFound("Software Token MFA has not been enabled by the user.")
	case errors.Is(err, factor.ErrMismatch):
		return nil, t.miss(cognitoidp.CodeMismatch("Invalid code received for user"))
	case errors.Is(err, factor.ErrReused):
		return nil, t.miss(usedCode())
	case err != nil:
		return nil, err
	}
	use := func(tx *db.Tx, _ *user.User) error { return factor.SoftwareTokens{}.Use(tx, code) }
	return &pass{proof: factor.SoftwareToken, effects: []effect{t.spendSession, t.unlock, use}}, nil
}

func usedCode() error {
	return cognitoidp.ExpiredCode("Your software token has already been used once.")
}
