package identitypool

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cardea/platform/db"
	"cardea/record/identity"
	"cardea/record/identitypool"
	"cardea/spec/cognitoidentity"
	"cardea/spec/id"
)

// maxListed is how many developer users LookupDeveloperIdentity answers when it is not told.
const maxListed = 60

// LookupDeveloperIdentity answers the identity of a developer user, and the developer users of an identity.
func (s *Service) LookupDeveloperIdentity(ctx context.Context, in *cognitoidentity.LookupDeveloperIdentityInput) (*cognitoidentity.LookupDeveloperIdentityResponse, error) {
	if in.IdentityId == "" && in.DeveloperUserIdentifier == "" {
		return nil, cognitoidentity.InvalidParameter("Either IdentityId or DeveloperUserIdentifier must be given.")
	}
	binding := "LookupDeveloperIdentity/" + in.IdentityPoolId + "/" + in.IdentityId + "/" + in.DeveloperUserIdentifier
	cursor, err := s.cursor(binding, in.NextToken)
	if err != nil {
		return nil, err
	}

	var who id.Identity
	var users []string
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		pool, err := getPool(tx, in.IdentityPoolId)
		if err != nil {
			return err
		}
		if who, err = s.lookup(tx, pool, in); err != nil {
			return err
		}
		users, err = developerUsers(tx, pool.ID, who)
		return err
	})
	if err != nil {
		return nil, err
	}

	out := &cognitoidentity.LookupDeveloperIdentityResponse{IdentityId: string(who)}
	limit := int(in.MaxResults)
	if limit == 0 {
		limit = maxListed
	}
	first, _ := slices.BinarySearch(users, cursor+"\x00") // the first behind the cursor
	if cursor == "" {
		first = 0
	}
	users = users[first:]
	if len(users) > limit {
		users = users[:limit]
		out.NextToken = s.Pages.Encode(binding, users[limit-1])
	}
	out.DeveloperUserIdentifierList = users
	return out, nil
}

// lookup finds the identity that a request names by its id, by a developer user, or by both, which must agree.
func (s *Service) lookup(tx *db.Tx, pool *identitypool.Pool, in *cognitoidentity.LookupDeveloperIdentityInput) (id.Identity, error) {
	if in.DeveloperUserIdentifier != "" {
		l, err := developerLogin(tx, pool, in.DeveloperUserIdentifier)
		if err != nil {
			return "", err
		}
		if in.IdentityId != "" && in.IdentityId != string(l.Identity) {
			return "", cognitoidentity.ResourceConflict("The developer user identifier and the identity do not match.")
		}
		return l.Identity, nil
	}
	f, err := s.located(tx, in.IdentityId)
	if err != nil {
		return "", err
	}
	if f.Pool != pool.ID {
		return "", noIdentity(in.IdentityId)
	}
	return f.ID, nil
}

// developerLogin finds the login of a developer user.
func developerLogin(tx *db.Tx, pool *identitypool.Pool, user string) (*identity.Login, error) {
	l, err := identity.Find(tx, pool.ID, pool.Doc.DeveloperProviderName, user)
	if errors.Is(err, db.ErrNotFound) {
		return nil, cognitoidentity.ResourceNotFound("Developer user '" + user + "' not found.")
	}
	return l, err
}

// developerUsers are the developer users of an identity, in order.
func developerUsers(tx *db.Tx, pool id.IdentityPool, who id.Identity) (users []string, err error) {
	logins, err := identity.Logins(tx, pool, who, who)
	for _, l := range logins {
		if l.Developer {
			users = append(users, l.Subject)
		}
	}
	slices.Sort(users)
	return users, err
}

// MergeDeveloperIdentities gives all logins of one developer user's identity to another's, which answers to both from then on.
func (s *Service) MergeDeveloperIdentities(ctx context.Context, in *cognitoidentity.MergeDeveloperIdentitiesInput) (*cognitoidentity.MergeDeveloperIdentitiesResponse, error) {
	var to id.Identity
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		pool, err := developerPool(tx, in.IdentityPoolId, in.DeveloperProviderName)
		if err != nil {
			return err
		}
		source, err := developerLogin(tx, pool, in.SourceUserIdentifier)
		if err != nil {
			return err
		}
		destination, err := developerLogin(tx, pool, in.DestinationUserIdentifier)
		if err != nil {
			return err
		}
		if to = destination.Identity; source.Identity == to {
			return nil
		}
		return merge(tx, pool.ID, source.Identity, to)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidentity.MergeDeveloperIdentitiesResponse{IdentityId: string(to)}, nil
}

// merge makes one of two identities.
func merge(tx *db.Tx, pool id.IdentityPool, from, to id.Identity) error {
	given, err := identity.Logins(tx, pool, from, from)
	if err != nil {
		return fmt.Errorf("list logins: %w", err)
	}
	held, err := identity.Logins(tx, pool, to, to)
	if err != nil {
		return fmt.Errorf("list logins: %w", err)
	}
	if len(given)+len(held) > maxLogins {
		return errManyLogins
	}
	for _, l := range given {
		if !l.Developer && slices.ContainsFunc(held, func(other *identity.Login) bool { return other.Provider == l.Provider }) {
			return errConflict
		}
	}

	if err := identity.Move(tx, pool, from, to); err != nil {
		return err
	}
	if err := identity.Put(tx, &identity.Identity{Pool: pool, ID: from, Disabled: true, MergedInto: to}); err != nil {
		return err
	}
	return identity.Put(tx, &identity.Identity{Pool: pool, ID: to})
}

// UnlinkDeveloperIdentity takes a developer user away from an identity.
func (s *Service) UnlinkDeveloperIdentity(ctx context.Context, in *cognitoidentity.UnlinkDeveloperIdentityInput) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		pool, err := developerPool(tx, in.IdentityPoolId, in.DeveloperProviderName)
		if err != nil {
			return err
		}
		l, err := developerLogin(tx, pool, in.DeveloperUserIdentifier)
		if err != nil {
			return err
		}
		if string(l.Identity) != in.IdentityId {
			return cognitoidentity.ResourceConflict("The developer user identifier is not linked with the identity.")
		}
		return unlink(tx, l.Identity, []*identity.Login{l})
	})
}

// developerPool finds a pool whose developer provider has a name.
func developerPool(tx *db.Tx, name, provider string) (*identitypool.Pool, error) {
	pool, err := getPool(tx, name)
	if err != nil {
		return nil, err
	}
	if pool.Doc.DeveloperProviderName == "" || pool.Doc.DeveloperProviderName != provider {
		return nil, errNoDeveloper
	}
	return pool, nil
}

var errNoDeveloper = cognitoidentity.InvalidParameter("This identity pool does not support the specified developer provider")
