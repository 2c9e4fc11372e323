package identitypool

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cardea/engine/federated"
	"cardea/platform/db"
	"cardea/record/identity"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidentity"
	"cardea/spec/id"
)

// ListIdentities lists the identities of a pool that have a row, page by page, with the providers of their logins.
func (s *Service) ListIdentities(ctx context.Context, in *cognitoidentity.ListIdentitiesInput) (*cognitoidentity.ListIdentitiesResponse, error) {
	binding, limit := fmt.Sprintf("ListIdentities/%s/%t", in.IdentityPoolId, in.HideDisabled), int(in.MaxResults)
	cursor, err := s.cursor(binding, in.NextToken)
	if err != nil {
		return nil, err
	}

	var list []*identity.Identity
	var logins []*identity.Login
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		pool, err := getPool(tx, in.IdentityPoolId)
		if err != nil {
			return err
		}
		if list, err = identity.List(tx, pool.ID, cursor, limit+1, in.HideDisabled); err != nil || len(list) == 0 {
			return err
		}
		logins, err = identity.Logins(tx, pool.ID, list[0].ID, list[len(list)-1].ID)
		return err
	})
	if err != nil {
		return nil, err
	}

	out := &cognitoidentity.ListIdentitiesResponse{
		IdentityPoolId: in.IdentityPoolId, Identities: []cognitoidentity.IdentityDescription{},
	}
	if len(list) > limit {
		list = list[:limit]
		out.NextToken = s.Pages.Encode(binding, string(list[limit-1].ID))
	}
	for _, i := range list {
		out.Identities = append(out.Identities, describe(i, logins))
	}
	return out, nil
}

// DescribeIdentity shows an identity with the providers of its logins. A guest who is not listed has no dates.
func (s *Service) DescribeIdentity(ctx context.Context, in *cognitoidentity.DescribeIdentityInput) (*cognitoidentity.IdentityDescription, error) {
	var out cognitoidentity.IdentityDescription
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		f, err := s.located(tx, in.IdentityId)
		if err != nil {
			return err
		}
		logins, err := identity.Logins(tx, f.Pool, f.ID, f.ID)
		out = describe(f.Identity, logins)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// describe shows an identity, whose logins are among those given.
func describe(i *identity.Identity, logins []*identity.Login) cognitoidentity.IdentityDescription {
	out := cognitoidentity.IdentityDescription{IdentityId: string(i.ID)}
	if !i.Created.IsZero() {
		out.CreationDate, out.LastModifiedDate = awsjson.At(i.Created), awsjson.At(i.Modified)
	}
	for _, l := range logins {
		if l.Identity == i.ID && !slices.Contains(out.Logins, l.Provider) {
			out.Logins = append(out.Logins, l.Provider)
		}
	}
	return out
}

// DeleteIdentities deletes identities of any pools. Whoever has one of their logins is somebody new from then on. Ids that name
// nobody are no error.
func (s *Service) DeleteIdentities(ctx context.Context, in *cognitoidentity.DeleteIdentitiesInput) (*cognitoidentity.DeleteIdentitiesResponse, error) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		for _, name := range in.IdentityIdsToDelete {
			f, err := s.find(tx, name)
			if errors.Is(err, db.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if err := f.delete(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("delete identities: %w", err)
	}
	return &cognitoidentity.DeleteIdentitiesResponse{UnprocessedIdentityIds: []cognitoidentity.UnprocessedIdentityId{}}, nil
}

// delete removes an identity. The id of a guest would be good again without a row, so that a row has to say that it is not.
func (f *found) delete(tx *db.Tx) error {
	if f.kind == memberID {
		return identity.Delete(tx, f.Pool, f.ID)
	}
	dead := *f.Identity
	dead.Disabled, dead.MergedInto = true, ""
	if err := identity.Put(tx, &dead); err != nil {
		return err
	}
	return identity.UnlinkAll(tx, f.Pool, f.ID)
}

// UnlinkIdentity takes logins away from an identity, at the request of somebody who has shown one of its logins. Whoever has
// one that was taken away is somebody new from then on; an identity without logins is nobody's.
func (s *Service) UnlinkIdentity(ctx context.Context, in *cognitoidentity.UnlinkIdentityInput) error {
	bound := s.Limits.Unlinking
	if err := bound.Admit(ctx); err != nil {
		return err
	}
	var f *found
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		f, err = s.located(tx, in.IdentityId)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.Limits.Pool.AdmitFor(string(f.Pool)); err != nil {
		return err
	}
	if len(in.Logins) == 0 {
		return forbidden(f.ID)
	}
	tokens, err := s.verify(ctx, f.pool, in.Logins, bound)
	if err != nil {
		return err
	}

	remove := make([]string, len(in.LoginsToRemove))
	for i, provider := range in.LoginsToRemove {
		remove[i] = federated.WithoutSlash(s.Logins.Canonical(provider))
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		logins, err := identity.Logins(tx, f.Pool, f.ID, f.ID)
		if err != nil {
			return err
		}
		logins = slices.DeleteFunc(logins, func(l *identity.Login) bool { return l.Developer }) // those are the administrators'
		shown := func(l *identity.Login) bool {
			return slices.ContainsFunc(tokens, func(t *federated.Token) bool { return t.Provider == l.Provider && t.Subject == l.Subject })
		}
		if !slices.ContainsFunc(logins, shown) {
			return errNoMatch
		}
		return unlink(tx, f.ID, slices.DeleteFunc(logins, func(l *identity.Login) bool { return !slices.Contains(remove, l.Provider) }))
	})
}

// unlink takes logins away from an identity that has them.
func unlink(tx *db.Tx, who id.Identity, logins []*identity.Login) error {
	for _, l := range logins {
		if err := identity.Unlink(tx, l); err != nil {
			return fmt.Errorf("unlink from %s: %w", who, err)
		}
		if err := identity.Put(tx, &identity.Identity{Pool: l.Pool, ID: who}); err != nil {
			return err
		}
	}
	return nil
}
