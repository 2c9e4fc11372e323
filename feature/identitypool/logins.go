package identitypool

import (
	"context"
	"errors"
	"maps"
	"slices"

	"cardea/engine/federated"
	"cardea/engine/throttle"
	"cardea/platform/db"
	"cardea/record/identitypool"
	"cardea/spec/cognitoidentity"
	"cardea/spec/id"
)

// wrongLogin is how many requests one counts for whose login is not right.
const wrongLogin = 10

// Limits bound the operations that need no signature, by the network that asks and by the pool that is asked. What is nil
// bounds nothing.
type Limits struct {
	Guests, Logins, Unlinking *throttle.Throttle // of a network: GetId without and with logins, UnlinkIdentity
	Credentials, Tokens       *throttle.Throttle // of a network: GetCredentialsForIdentity, GetOpenIdToken
	Pool                      *throttle.Throttle // of a pool: all of them together
}

// verify verifies the logins of a request to a pool, every one of which must be right. A wrong one counts as many requests
// under bound.
func (s *Service) verify(ctx context.Context, pool *identitypool.Pool, logins map[string]string, bound *throttle.Throttle) ([]*federated.Token, error) {
	tokens := make([]*federated.Token, 0, len(logins))
	for _, provider := range slices.Sorted(maps.Keys(logins)) {
		t, err := s.Logins.Verify(ctx, federated.Login{Provider: provider, Token: logins[provider], Pool: &pool.Doc})
		if err != nil {
			if _, unreached := errors.AsType[*federated.UnreachableError](err); !unreached { // which is no fault of the stranger
				bound.Charge(ctx, wrongLogin)
			}
			return nil, err
		}
		tokens = append(tokens, t)
	}
	return tokens, nil
}

// located is an identity that a request names by its id alone, and its pool. Both are to be read, not changed.
func (s *Service) located(tx *db.Tx, name string) (*found, error) {
	f, err := s.find(tx, name)
	if errors.Is(err, db.ErrNotFound) || err == nil && f.Deleted() {
		return nil, noIdentity(name)
	}
	return f, err
}

// guest finds the pool of the guest whom a request without logins names. Nobody else can be named so.
func (s *Service) guest(tx *db.Tx, name string) (*identitypool.Pool, error) {
	f, err := s.located(tx, name)
	if err != nil {
		return nil, err
	}
	if !f.Guest || f.Disabled {
		return nil, forbidden(f.ID)
	}
	return f.pool, allowsGuests(f.pool)
}

func forbidden(identity id.Identity) error {
	return cognitoidentity.NotAuthorized("Access to Identity '" + string(identity) + "' is forbidden.")
}

// allowsGuests answers a fault for a pool that has no guests.
func allowsGuests(pool *identitypool.Pool) error {
	if !pool.Doc.AllowUnauthenticatedIdentities {
		return cognitoidentity.NotAuthorized("Unauthenticated access is not supported for this identity pool.")
	}
	return nil
}
