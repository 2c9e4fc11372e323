package authorization

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"cardea/engine/temporary"
	"cardea/platform/db"
	"cardea/record/accesskey"
)

// longTermKey is a root key or the key of a user, as it was read, ready for signatures.
type longTermKey struct {
	*accesskey.Key
	secret string
	noted  atomic.Bool // a use was written since it was read, or is about to be
}

// longTerm is who signs with a root key or with the key of a user.
func (a *Authorizer) longTerm(ctx context.Context, accessKeyID string) (*Signer, error) {
	key, err := a.active(ctx, accessKeyID)
	if err != nil {
		return nil, err
	}
	whose := func(ctx context.Context) (*Principal, error) { return a.user(ctx, key.Owner, nil) }
	note := func(ctx context.Context, u accesskey.Use) error { return a.note(ctx, key, u) }
	return &Signer{key.secret, whose, note}, nil
}

// active is a key that signs, or ErrUnknownKey. It is shared: never change it.
func (a *Authorizer) active(ctx context.Context, accessKeyID string) (*longTermKey, error) {
	key, err := a.longTermKeys.Get(ctx, accessKeyID, func(tx *db.Tx) (*longTermKey, error) {
		key, err := accesskey.Get(tx, accessKeyID)
		if err != nil {
			return nil, err
		}
		box, err := a.Ring.ServerBox(tx)
		if err != nil {
			return nil, err
		}
		secret, err := box.Open(accesskey.Label(accessKeyID), key.Sealed)
		return &longTermKey{Key: key, secret: string(secret)}, err
	})
	if errors.Is(err, db.ErrNotFound) || err == nil && key.Status != accesskey.Active {
		return nil, ErrUnknownKey
	}
	if err != nil {
		return nil, fmt.Errorf("find access key: %w", err)
	}
	return key, nil
}

// note writes a use of a key if the last one that was written is outdated. It may be lost if the program dies.
func (a *Authorizer) note(ctx context.Context, key *longTermKey, u accesskey.Use) error {
	u.At = a.DB.Now()
	if !key.Last.Outdated(u) || !key.noted.CompareAndSwap(false, true) {
		return nil
	}
	return a.DB.WriteSoon(ctx, func(tx *db.Tx) error { return accesskey.Note(tx, key.ID, u) })
}

// signsStill makes sure that the key with which a user has got a session still signs, and is theirs.
func (a *Authorizer) signsStill(ctx context.Context, s *temporary.Session) error {
	key, err := a.active(ctx, s.AccessKeyID)
	if err == nil && key.Owner != s.PrincipalID {
		err = ErrUnknownKey
	}
	return err
}
