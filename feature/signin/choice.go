package signin

import (
	"errors"
	"slices"

	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/engine/unknown"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
)

// findToChoose finds whom USER_AUTH is about, and what they can begin with.
func findToChoose(a *attempt, tx *db.Tx) error {
	if err := a.find(tx); err != nil {
		return err
	}
	if a.in.Session != "" {
		return a.openSignUp(tx)
	}
	return a.findChoices(tx)
}

// findChoices finds what the user can begin with.
func (a *attempt) findChoices(tx *db.Tx) error {
	if err := a.loadPasskeys(tx); err != nil {
		return err
	}
	a.options = a.choices()
	if len(a.options) == 0 && a.User != nil && a.User.Enabled {
		a.treatAsUnknown()
		a.options = a.choices()
	}
	if a.in.Given["PASSWORD"] == "" {
		return nil // nothing is guessed at yet
	}
	return a.beginTry(tx)
}

// openSignUp reads the Session of the user's own sign-up. That of ConfirmSignUp is a proof. That of SignUp is none: it only
// tells that whoever signs in has made the account, so that what they set there stays theirs.
func (a *attempt) openSignUp(tx *db.Tx) error {
	began := a.state
	step := challenge.SignedUp
	err := a.openSession(tx, step)
	if errors.Is(err, challenge.ErrInvalid) {
		step = challenge.SigningUp
		err = a.openSession(tx, step)
	}
	if err != nil {
		return err
	}
	if !a.state.Of(a.User) {
		return challenge.ErrInvalid
	}
	a.state.Device = began.Device
	if step == challenge.SignedUp {
		a.signedUp = true
		return nil
	}
	a.state = began
	a.state.OwnSignUp = true
	return a.findChoices(tx)
}

// beginChoice is USER_AUTH's first step: the challenge that the client prefers, if the user can answer it, and otherwise
// the choice among those that they can.
func beginChoice(a *attempt) (*success, error) {
	if err := a.mayGuess(); err != nil {
		return nil, err
	}
	if a.signedUp {
		return &success{proof: factor.SignUp, source: "Authentication", effects: []effect{a.spendSession}}, nil
	}

	a.state.Choice = true
	a.available = a.options
	preferred := a.in.Given["PREFERRED_CHALLENGE"]
	if !slices.Contains(a.options, preferred) {
		return &success{then: proofs[cognitoidp.ChallengeNameTypeSelectChallenge]}, nil
	}
	return a.take(preferred)
}

// choices are the challenges that the user can begin with; for an unknown user, those that somebody would have.
func (a *attempt) choices() []string {
	srp := a.keepsVerifiers()
	if a.User == nil {
		id := a.unknownID()
		return factor.UnknownUserChoices(a.Pool, unknown.HasPhone(a.Box, id), a.party().ID != "" && unknown.HasPasskey(a.Box, id), srp)
	}
	return factor.Choices(a.Pool, a.User, len(a.passkeys) > 0, srp)
}

// take goes as far with a chosen challenge as what was sent with the choice allows: a password is judged at once, an
// SRP_A answered at once, and anything else is asked for.
func (a *attempt) take(chosen string) (*success, error) {
	switch {
	case chosen == cognitoidp.ChallengeNameTypePassword && a.in.Given["PASSWORD"] != "":
		return a.judgePassword(a.in.Given["PASSWORD"])
	case chosen == cognitoidp.ChallengeNameTypePasswordSrp && a.in.Given["SRP_A"] != "":
		if _, err := a.parseSRPA(); err != nil {
			return nil, err
		}
		return &success{then: passwordVerifier{}}, nil
	}
	return &success{then: proofs[chosen]}, nil
}

// selectChallenge is the SELECT_CHALLENGE challenge: the first factor is the user's choice.
type selectChallenge struct{ bySession }

func (selectChallenge) needs() []string { return []string{"ANSWER"} }

func (p selectChallenge) challenge(a *attempt) (*Outcome, error) {
	st := a.state.Next(a.now)
	st.Options = a.options
	return a.askWith(p.step, st, map[string]string{})
}

// open also takes the Session of a passkey that was asked for: whoever cancels may choose again, with that Session as
// Amplify does.
func (p selectChallenge) open(a *attempt, tx *db.Tx) error {
	err := p.bySession.open(a, tx)
	if errors.Is(err, challenge.ErrInvalid) { // it is no choice's
		err = a.openSession(tx, cognitoidp.ChallengeNameTypeWebAuthn)
	}
	return err
}

func (p selectChallenge) load(a *attempt, tx *db.Tx) error { return a.loadPasskeys(tx) }

func (selectChallenge) sends(a *attempt) string { return a.passwordFor(a.in.Given["ANSWER"]) }

// judge takes a choice. By itself that proves nothing, so it uses no Session up and is not remembered; a right password that
// comes with it does.
func (selectChallenge) judge(a *attempt) (*success, error) {
	if err := a.enabled(); err != nil {
		return nil, err
	}
	chosen := a.in.Given["ANSWER"]
	if err := a.check(chosen, a.choices()); err != nil {
		return nil, err
	}
	a.options = a.state.Options
	done, err := a.take(chosen)
	if err == nil && done.proof != "" {
		done.effects = append(done.effects, a.spendSession)
	}
	return done, err
}

// check refuses a choice that was not offered, or that is not available any more.
func (a *attempt) check(chosen string, available []string) error {
	if !slices.Contains(a.state.Options, chosen) || !slices.Contains(available, chosen) {
		return cognitoidp.InvalidParameter("The selected challenge is not available: " + chosen)
	}
	return nil
}
