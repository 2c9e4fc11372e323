package signin

import (
	"cardea/engine/challenge"
	"cardea/platform/db"
	"cardea/record/user"
)

// sessions makes and reads the Session strings of the turn's client.
func (t *turn) sessions() challenge.Sessions {
	return challenge.Sessions{Pool: t.pool, Client: t.client, Box: t.box}
}

// openSession reads the Session string of an answer into the turn's state.
func (t *turn) openSession(tx *db.Tx, step string) (err error) {
	if t.session == "" {
		return missing("Session")
	}
	t.state, err = t.sessions().Open(tx, step, t.session)
	return err
}

// spendSession is the effect that uses the answered Session up.
func (t *turn) spendSession(tx *db.Tx, _ *user.User) error {
	return t.sessions().Spend(tx, t.state)
}
