package signin

import (
	"cardea/engine/challenge"
	"cardea/platform/db"
	"cardea/record/user"
)

// sessions makes and reads the Session strings of the turn's client.
func (t *turn) sessions() challenge.Sessions {
	return challenge.Sessions{App: t.App}
}

// ask is the challenge of a step whose state travels in the Session.
func (t *turn) ask(step string, st challenge.State, parameters map[string]string) (*Outcome, error) {
	session, err := t.sessions().Seal(step, st)
	if err != nil {
		return nil, err
	}
	return &Outcome{Challenge: step, Session: session, Parameters: parameters}, nil
}

// bySession is the part of a proof that finds its state in the Session.
type bySession struct {
	step    string
	factors bool // wrong answers count against the account of factors, not that of the password
}

// open leaves it to miss and to spendSession, whoever comes first, to find out that a guess at a factor is for a Session
// that has been used.
func (b bySession) open(t *turn, tx *db.Tx) (mismatch, err error) {
	t.factors = b.factors
	if b.factors {
		return challenge.ErrInvalid, t.readSession(tx, b.step)
	}
	return challenge.ErrInvalid, t.openSession(tx, b.step)
}

// readSession reads the Session string of an answer into the turn's state.
func (t *turn) readSession(tx *db.Tx, step string) (err error) {
	if t.session == "" {
		return missing("Session")
	}
	t.state, err = t.sessions().Read(tx, step, t.session)
	return err
}

// openSession is readSession for answers that cost work which a used Session is not worth.
func (t *turn) openSession(tx *db.Tx, step string) error {
	if err := t.readSession(tx, step); err != nil {
		return err
	}
	return t.sessions().Unused(tx, t.state)
}

// spendSession is the effect that uses the answered Session up.
func (t *turn) spendSession(tx *db.Tx, _ *user.User) error {
	return t.sessions().Spend(tx, t.state)
}
