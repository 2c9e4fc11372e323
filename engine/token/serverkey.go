package token

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"

	"cardea/platform/db"
	"cardea/record/signingkey"
)

// ServerKey gives the server's own RSA key for a purpose. The first caller has it made; of several nodes that make one at once, all
// get the one that was stored.
func (k *KeyStock) ServerKey(ctx context.Context, purpose string) (*rsa.PrivateKey, error) {
	return serverKey(ctx, k, purpose, func() (*rsa.PrivateKey, error) {
		keys, err := k.take(ctx, 1)
		if err != nil {
			return nil, err
		}
		return keys[0], nil
	})
}

// ServerCurveKey is ServerKey for an ECDSA key of P-384.
func (k *KeyStock) ServerCurveKey(ctx context.Context, purpose string) (*ecdsa.PrivateKey, error) {
	return serverKey(ctx, k, purpose, func() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) })
}

// attempts is how often a key is made that turns out to be another one's: never, but for makers that give a key twice.
const attempts = 3

// serverKey reads a key of the server's or, if there is none, makes it.
func serverKey[K crypto.Signer](ctx context.Context, k *KeyStock, purpose string, create func() (K, error)) (key K, err error) {
	var found bool
	read := func(tx *db.Tx) error {
		key, found, err = storedServerKey[K](tx, k, purpose)
		return err
	}
	if err := k.DB.Read(ctx, read); err != nil || found {
		return key, err
	}
	for range attempts {
		var made K
		if made, err = create(); err != nil {
			break
		}
		err = k.DB.Write(ctx, func(tx *db.Tx) error {
			if err := read(tx); err != nil || found {
				return err
			}
			key = made
			return k.insertServerKey(tx, purpose, made)
		})
		if err == nil {
			return key, nil
		}
		if !errors.Is(err, db.ErrExists) { // a key that serves another purpose is not taken for this one
			break
		}
	}
	var none K
	return none, fmt.Errorf("make key of the server: %w", err)
}

// storedServerKey reads a key, if there is one.
func storedServerKey[K crypto.Signer](tx *db.Tx, k *KeyStock, purpose string) (key K, found bool, err error) {
	keys, err := signingkey.ForPool(tx, signingkey.Server)
	if err != nil {
		return key, false, err
	}
	for _, stored := range keys {
		if stored.Purpose != purpose {
			continue
		}
		box, err := k.Ring.ServerBox(tx)
		if err != nil {
			return key, false, fmt.Errorf("server's data key: %w", err)
		}
		key, err = openKey[K](box, stored)
		return key, err == nil, err
	}
	return key, false, nil
}

func (k *KeyStock) insertServerKey(tx *db.Tx, purpose string, key crypto.Signer) error {
	box, err := k.Ring.ServerBox(tx)
	if err != nil {
		return fmt.Errorf("server's data key: %w", err)
	}
	sealed, err := sealKey(box, key)
	if err != nil {
		return err
	}
	sealed.Pool, sealed.Purpose, sealed.Created = signingkey.Server, purpose, tx.Now
	return signingkey.Insert(tx, sealed)
}
