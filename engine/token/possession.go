package token

import (
	"context"
	"errors"

	"cardea/platform/db"
	"cardea/record/replay"
	"cardea/spec/dpop"
	"cardea/spec/id"
)

// Spend makes sure that a proof of possession is shown once, durable when tx is. It answers dpop.ErrProof for one that was
// shown before. No proof is none to spend.
func Spend(tx *db.Tx, pool id.Pool, proof *dpop.Proof) error {
	if proof == nil {
		return nil
	}
	err := replay.Use(tx, pool, "dpop/"+id.Digest(proof.Key+"/"+proof.ID), proof.Until)
	if errors.Is(err, db.ErrExists) {
		return dpop.ErrProof
	}
	return err
}

// thumbprint is that of a proof's key; empty without a proof.
func thumbprint(proof *dpop.Proof) string {
	if proof == nil {
		return ""
	}
	return proof.Key
}

// tokenType is the type of access tokens that are bound to a key, or to none.
func tokenType(key string) string {
	if key != "" {
		return dpop.Scheme
	}
	return "Bearer"
}

// confirm adds the key that an access token is bound to (RFC 9449 §6.1), which no function changes.
func (c *claims) confirm(key string) {
	if key != "" {
		c.b = append(appendText(append(c.member("cnf"), `{"jkt":`...), key), '}')
	}
}

// AuthenticateHolder is Authenticate for an access token that is bound to a key, by a caller that has proven to hold one. The
// proof is still to be spent. It answers ErrBoundAccess when the token is bound to another key, or to none.
func (m *Minter) AuthenticateHolder(ctx context.Context, jwt string, proof *dpop.Proof) (*Claims, error) {
	c, err := m.verify(ctx, jwt)
	if err != nil {
		return nil, err
	}
	if c.Confirmation.Key != proof.Key {
		return nil, ErrBoundAccess
	}
	return c, nil
}
