package token

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"

	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/signingkey"
	"cardea/spec/id"
	"cardea/spec/jose"
)

// keyring is a pool's keys, ready for use. They never change while the pool lives.
type keyring struct {
	id, access *jose.SigningKey
	public     []jose.Key
	set        []byte // the JSON Web Key Set
	discovery  []byte
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
	ring.set = jose.Set(ring.public...)
	ring.discovery, err = m.discovery(pool)
	return ring, err
}

func (m *Minter) signer(key *rsa.PrivateKey) jose.Signer {
	if m.Signer != nil {
		return m.Signer(key)
	}
	return jose.RSA{Key: key}
}

// KeySet is the pool's JSON Web Key Set, and Discovery its OpenID configuration (03-tokens §1); db.ErrNotFound if there is
// no such pool. The bytes are shared: do not change them.
func (m *Minter) KeySet(ctx context.Context, pool id.Pool) ([]byte, error) {
	k, err := m.published(ctx, pool)
	if err != nil {
		return nil, err
	}
	return k.set, nil
}

// Discovery is described at KeySet.
func (m *Minter) Discovery(ctx context.Context, pool id.Pool) ([]byte, error) {
	k, err := m.published(ctx, pool)
	if err != nil {
		return nil, err
	}
	return k.discovery, nil
}

// published is the keyring of a pool that exists still.
func (m *Minter) published(ctx context.Context, name id.Pool) (k *keyring, err error) {
	err = m.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := pool.Get(tx, name); err != nil {
			return err
		}
		k, err = m.keyring(tx, name)
		return err
	})
	return k, err
}

// discovery renders the document of a pool without a domain: it has no endpoints for browsers.
func (m *Minter) discovery(pool id.Pool) ([]byte, error) {
	public := m.Issuer
	if m.Public != nil {
		public = m.Public
	}
	document := struct {
		Algorithms    []string `json:"id_token_signing_alg_values_supported"`
		Issuer        string   `json:"issuer"`
		Keys          string   `json:"jwks_uri"`
		ResponseTypes []string `json:"response_types_supported"`
		Scopes        []string `json:"scopes_supported"`
		SubjectTypes  []string `json:"subject_types_supported"`
		ClientProofs  []string `json:"token_endpoint_auth_methods_supported"`
	}{
		Algorithms:    []string{jose.RS256},
		Issuer:        m.Issuer(pool),
		Keys:          public(pool) + "/.well-known/jwks.json",
		ResponseTypes: []string{"code", "token"},
		Scopes:        []string{"openid", "email", "phone", "profile"},
		SubjectTypes:  []string{"public"},
		ClientProofs:  []string{"client_secret_basic", "client_secret_post"},
	}
	return json.Marshal(document)
}
