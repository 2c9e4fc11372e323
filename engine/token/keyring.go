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

// keyring is a pool's keys, ready for use. They never change while the pool lives.
type keyring struct {
	id, access *jose.SigningKey
	public     []jose.Key
}

// keyringOf is keyring for callers that have no transaction yet; mostly it needs none.
func (m *Minter) keyringOf(ctx context.Context, pool id.Pool) (k *keyring, err error) {
	if k, ok := db.Recall[*keyring](m.DB, keyringName(pool), 1); ok {
		return k, nil
	}
	err = m.DB.Read(ctx, func(tx *db.Tx) error {
		k, err = m.keyring(tx, pool)
		return err
	})
	return k, err
}

func keyringName(pool id.Pool) string { return "token/keyring/" + string(pool) }

// keyring opens a pool's keys, once.
func (m *Minter) keyring(tx *db.Tx, pool id.Pool) (*keyring, error) {
	return db.Memo(tx, keyringName(pool), 1, func() (*keyring, error) {
		k, err := m.loadKeyring(tx, pool)
		if err != nil {
			return nil, fmt.Errorf("signing keys of %s: %w", pool, err)
		}
		return k, nil
	})
}

func (m *Minter) loadKeyring(tx *db.Tx, pool id.Pool) (*keyring, error) {
	keys, err := signingkey.ForPool(tx, pool)
	if err != nil {
		return nil, err
	}
	box, err := m.Ring.Box(tx, pool)
	if err != nil {
		return nil, err
	}
	ring := &keyring{}
	for _, key := range keys {
		private, err := openKey(box, key)
		if err != nil {
			return nil, err
		}
		ready := jose.NewSigningKey(key.ID, m.signer(private))
		if key.Purpose == signingkey.IDTokens {
			ring.id = ready
		} else {
			ring.access = ready
		}
		ring.public = append(ring.public, jose.Key{ID: key.ID, Public: &private.PublicKey})
	}
	if ring.id == nil || ring.access == nil {
		return nil, db.ErrNotFound
	}
	return ring, nil
}

func (m *Minter) signer(key *rsa.PrivateKey) jose.Signer {
	if m.Signer != nil {
		return m.Signer(key)
	}
	return jose.RSA{Key: key}
}

// PublicKeys are the keys by which a pool's tokens are verified, or db.ErrNotFound. The slice is shared: do not change it.
func (m *Minter) PublicKeys(tx *db.Tx, pool id.Pool) ([]jose.Key, error) {
	k, err := m.keyring(tx, pool)
	if err != nil {
		return nil, err
	}
	return k.public, nil
}
