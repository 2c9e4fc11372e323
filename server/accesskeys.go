package server

import (
	"context"
	"errors"
	"slices"
	"time"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/accesskey"
	"cardea/record/datakey"
)

// AccessKeys administers the root access keys, whose holders may do everything; those of users of IAM are left to its operations.
// It works on the store alone, beside running servers, which notice changes within a second.
type AccessKeys struct {
	db   *db.DB
	ring *datakey.Ring
}

// AccessKey is an access key as its owner may see it: without its secret.
type AccessKey struct {
	ID       string
	Disabled bool
	Created  time.Time
}

// ErrUnknownKey says that there is no root key with the id given.
var ErrUnknownKey = errors.New("there is no such root key")

// OpenAccessKeys opens the store that c names. Close it when done.
func OpenAccessKeys(ctx context.Context, c Config) (*AccessKeys, error) {
	master, err := seal.NewMaster(c.MasterKeys...)
	if err != nil {
		return nil, err
	}
	store, err := db.Open(ctx, c.Database, db.Options{Now: c.now()})
	if err != nil {
		return nil, err
	}
	return &AccessKeys{store, &datakey.Ring{Master: master}}, nil
}

// Close closes the store.
func (k *AccessKeys) Close() error { return k.db.Close() }

// Create makes a key and returns its secret, which is not shown again.
func (k *AccessKeys) Create(ctx context.Context) (keyID, secret string, err error) {
	keyID, secret = accesskey.NewID(), accesskey.NewSecret()
	err = k.db.Write(ctx, func(tx *db.Tx) error {
		box, err := k.ring.ServerBox(tx)
		if err != nil {
			return err
		}
		sealed := box.Seal(accesskey.Label(keyID), []byte(secret))
		return accesskey.Insert(tx, &accesskey.Key{ID: keyID, Sealed: sealed, Status: accesskey.Active})
	})
	return keyID, secret, err
}

// First is the oldest key that is not disabled, with its secret; it makes one if there is none.
func (k *AccessKeys) First(ctx context.Context) (keyID, secret string, err error) {
	err = k.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := accesskey.List(tx, "")
		at := slices.IndexFunc(rows, func(r *accesskey.Key) bool { return r.Status == accesskey.Active })
		if err != nil || at < 0 {
			return err
		}
		box, err := k.ring.ServerBox(tx)
		if err != nil {
			return err
		}
		keyID = rows[at].ID
		plain, err := box.Open(accesskey.Label(keyID), rows[at].Sealed)
		secret = string(plain)
		return err
	})
	if err != nil || keyID != "" {
		return keyID, secret, err
	}
	return k.Create(ctx)
}

// List returns all root keys, the oldest first.
func (k *AccessKeys) List(ctx context.Context) (all []AccessKey, err error) {
	err = k.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := accesskey.List(tx, "")
		all = make([]AccessKey, 0, len(rows))
		for _, r := range rows {
			all = append(all, AccessKey{r.ID, r.Status != accesskey.Active, r.Created})
		}
		return err
	})
	return all, err
}

// Disable makes servers refuse requests that the key signs.
func (k *AccessKeys) Disable(ctx context.Context, keyID string) error {
	return k.change(ctx, keyID, func(tx *db.Tx) error { return accesskey.SetStatus(tx, keyID, accesskey.Inactive) })
}

// Delete forgets the key.
func (k *AccessKeys) Delete(ctx context.Context, keyID string) error {
	return k.change(ctx, keyID, func(tx *db.Tx) error { return accesskey.Delete(tx, keyID) })
}

func (k *AccessKeys) change(ctx context.Context, keyID string, do func(tx *db.Tx) error) error {
	err := k.db.Write(ctx, func(tx *db.Tx) error {
		key, err := accesskey.Get(tx, keyID)
		if err != nil {
			return err
		}
		if key.Owner != "" {
			return ErrUnknownKey
		}
		return do(tx)
	})
	if errors.Is(err, db.ErrNotFound) {
		return ErrUnknownKey
	}
	return err
}
