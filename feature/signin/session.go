package signin

import (
	"cardea/engine/challenge"
	"cardea/platform/db"
	"cardea/record/user"
)

// sessions makes and reads the Session strings of the attempt's app.
func (a *attempt) sessions() challenge.Sessions { return challenge.Sessions{App: a.App} }

// askWith is the challenge of a step whose state travels in the Session.
func (a *attempt) askWith(step string, st challenge.State, parameters map[string]string) (*Outcome, error) {
	session, err := a.sessions().Seal(step, st)
	if err != nil {
		return nil, err
	}
	return &Outcome{Challenge: step, Session: session, Parameters: parameters}, nil
}

// bySession is the part of a proof that finds its state in the Session.
type bySession struct {
	step      string
	guessesAt guessed
}

// open does not look whether the Session of a guess at a factor has been used: recording a wrong answer, or committing a
// right one, finds out. That of a custom challenge has been used when the sign-in is in another round.
func (b bySession) open(a *attempt, tx *db.Tx) error {
	a.guessesAt = b.guessesAt
	if b.guessesAt != atPassword {
		return a.readSession(tx, b.step)
	}
	return a.openSession(tx, b.step)
}

// readSession reads the Session string of an answer.
func (a *attempt) readSession(tx *db.Tx, step string) (err error) {
	if a.in.Session == "" {
		return missing("Session")
	}
	a.opened = true
	a.state, err = a.sessions().Read(tx, step, a.in.Session)
	return err
}

// openSession is readSession for answers that cost work which a used Session is not worth.
func (a *attempt) openSession(tx *db.Tx, step string) error {
	if err := a.readSession(tx, step); err != nil {
		return err
	}
	return a.sessions().Unused(tx, a.state)
}

// spendSession is the effect that uses the answered Session up.
func (a *attempt) spendSession(tx *db.Tx, _ *user.User) error { return a.sessions().Spend(tx, a.state) }

// spendSessionLater is spendSession without waiting, for answers whose other effects refuse nothing that a used Session should be
// told of first.
func (a *attempt) spendSessionLater(tx *db.Tx, _ *user.User) error {
	a.sessions().SpendLater(tx, a.state)
	return nil
}
