package token

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"runtime/debug"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/record/signingkey"
	"cardea/spec/id"
	"cardea/spec/jose"
)

// keyBits is the size of Cognito's keys.
const keyBits = 2048

// defaultSpare is how many pools the stock lasts for, unless KeyStock says otherwise.
const defaultSpare = 8

// KeyStock gives pools their signing keys: two each, one for ID tokens and one for access tokens, out of a stock that is made
// in advance, since finding the primes takes a hundred times as long as the rest of creating a pool.
type KeyStock struct {
	DB   *db.DB
	Ring *datakey.Ring

	// Spare is how many pools the stock lasts for; 0: eight.
	Spare int

	// Maker makes a key; nil: a new one of 2048 bits.
	Maker func() (*rsa.PrivateKey, error)
}

// KeyPair is the keys of a new pool. They are removed from the stock, so that no other pool gets them.
type KeyPair struct {
	id, access *rsa.PrivateKey
}

// Prepare takes a pair from the stock or, if that is empty, makes one. Call it before the transaction that creates the
// pool. A pair that is not assigned is lost.
func (k *KeyStock) Prepare(ctx context.Context) (*KeyPair, error) {
	keys, err := k.take(ctx, 2)
	if err != nil {
		return nil, err
	}
	return &KeyPair{keys[0], keys[1]}, nil
}

// take takes n keys from the stock or, if it has fewer, makes them.
func (k *KeyStock) take(ctx context.Context, n int) ([]*rsa.PrivateKey, error) {
	var taken []*rsa.PrivateKey
	err := k.DB.Write(ctx, func(tx *db.Tx) error {
		taken = nil
		keys, err := signingkey.Take(tx, n)
		if err != nil || keys == nil {
			return err
		}
		box, err := k.Ring.ServerBox(tx)
		if err != nil {
			return fmt.Errorf("server's data key: %w", err)
		}
		for _, sealed := range keys {
			key, err := openKey[*rsa.PrivateKey](box, sealed)
			if err != nil {
				return err
			}
			taken = append(taken, key)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("take spare signing keys: %w", err)
	}
	for len(taken) < n {
		key, err := k.make()
		if err != nil {
			return nil, err
		}
		taken = append(taken, key)
	}
	return taken, nil
}

// Assign gives a pool its keys, in the transaction that creates it.
func (k *KeyStock) Assign(tx *db.Tx, pool id.Pool, pair *KeyPair) error {
	box, err := k.Ring.Box(tx, pool)
	if err != nil {
		return fmt.Errorf("data key of pool: %w", err)
	}
	for purpose, key := range map[string]*rsa.PrivateKey{
		signingkey.IDTokens:     pair.id,
		signingkey.AccessTokens: pair.access,
	} {
		sealed, err := sealKey(box, key)
		if err != nil {
			return err
		}
		sealed.Pool, sealed.Purpose, sealed.Created = pool, purpose, tx.Now
		if err := signingkey.Insert(tx, sealed); err != nil {
			return err
		}
	}
	return nil
}

// Refill makes keys until the stock is full. It is a job: safe to run twice, and to stop at any time. Candidates for primes
// are most of what an idle server allocates, so Refill returns that memory to the system.
func (k *KeyStock) Refill(ctx context.Context) error {
	spare := k.Spare
	if spare == 0 {
		spare = defaultSpare
	}
	for made := 0; ctx.Err() == nil; made++ {
		var have int
		err := k.DB.Read(ctx, func(tx *db.Tx) (err error) {
			have, err = signingkey.Stock(tx)
			return err
		})
		if err != nil {
			return err
		}
		if have >= 2*spare {
			if made > 0 {
				debug.FreeOSMemory()
			}
			return nil
		}
		if err := k.add(ctx); err != nil {
			return fmt.Errorf("refill stock of signing keys: %w", err)
		}
	}
	return ctx.Err()
}

// add makes one key and adds it to the stock.
func (k *KeyStock) add(ctx context.Context) error {
	key, err := k.make()
	if err != nil {
		return err
	}
	return k.DB.Write(ctx, func(tx *db.Tx) error {
		box, err := k.Ring.ServerBox(tx)
		if err != nil {
			return fmt.Errorf("server's data key: %w", err)
		}
		sealed, err := sealKey(box, key)
		if err != nil {
			return err
		}
		return signingkey.Put(tx, sealed)
	})
}

func (k *KeyStock) make() (*rsa.PrivateKey, error) {
	maker := k.Maker
	if maker == nil {
		maker = func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, keyBits) }
	}
	key, err := maker()
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	return key, nil
}

// keyLabel binds a sealed key to its id.
func keyLabel(kid string) string { return "signing-key/" + kid }

func sealKey(box *seal.Box, key crypto.Signer) (signingkey.Key, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return signingkey.Key{}, fmt.Errorf("encode signing key: %w", err)
	}
	kid := jose.KeyID(key.Public())
	return signingkey.Key{ID: kid, Sealed: box.Seal(keyLabel(kid), der)}, nil
}

// openKey opens a key that is to be of the kind K.
func openKey[K crypto.Signer](box *seal.Box, k signingkey.Key) (key K, err error) {
	der, err := box.Open(keyLabel(k.ID), k.Sealed)
	if err != nil {
		return key, fmt.Errorf("open signing key %s: %w", k.ID, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return key, fmt.Errorf("parse signing key %s: %w", k.ID, err)
	}
	key, ok := parsed.(K)
	if !ok {
		return key, fmt.Errorf("signing key %s is a %T", k.ID, parsed)
	}
	return key, nil
}
