package token

import (
	"encoding/json"
	"errors"

	"cardea/platform/db"
	"cardea/spec/id"
	"cardea/spec/jose"
)

// ErrHint says that a text is no ID token of the pool's.
var ErrHint = errors.New("the hint is no ID token of the pool")

// Hint is what an ID token tells of the user and the app that it was made for.
type Hint struct {
	Sub    id.Sub
	Client string
}

// ReadHint reads an ID token of a pool that an app sends back to say whom a request is about. It may have expired, so that it
// proves nothing of the moment. It answers ErrHint.
func (m *Minter) ReadHint(tx *db.Tx, pool id.Pool, hint string) (Hint, error) {
	t, err := jose.Parse(hint)
	if err != nil {
		return Hint{}, ErrHint
	}
	keys, err := m.signingKeys(tx, pool)
	if err != nil {
		return Hint{}, err
	}
	signed := false
	for _, key := range keys.public {
		signed = signed || t.Verify(key) == nil
	}
	var c struct {
		Sub      string `json:"sub"`
		Audience string `json:"aud"`
		Use      string `json:"token_use"`
	}
	if !signed || json.Unmarshal(t.Payload, &c) != nil || c.Use != "id" {
		return Hint{}, ErrHint
	}
	return Hint{Sub: id.Sub(c.Sub), Client: c.Audience}, nil
}
