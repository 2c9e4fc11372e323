package signup

import (
	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// promise is a Session that is made once what it tells of has committed. Nil promises none.
type promise struct {
	sessions challenge.Sessions
	step     string
	state    challenge.State
}

// promise begins the Session of someone who is signing up by a code to a contact, "email" or "phone_number". Whoever reads
// the code may sign in with it; so the pool must take such codes for first factors, and the client let users choose them.
func (a app) promise(step, contact string, st challenge.State) *promise {
	if !a.Client.Allows(cognitoidp.ExplicitAuthFlowsTypeAllowUserAuth) || !factor.ByCode(a.Pool, contact) {
		return nil
	}
	return &promise{a.sessions(), step, st}
}

// state is what the Sessions of someone who signs up tell.
func (a app) state(tx *db.Tx, username string, u *user.User) challenge.State {
	return challenge.New(tx.Now, a.Pool.Fold(username), u)
}

// keep makes the Session string; it is empty when none was promised.
func (p *promise) keep() (string, error) {
	if p == nil {
		return "", nil
	}
	return p.sessions.Seal(p.step, p.state)
}

func (a app) sessions() challenge.Sessions {
	return challenge.Sessions{App: a.App}
}

// resume reads the Session that SignUp answered with. Someone else's is none, and so is any of a user who is nobody.
func (a app) resume(tx *db.Tx, session string, u *user.User) (st challenge.State, err error) {
	if st, err = a.sessions().Open(tx, challenge.SigningUp, session); err != nil {
		return st, err
	}
	if !st.Of(u) {
		return st, challenge.ErrInvalid
	}
	return st, nil
}
