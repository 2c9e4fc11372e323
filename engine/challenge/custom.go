package challenge

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cardea/engine/lockout"
	"cardea/platform/db"
	"cardea/record/customauth"
	"cardea/spec/triggerevent"
)

// Bounds of the custom sign-ins that have not succeeded.
const (
	mostOfHolder = 10  // of one user, from one address: a newer one takes the place of the oldest
	mostOfSource = 500 // from one address, as many as lockout allows failures
)

// ErrManyCustom says that too many custom sign-ins were begun from an address and have not succeeded.
var ErrManyCustom = errors.New("too many custom sign-ins from this address")

// Custom is what a custom sign-in remembers from one round to the next: a Session has no room for it. Only its functions and
// the server see it.
type Custom struct {
	Rounds   []triggerevent.Round `json:"r"`           // that were answered
	Told     int                  `json:"t"`           // how many of State.Proven they tell of
	SRPA     string               `json:"a,omitempty"` // the client's half of an exchange, of a sign-in that began with one
	Private  map[string]string    `json:"p,omitempty"` // of the challenge that is open
	Metadata string               `json:"m,omitempty"` // likewise
}

// AllowCustom answers ErrManyCustom if no more custom sign-ins may be begun from the source. It is a check in advance: requests
// in flight may exceed the bound.
func (s Sessions) AllowCustom(tx *db.Tx, source lockout.Source) error {
	from := s.customSource(source)
	if from == "" {
		return nil
	}
	live, err := customauth.Count(tx, s.Pool.ID, from)
	if err == nil && live >= mostOfSource {
		return ErrManyCustom
	}
	return err
}

// Custom reads what the custom sign-in of a state remembers. It answers ErrUsed when it has left the round of the state.
func (s Sessions) Custom(tx *db.Tx, st State) (*Custom, error) {
	row, err := customauth.Get(tx, s.Pool.ID, st.Custom)
	if errors.Is(err, db.ErrNotFound) || err == nil && row.Round != st.Round {
		return nil, ErrUsed
	}
	if err != nil {
		return nil, fmt.Errorf("read custom sign-in: %w", err)
	}
	plain, err := s.Box.Open(s.customLabel(st), row.Sealed)
	if err != nil {
		return nil, ErrInvalid // another client's
	}
	var c Custom
	if err := json.Unmarshal(plain, &c); err != nil {
		return nil, fmt.Errorf("decode custom sign-in: %w", err)
	}
	return &c, nil
}

// BeginCustom stores a custom sign-in that waits in its first round. It has failed already if c is nil, and then only counts.
func (s Sessions) BeginCustom(tx *db.Tx, st State, c *Custom, source lockout.Source) error {
	row, err := s.customRow(tx, st, c)
	if err != nil {
		return err
	}
	row.Source = s.customSource(source)
	row.Holder = lockout.UnknownUser(s.Box, st.Name)
	if st.Sub != "" {
		row.Holder = customauth.UserHolder(st.Sub)
	}
	return customauth.Insert(tx, row, mostOfHolder)
}

// NextCustom stores the round of a state in the place of the one before, or that the sign-in has failed there if c is nil. It
// answers ErrUsed to all but the first who leave a round.
func (s Sessions) NextCustom(tx *db.Tx, st State, c *Custom) error {
	row, err := s.customRow(tx, st, c)
	if err != nil {
		return err
	}
	return used(customauth.Update(tx, row, st.Round-1))
}

// EndCustom removes a custom sign-in that has succeeded after the round before the one of a state, or answers ErrUsed likewise.
func (s Sessions) EndCustom(tx *db.Tx, st State) error {
	return used(customauth.Delete(tx, s.Pool.ID, st.Custom, st.Round-1))
}

func used(err error) error {
	if errors.Is(err, db.ErrStale) {
		return ErrUsed
	}
	return err
}

// customRow is the row of a sign-in in the round of a state.
func (s Sessions) customRow(tx *db.Tx, st State, c *Custom) (*customauth.SignIn, error) {
	row := &customauth.SignIn{Pool: s.Pool.ID, ID: st.Custom, Sealed: []byte{}, Expires: tx.Now.Add(s.customLife(c))}
	if c == nil {
		return row, nil
	}
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode custom sign-in: %w", err)
	}
	row.Round, row.Sealed = st.Round, s.Box.Seal(s.customLabel(st), plain)
	return row, nil
}

// customLife is how long a round may take. A custom challenge takes one Session. Between two rounds Cognito itself may ask for a
// password, another password and a second factor that is chosen before. The Sessions decide; the row lasts a little longer,
// since functions may take their time to judge an answer.
func (s Sessions) customLife(c *Custom) time.Duration {
	const slack = time.Minute
	if c == nil || c.Private != nil {
		return s.Client.SessionTTL() + slack
	}
	return 5*s.Client.SessionTTL() + slack
}

func (s Sessions) customLabel(st State) string {
	return "signin/custom/" + st.Custom + "/" + string(s.Client.ID)
}

// customSource stands for the address of a source; empty when that is not known.
func (s Sessions) customSource(source lockout.Source) string {
	network := source.Network()
	if network == "" {
		return ""
	}
	return hex.EncodeToString(s.Box.MAC("custom sign-in", []byte(network))[:16])
}
