package token

import (
	"context"
	"crypto/rsa"
	"fmt"

	"cardea/platform/db"
	"cardea/record/signingkey"
)

// ServerKey gives the server's own key, which signs the tokens of identity pools. The first caller has it made; of several nodes that
// make one at once, all get the one that was stored.
func (k *KeyStock) ServerKey(ctx context.Context) (key *rsa.PrivateKey, err error) {
	read := func(tx *db.Tx) error {
		key, err = k.serverKey(tx)
		return err
	}
	if err := k.DB.Read(ctx, read); err != nil || key != nil {
		return key, err
	}
	made, err := k.take(ctx, 1)
	if err != nil {
		return nil, err
	}
	err = k.DB.Write(ctx, func(tx *db.Tx) error {
		if err := read(tx); err != nil || key != nil {
			return err
		}
		key = made[0]
		return k.insertServerKey(tx, key)
	})
	return key, err
}

// serverKey reads the key; nil: there is none yet.
func (k *KeyStock) serverKey(tx *db.Tx) (*rsa.PrivateKey, error) {
	keys, err := signingkey.ForPool(tx, signingkey.Server)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	box, err := k.Ring.ServerBox(tx)
	if err != nil {
		return nil, fmt.Errorf("server's data key: %w", err)
	}
	return openKey(box, keys[0])
}

func (k *KeyStock) insertServerKey(tx *db.Tx, key *rsa.PrivateKey) error {
	box, err := k.Ring.ServerBox(tx)
	if err != nil {
		return fmt.Errorf("server's data key: %w", err)
	}
	sealed, err := sealKey(box, key)
	if err != nil {
		return err
	}
	sealed.Pool, sealed.Purpose, sealed.Created = signingkey.Server, signingkey.IdentityTokens, tx.Now
	return signingkey.Insert(tx, sealed)
}
