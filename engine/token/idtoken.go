package token

import (
	"context"
	"errors"

	"cardea/platform/db"
	"cardea/spec/id"
	"cardea/spec/jose"
)

// ErrForgedID says that a text is no ID token that the pool has signed.
var ErrForgedID = errors.New("the token is no ID token of the pool")

// IDClaims are what an ID token says of its session.
type IDClaims struct {
	Sub     id.Sub
	Client  id.Client
	Session string // event_id
	Expires int64  // in Unix seconds
}

// SignedID establishes that a pool has signed a token with its key for ID tokens: ErrForgedID. The caller judges the claims:
// logout tokens, too, are signed with this key.
func (m *Minter) SignedID(ctx context.Context, pool id.Pool, t *jose.Token) error {
	keys, err := m.signingKeysOf(ctx, pool)
	if err != nil {
		return absent(err, ErrForgedID)
	}
	for _, key := range keys.public {
		if key.ID == keys.id.ID && t.Verify(key) == nil {
			return nil
		}
	}
	return ErrForgedID
}

// AdmitID decides whether the session of a verified ID token goes on and its user is active, by the rule of access tokens. It
// answers the conditions of Admit.
func (m *Minter) AdmitID(tx *db.Tx, pool id.Pool, c IDClaims) error {
	_, err := m.Admit(tx, &Claims{
		Sub: string(c.Sub), Client: string(c.Client), Session: c.Session, Expires: c.Expires, pool: pool,
	})
	return err
}
