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

func (p softwareToken) challenge(a *attempt) (*Outcome, error) {
	parameters := map[string]string{"USER_ID_FOR_SRP": a.srpID()}
	if a.User.MFA.App != "" {
		parameters["FRIENDLY_DEVICE_NAME"] = a.User.MFA.App
	}
	return a.askWith(p.step, a.state.Next(a.now), parameters)
}

func (softwareToken) quick() {}

func (softwareToken) load(a *attempt, tx *db.Tx) (err error) {
	if a.User == nil {
		return nil
	}
	a.token, err = factor.SoftwareTokens{}.InForce(tx, a.User)
	if errors.Is(err, factor.ErrNone) {
		return nil // judge says so, once it is known that the user may answer
	}
	return err
}

func (softwareToken) judge(a *attempt) (*success, error) {
	if err := a.mayGuess(); err != nil {
		return nil, err
	}
	if a.token == nil {
		return nil, cognitoidp.SoftwareTokenMFANotFound("Software Token MFA has not been enabled by the user.")
	}
	code, err := factor.SoftwareTokens{}.Judge(a.now, a.Box, a.token, a.in.Given[codeMember])
	switch {
	case errors.Is(err, factor.ErrMismatch):
		return nil, a.wrongAnswer(cognitoidp.CodeMismatch("Invalid code received for user"))
	case errors.Is(err, factor.ErrReused):
		return nil, a.wrongAnswer(usedCode())
	case err != nil:
		return nil, err
	}
	use := func(tx *db.Tx, _ *user.User) error {
		factor.SoftwareTokens{}.Use(tx, code, usedCode())
		return nil
	}
	return &success{proof: factor.SoftwareToken, effects: []effect{a.spendSessionLater, a.unlock, use}}, nil
}

func usedCode() error {
	return cognitoidp.ExpiredCode("Your software token has already been used once.")
}
