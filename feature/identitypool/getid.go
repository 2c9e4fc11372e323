package identitypool

import (
	"context"
	"errors"
	"fmt"

	"cardea/platform/db"
	"cardea/record/identity"
	"cardea/record/identitypool"
	"cardea/spec/cognitoidentity"
	"cardea/spec/id"
)

// GetId answers the id of whoever has shown logins, and the id of a new guest to whoever has shown none.
func (s *Service) GetId(ctx context.Context, in *cognitoidentity.GetIdInput) (*cognitoidentity.GetIdResponse, error) {
	var who id.Identity
	var err error
	if len(in.Logins) == 0 {
		who, err = s.newGuest(ctx, in.IdentityPoolId)
	} else {
		who, err = s.recognize(ctx, in)
	}
	if errors.Is(err, errManyLogins) {
		err = cognitoidentity.LimitExceeded(fmt.Sprintf("An identity can have at most %d logins.", maxLogins))
	}
	if err != nil {
		return nil, err
	}
	return &cognitoidentity.GetIdResponse{IdentityId: string(who)}, nil
}

// recognize answers who somebody is who has shown logins.
func (s *Service) recognize(ctx context.Context, in *cognitoidentity.GetIdInput) (id.Identity, error) {
	bound := s.Limits.Logins
	if err := bound.Admit(ctx); err != nil {
		return "", err
	}
	pool, err := s.readPool(ctx, in.IdentityPoolId)
	if err != nil {
		return "", err
	}
	if err := s.Limits.Pool.AdmitFor(in.IdentityPoolId); err != nil {
		return "", err
	}
	tokens, err := s.verify(ctx, pool, in.Logins, bound)
	if err != nil {
		return "", err
	}
	return s.link(ctx, proof{pool: pool.ID, tokens: tokens})
}

// newGuest makes the id of a guest. That the guest is listed is no matter of theirs: nothing waits for it, and nothing is said
// when it fails.
func (s *Service) newGuest(ctx context.Context, name string) (who id.Identity, err error) {
	if err := s.Limits.Guests.Admit(ctx); err != nil {
		return "", err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		pool, err := getPool(tx, name)
		if err != nil {
			return err
		}
		box, err := s.Ring.ServerBox(tx)
		if err != nil {
			return fmt.Errorf("open the server's box: %w", err)
		}
		who = guestID.newID(box, pool)
		return allowsGuests(pool)
	})
	if err != nil {
		return "", err
	}
	if err := s.Limits.Pool.AdmitFor(name); err != nil {
		return "", err
	}

	if s.Listing.admits(ctx, name) {
		_ = s.DB.WriteSoon(ctx, func(tx *db.Tx) error {
			pool, err := identitypool.Get(tx, id.IdentityPool(name)) // which may have been deleted meanwhile
			if err != nil {
				return err
			}
			return identity.Insert(tx, &identity.Identity{Pool: pool.ID, ID: who, Guest: true})
		})
	}
	return who, nil
}
