package authorization

import (
	"context"
	"errors"
	"fmt"

	"cardea/platform/db"
	"cardea/record/accesskey"
	"cardea/record/policy"
	"cardea/record/principal"
)

// Named is a role, user or group that a request to IAM names.
type Named struct {
	Name, Path string
	Boundary   string // the ARN of its permissions boundary, or ""
}

// Named finds a role, a user or a group by its name, or answers nil.
func (a *Authorizer) Named(ctx context.Context, kind, name string) (found *Named, err error) {
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := principal.Get(tx, principal.Kind(kind), name)
		if err != nil {
			return err
		}
		found, err = named(tx, p)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", kind, err)
	}
	return found, nil
}

// OwnerOf finds the user of IAM who has an access key, or answers nil.
func (a *Authorizer) OwnerOf(ctx context.Context, accessKeyID string) (found *Named, err error) {
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		key, err := accesskey.Get(tx, accessKeyID)
		if err != nil {
			return err
		}
		p, err := principal.ByID(tx, key.Owner)
		if err != nil {
			return err
		}
		found, err = named(tx, p)
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find owner of access key: %w", err)
	}
	return found, nil
}

func named(tx *db.Tx, p *principal.Principal) (*Named, error) {
	boundary, err := policy.BoundaryOf(tx, p.ID)
	if err != nil {
		return nil, err
	}
	return &Named{Name: p.Name, Path: p.Path, Boundary: boundary}, nil
}
