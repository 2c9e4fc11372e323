package identitypool

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/authorization"
	"cardea/engine/broker"
	"cardea/engine/federated"
	"cardea/engine/identitytoken"
	"cardea/engine/temporary"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/platform/page"
	"cardea/record/datakey"
	"cardea/record/identitypool"
	"cardea/spec/cognitoidentity"
	"cardea/spec/id"
)

// Service answers the operations of identity pools.
type Service struct {
	DB      *db.DB
	Ring    *datakey.Ring
	Pages   *page.Codec
	Account string // twelve digits, in every ARN
	Region  string // of new pools, when the request has none

	// Logins verifies logins, and knows the one name of a provider that may be called by several.
	Logins *federated.Verifier
	// Authorizer decides who may assume the roles of pools, Sessions gives them credentials, and Tokens says elsewhere who they are.
	Authorizer *authorization.Authorizer
	Sessions   *temporary.Issuer
	Tokens     *identitytoken.Minter
	// Brokers give credentials of other token services.
	Brokers *broker.Brokers
	// Limits bound strangers, and Listing how many of them are listed.
	Limits  Limits
	Listing *Listing
	// ForeignRoles takes roles of other accounts, as a development server does.
	ForeignRoles bool
}

var _ cognitoidentity.Identitypool = (*Service)(nil)

// region is the Region of a signed request, from its credential scope.
func (s *Service) region(ctx context.Context) string {
	if region := caller.From(ctx).Region; region != "" {
		return region
	}
	return s.Region
}

// getPool finds the pool that a request names. What it returns is shared and must not be changed. As each of AWS's Regions knows its own
// pools only, a request signed for another Region than the pool's does not find it.
func getPool(tx *db.Tx, name string) (*identitypool.Pool, error) {
	if region := caller.From(tx.Context()).Region; region != "" && region != id.IdentityPool(name).Region() {
		return nil, noPool(name)
	}
	p, err := identitypool.Get(tx, id.IdentityPool(name))
	if errors.Is(err, db.ErrNotFound) {
		return nil, noPool(name)
	}
	if err != nil {
		return nil, fmt.Errorf("get identity pool: %w", err)
	}
	return p, nil
}

func noPool(name string) error {
	return cognitoidentity.ResourceNotFound("IdentityPool '" + name + "' not found.")
}
