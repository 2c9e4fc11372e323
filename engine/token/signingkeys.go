package token

import (
	"context"
	"crypto/rsa"
	"fmt"

	"cardea/platform/db"
	"cardea/record/signingkey"
	"cardea/spec/id"
	"cardea/spec/jose"
)

// signingKeys are a pool's keys, ready for use. They never change while the pool lives.
type signingKeys struct {
	id, access *jose.SigningKey
	public     []jose.Key
}

// signingKeysOf is signingKeys for callers that have no transaction yet; mostly it needs none.
func (m *Minter) signingKeysOf(ctx context.Context, pool id.Pool) (k *signingKeys, err error) {
	if k, ok := db.Recall[*signingKeys](m.DB, signingKeysName(pool), 1); ok {
		return k, nil
	}
	err = m.DB.Read(ctx, func(tx *db.Tx) error {
		k, err = m.signingKeys(tx, pool)
		return err
	})
	return k, err
}

func signingKeysName(pool id.Pool) string { return "token/signingKeys/" + string(pool) }

// signingKeys opens a pool's keys, once.
func (m *Minter) signingKeys(tx *db.Tx, pool id.Pool) (*signingKeys, error) {
	return db.Memo(tx, signingKeysName(pool), 1, func() (*signingKeys, error) {
		k, err := m.loadSigningKeys(tx, pool)
		if err != nil {
			return nil, fmt.Errorf("signing keys of %s: %w", pool, err)
		}
		return k, nil
	})
}

func (m *Minter) loadSigningKeys(tx *db.Tx, pool id.Pool) (*signingKeys, error) {
	rows, err := signingkey.ForPool(tx, pool)
	if err != nil {
		return nil, err
	}
	box, err := m.Ring.Box(tx, pool)
	if err != nil {
		return nil, err
	}
	keys := &signingKeys{}
	for _, key := range rows {
		private, err := openKey[*rsa.PrivateKey](box, key)
		if err != nil {
			return nil, err
		}
		ready := jose.NewSigningKey(jose.RS256, key.ID, m.signer(private))
		if key.Purpose == signingkey.IDTokens {
			keys.id = ready
		} else {
			keys.access = ready
		}
		keys.public = append(keys.public, jose.Key{ID: key.ID, Public: &private.PublicKey})
	}
	if keys.id == nil || keys.access == nil {
		return nil, db.ErrNotFound
	}
	return keys, nil
}

func (m *Minter) signer(key *rsa.PrivateKey) jose.Signer {
	if m.Signer != nil {
		return m.Signer(key)
	}
	return jose.RSA{Key: key}
}

// PublicKeys are the keys by which a pool's tokens are verified, or db.ErrNotFound. The slice is shared: do not change it.
func (m *Minter) PublicKeys(tx *db.Tx, pool id.Pool) ([]jose.Key, error) {
	k, err := m.signingKeys(tx, pool)
	if err != nil {
		return nil, err
	}
	return k.public, nil
}
