package signin

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cardea/platform/db"
	"cardea/record/spent"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// state is what a challenge remembers, sealed, until it is answered. The seal binds it to the pool, the client and the
// challenge.
type state struct {
	ID   string `json:"i"`           // what is spent
	Sub  id.Sub `json:"u,omitempty"` // empty when the name is nobody's
	Name string `json:"n"`           // the name signed in with, folded
	At   int64  `json:"t"`           // when it was made, in Unix milliseconds
	Set  int64  `json:"p,omitempty"` // when the password was set: another password voids the state
}

func (t *turn) newState() state {
	st := state{ID: id.NewOrderedUUID(t.now), Name: t.name, At: db.Millis(t.now)}
	if t.user != nil {
		st.Sub, st.Set = t.user.Sub, db.Millis(t.user.PasswordSet)
	}
	return st
}

// newSession makes the Session string of a challenge.
func (t *turn) newSession(challenge string) (string, error) {
	plain, err := json.Marshal(t.newState())
	if err != nil {
		return "", fmt.Errorf("encode session: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(t.box.Seal(t.label("session", challenge), plain)), nil
}

// openSession reads the Session string of an answer into the turn's state.
func (t *turn) openSession(tx *db.Tx, challenge string) error {
	if t.session == "" {
		return cognitoidp.InvalidParameter("Missing required parameter Session")
	}
	sealed, err := base64.RawURLEncoding.DecodeString(t.session)
	if err != nil {
		return invalidSession("")
	}
	plain, err := t.box.Open(t.label("session", challenge), sealed)
	if err != nil {
		return invalidSession("")
	}
	if err := json.Unmarshal(plain, &t.state); err != nil {
		return fmt.Errorf("decode session: %w", err)
	}
	if t.now.After(t.sessionEnd()) {
		return invalidSession(expired)
	}
	used, err := spent.Is(tx, t.pool.ID, t.spentName())
	if err != nil {
		return err
	}
	if used {
		return invalidSession(reused)
	}
	return nil
}

// spentName is what is remembered of a state that was used.
func (t *turn) spentName() string { return "signin/" + t.state.ID }

func (t *turn) sessionEnd() time.Time { return db.Time(t.state.At).Add(t.client.SessionTTL()) }

// spendSession is the effect that uses a session up.
func (t *turn) spendSession(tx *db.Tx, _ *user.User) error {
	err := spent.Spend(tx, t.pool.ID, t.spentName(), t.sessionEnd())
	if errors.Is(err, db.ErrExists) {
		return invalidSession(reused)
	}
	return err
}

func (t *turn) label(what, challenge string) string {
	return "signin/" + what + "/" + challenge + "/" + string(t.client.ID)
}

const (
	expired = ", session is expired"
	reused  = ", session can only be used once"
)

func invalidSession(why string) error {
	return cognitoidp.NotAuthorized("Invalid session for the user" + why + ".")
}
