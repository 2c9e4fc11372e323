package challenge

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/replay"
	"cardea/spec/id"
)

// maxSession bounds a Session string; the interface does, too.
const maxSession = 2048

// Sessions makes and reads the Session strings of one app client.
type Sessions struct{ access.App }

// Enter finds the app client whose a Session is, for operations that are told nothing else. Its fault is that of a Session
// that is none; what else is wrong with it, Open tells.
func Enter(tx *db.Tx, apps access.Apps, text string) (Sessions, error) {
	clientID, _, ok := split(text)
	if !ok {
		return Sessions{}, ErrInvalid
	}
	app, err := apps.Find(tx, string(clientID))
	if err != nil {
		return Sessions{}, unknown(err)
	}
	return Sessions{app}, nil
}

// ClientOf is the app client that a Session string says it is of, which may be anything; empty for one that is malformed.
func ClientOf(text string) id.Client {
	client, _, _ := split(text)
	return client
}

// Seal makes the Session string of a step.
func (s Sessions) Seal(step string, st State) (string, error) {
	plain, err := st.Encode()
	if err != nil {
		return "", fmt.Errorf("encode session: %w", err)
	}
	text := join(s.Client.ID, s.Box.Seal(s.label(step), plain))
	if len(text) > maxSession {
		return "", fmt.Errorf("session of %s is too long: %d characters", step, len(text))
	}
	return text, nil
}

// Open reads the Session string of a step, and answers the fault to show when it is none of this client and step, too old,
// or used.
func (s Sessions) Open(tx *db.Tx, step, text string) (State, error) {
	st, err := s.Read(tx, step, text)
	if err != nil {
		return st, err
	}
	return st, s.Unused(tx, st)
}

// Read is Open for those who learn by Spend or Unused, later on, whether the state has been used.
func (s Sessions) Read(tx *db.Tx, step, text string) (st State, err error) {
	clientID, sealed, ok := split(text)
	if !ok || clientID != s.Client.ID {
		return st, ErrInvalid
	}
	plain, err := s.Box.Open(s.label(step), sealed)
	if err != nil {
		return st, ErrInvalid
	}
	if err := json.Unmarshal(plain, &st); err != nil {
		return st, fmt.Errorf("decode session: %w", err)
	}
	if tx.Now.After(s.end(st)) || s.Pool.Outlived(db.Time(st.At)) { // the latter may have been used in a database that is no more
		return st, ErrExpired
	}
	return st, nil
}

// Unused answers the fault to show when a state has been used. In a transaction that writes it is sure.
func (s Sessions) Unused(tx *db.Tx, st State) error {
	used, err := replay.Used(tx, s.Pool.ID, st.Spent())
	if err != nil {
		return err
	}
	if used {
		return ErrUsed
	}
	return nil
}

// Spend uses a state up. All but the first who come with it get the fault to show.
func (s Sessions) Spend(tx *db.Tx, st State) error {
	err := replay.Use(tx, s.Pool.ID, st.Spent(), s.end(st))
	if errors.Is(err, db.ErrExists) {
		return ErrUsed
	}
	return err
}

// SpendLater is Spend without waiting: the transaction of all but the first fails with ErrUsed.
func (s Sessions) SpendLater(tx *db.Tx, st State) {
	replay.UseLater(tx, s.Pool.ID, st.Spent(), s.end(st), ErrUsed)
}

func (s Sessions) end(st State) time.Time { return db.Time(st.At).Add(s.Client.SessionTTL()) }

func (s Sessions) label(step string) string {
	return "signin/session/" + step + "/" + string(s.Client.ID)
}

// The string is the length of the client's id, the id, and what is sealed.
func join(c id.Client, sealed []byte) string {
	b := append([]byte{byte(len(c))}, c...)
	return base64.RawURLEncoding.EncodeToString(append(b, sealed...))
}

func split(text string) (c id.Client, sealed []byte, ok bool) {
	if len(text) > maxSession || strings.ContainsAny(text, "\r\n") {
		return "", nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) == 0 || len(b) < 1+int(b[0]) {
		return "", nil, false
	}
	n := 1 + int(b[0])
	foreign := func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') }
	if strings.ContainsFunc(string(b[1:n]), foreign) {
		return "", nil, false
	}
	return id.Client(b[1:n]), b[n:], true
}

// The conditions of a Session string.
var (
	ErrInvalid = errors.New("the session is none, or not for this")
	ErrExpired = errors.New("the session has expired")
	ErrUsed    = errors.New("the session has been used")
)

// unknown is err, but for the absence of the client: that shows as a Session that is none.
func unknown(err error) error {
	if _, ok := errors.AsType[*access.UnknownError](err); ok {
		return ErrInvalid
	}
	return err
}
