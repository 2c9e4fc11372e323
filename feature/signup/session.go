package signup

import (
	"cardea/engine/challenge"
	"cardea/engine/factor"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// nextSession is the Session to answer, which is sealed after the transaction has committed; nil for none.
type nextSession struct {
	sessions challenge.Sessions
	step     string
	state    challenge.State
}

// next begins the Session of a user who signs up by a code to a contact, "email" or "phone_number". The Session signs
// in without another code, so there is one only if the pool accepts such codes as first factors and the client allows
// USER_AUTH.
func (a app) next(step, contact string, st challenge.State) *nextSession {
	if !a.Client.Allows(cognitoidp.ExplicitAuthFlowsTypeAllowUserAuth) || !factor.ByCode(a.Pool, contact) {
		return nil
	}
	return &nextSession{a.sessions(), step, st}
}

// state is the content of the Sessions of a sign-up.
func (a app) state(tx *db.Tx, username string, u *user.User) challenge.State {
	return challenge.New(tx.Now, a.Pool.Fold(username), u)
}

// seal makes the Session string; it is empty when there is none.
func (n *nextSession) seal() (string, error) {
	if n == nil {
		return "", nil
	}
	return n.sessions.Seal(n.step, n.state)
}

func (a app) sessions() challenge.Sessions {
	return challenge.Sessions{App: a.App}
}

// resume reads the Session that SignUp answered with. It answers challenge.ErrInvalid for the Session of another user. Where
// sign-ups are hidden, nobody's Session is one that SignUp answered for the same name.
func (a app) resume(tx *db.Tx, in *cognitoidp.ConfirmSignUpRequest, u *user.User) (st challenge.State, err error) {
	if st, err = a.sessions().Open(tx, challenge.SigningUp, in.Session); err != nil {
		return st, err
	}
	if hidden := u == nil && a.Pool.HidesSignUps(); hidden && st.Name == a.Pool.Fold(in.Username) {
		return st, nil
	}
	if !st.Of(u) {
		return st, challenge.ErrInvalid
	}
	return st, nil
}
