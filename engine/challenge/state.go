package challenge

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/id"
)

// SignedUp is the step of the Session that ConfirmSignUp answers with: its holder has just proven an address, and may
// sign in with USER_AUTH without a further proof. SigningUp is that of SignUp's own. All other steps are challenges.
const (
	SignedUp  = "SIGNED_UP"
	SigningUp = "SIGNING_UP"
)

// State is what a sign-in remembers from one step to the next.
type State struct {
	ID        string   `json:"i"`           // what is spent
	Sub       id.Sub   `json:"u,omitempty"` // empty for an unknown user
	Name      string   `json:"n"`           // the name signed in with, folded
	At        int64    `json:"t"`           // when the step was set, in Unix milliseconds
	Set       int64    `json:"p,omitempty"` // when the password was set, likewise: another password voids the state
	Choice    bool     `json:"c,omitempty"` // began as USER_AUTH
	Proven    []string `json:"v,omitempty"` // the proofs that have held so far
	OwnSignUp bool     `json:"w,omitempty"` // began with the Session of the user's own SignUp
	Device    string   `json:"d,omitempty"` // the DEVICE_KEY that the sign-in began with
	Source    string   `json:"s,omitempty"` // what tokens would be made for, as triggers name it
	Custom    string   `json:"f,omitempty"` // the custom sign-in that this is, while its functions decide; empty: none
	Round     int64    `json:"r,omitempty"` // the round that it is in
	Options   []string `json:"o,omitempty"` // what the step offers to choose from
	Data      []byte   `json:"x,omitempty"` // the step's own
}

// New is the state of a sign-in that begins now, of the user or, when u is nil, of nobody.
func New(now time.Time, name string, u *user.User) State {
	st := State{Name: name}
	if u != nil {
		st.Sub, st.Set = u.Sub, db.Millis(u.PasswordSet)
	}
	return st.Next(now)
}

// Next is the state at the beginning of another step: the same sign-in, with nothing of the last step left.
func (st State) Next(now time.Time) State {
	st.ID, st.At = id.NewOrderedUUID(now), db.Millis(now)
	st.Options, st.Data = nil, nil
	st.Proven = slices.Clone(st.Proven)
	return st
}

// With is the state once another proof has held.
func (st State) With(proof string) State {
	st.Proven = append(slices.Clone(st.Proven), proof)
	return st
}

// Of tells whether the state still is about the user as they are: no other password has been set since.
func (st State) Of(u *user.User) bool {
	return u != nil && u.Sub == st.Sub && db.Millis(u.PasswordSet) == st.Set
}

// Encode is the state in JSON, as long for an unknown user as for a known one, since the length of what is sealed can be seen.
func (st State) Encode() ([]byte, error) {
	plain, err := json.Marshal(st)
	if err != nil {
		return nil, err
	}
	st.Sub, st.Set = longestSub, longestSet
	long, err := json.Marshal(st)
	if err != nil {
		return nil, err
	}
	return append(plain, bytes.Repeat([]byte(" "), max(0, len(long)-len(plain)))...), nil
}

// What a user's state has and an unknown user's has not, at its usual length.
var longestSub = id.Sub(strings.Repeat("0", 36))

const longestSet = 1_000_000_000_000

// Spent is the name under which the state is remembered as used.
func (st State) Spent() string { return "signin/" + st.ID }
