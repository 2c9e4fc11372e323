package signin

import (
	"errors"
	"slices"

	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
)

// loadChoice finds whom USER_AUTH is about, and what they can begin with.
func loadChoice(t *turn, tx *db.Tx) error {
	if err := t.find(tx); err != nil {
		return err
	}
	if t.session != "" {
		return t.openSignUp(tx)
	}
	if err := t.loadPasskeys(tx); err != nil {
		return err
	}
	t.options = t.choices()
	if len(t.options) == 0 && t.user != nil && t.user.Enabled {
		t.forget()
	}
	if t.given["PASSWORD"] == "" {
		return nil // nothing is attempted yet
	}
	return t.begin(tx)
}

// forget goes on with a user who has nothing to begin with as with nobody, from the first step to the last: or the name
// could be told from one that is nobody's.
func (t *turn) forget() {
	t.user, t.device, t.known = nil, nil, false
	t.state = challenge.New(t.now, t.name, nil)
	t.options = t.choices()
}

// beginChoice is USER_AUTH's first step: the challenge that the client prefers, if the user can answer it, and otherwise
// the choice among those that they can.
func beginChoice(t *turn) (*Outcome, error) {
	if t.user == nil && !t.Client.HidesUsers() {
		return nil, cognitoidp.UserNotFound("User does not exist.")
	}
	if err := t.present(); err != nil {
		return nil, err
	}
	if err := t.untriggered(); err != nil {
		return nil, err
	}
	if t.session != "" {
		return t.advance(t, &pass{proof: factor.SignUp, source: "Authentication", effects: []effect{t.spendSession}})
	}

	t.state.Choice = true
	available := t.options
	out, err := t.prefer(t.given["PREFERRED_CHALLENGE"])
	if err == nil && out.Challenge != "" {
		out.Available = available
	}
	return out, err
}

// openSignUp reads the Session with which ConfirmSignUp has answered. It is the user's own, or none.
func (t *turn) openSignUp(tx *db.Tx) error {
	began := t.state
	if err := t.openSession(tx, challenge.SignedUp); err != nil {
		return err
	}
	if !t.state.Of(t.user) {
		return challenge.ErrInvalid
	}
	t.state.Device = began.Device
	return nil
}

// choices are the challenges that the user can begin with; for nobody, those that somebody would have.
func (t *turn) choices() []string {
	srp := t.keepsVerifiers()
	if t.user == nil {
		return factor.UnknownUserChoices(t.Pool, t.decoyPasskeys(), srp)
	}
	return factor.Choices(t.Pool, t.user, len(t.passkeys) > 0, srp)
}

// prefer goes to the preferred challenge with what was sent for it, or asks for a choice.
func (t *turn) prefer(preferred string) (*Outcome, error) {
	if !slices.Contains(t.options, preferred) {
		return proofs[cognitoidp.ChallengeNameTypeSelectChallenge].challenge(t)
	}
	done, err := t.take(preferred)
	if err != nil {
		return nil, err
	}
	if done.proof == "" {
		return done.then.challenge(t)
	}
	return t.advance(t, done)
}

// take goes as far with a chosen challenge as what was sent with the choice allows: a password is judged at once, an
// SRP_A answered at once, and anything else is asked for.
func (t *turn) take(chosen string) (*pass, error) {
	switch {
	case chosen == cognitoidp.ChallengeNameTypePassword && t.given["PASSWORD"] != "":
		return t.verifyPassword(t.given["PASSWORD"])
	case chosen == cognitoidp.ChallengeNameTypePasswordSrp && t.given["SRP_A"] != "":
		if _, err := t.parseSRPA(); err != nil {
			return nil, err
		}
		return &pass{then: passwordVerifier{}}, nil
	}
	return &pass{then: proofs[chosen]}, nil
}

// selectChallenge is the SELECT_CHALLENGE challenge: the first factor is the user's choice.
type selectChallenge struct{ bySession }

func (selectChallenge) needs() []string { return []string{"ANSWER"} }

func (p selectChallenge) challenge(t *turn) (*Outcome, error) {
	st := t.state.Next(t.now)
	st.Options = t.options
	return t.ask(p.step, st, map[string]string{})
}

// open also takes the Session of a passkey that was asked for: whoever cancels may choose again, with that Session as
// Amplify does.
func (p selectChallenge) open(t *turn, tx *db.Tx) (mismatch, err error) {
	mismatch, err = p.bySession.open(t, tx)
	if err != nil && errors.Is(err, challenge.ErrInvalid) { // it is no choice's
		err = t.openSession(tx, cognitoidp.ChallengeNameTypeWebAuthn)
	}
	return mismatch, err
}

func (p selectChallenge) load(t *turn, tx *db.Tx) error { return t.loadPasskeys(tx) }

func (selectChallenge) verify(t *turn) (*pass, error) {
	if err := t.enabled(); err != nil {
		return nil, err
	}
	if err := t.chosen(t.choices()); err != nil {
		return nil, err
	}
	t.options = t.state.Options
	done, err := t.take(t.given["ANSWER"])
	if err != nil {
		return nil, err
	}
	done.effects, done.quiet = append(done.effects, t.spendSession), false
	return done, nil
}

// chosen sees that an ANSWER is one of those that were offered and still are to be had.
func (t *turn) chosen(now []string) error {
	answer := t.given["ANSWER"]
	if !slices.Contains(t.state.Options, answer) || !slices.Contains(now, answer) {
		return cognitoidp.InvalidParameter("The selected challenge is not available: " + answer)
	}
	return nil
}
