package identitypool

import (
	"context"
	"errors"
	"fmt"

	"cardea/platform/db"
	"cardea/record/identitypool"
	"cardea/spec/cognitoidentity"
	"cardea/spec/id"
)

// maxPools is how many identity pools there may be in a Region.
const maxPools = 1000

// CreateIdentityPool makes a pool.
func (s *Service) CreateIdentityPool(ctx context.Context, in *cognitoidentity.CreateIdentityPoolInput) (*cognitoidentity.IdentityPool, error) {
	region := s.region(ctx)
	pool := &identitypool.Pool{Doc: cognitoidentity.IdentityPool{
		IdentityPoolId:                 string(id.NewIdentityPool(region)),
		IdentityPoolName:               in.IdentityPoolName,
		AllowUnauthenticatedIdentities: in.AllowUnauthenticatedIdentities,
		AllowClassicFlow:               in.AllowClassicFlow,
		SupportedLoginProviders:        in.SupportedLoginProviders,
		DeveloperProviderName:          in.DeveloperProviderName,
		OpenIdConnectProviderARNs:      in.OpenIdConnectProviderARNs,
		CognitoIdentityProviders:       in.CognitoIdentityProviders,
		SamlProviderARNs:               in.SamlProviderARNs,
		IdentityPoolTags:               in.IdentityPoolTags,
	}}
	tidy(&pool.Doc)
	if err := s.check(&pool.Doc); err != nil {
		return nil, err
	}

	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := identitypool.Count(tx, region)
		if err != nil {
			return err
		}
		if n >= maxPools {
			return cognitoidentity.LimitExceeded(fmt.Sprintf("An account can have at most %d identity pools in a Region.", maxPools))
		}
		if err := identitypool.Insert(tx, pool); err != nil {
			return fmt.Errorf("create identity pool: %w", err)
		}
		_, err = s.Ring.ServerBox(tx) // which ids are made with, and which only a write can make
		return err
	})
	if err != nil {
		return nil, err
	}
	return &pool.Doc, nil
}

// DescribeIdentityPool shows a pool.
func (s *Service) DescribeIdentityPool(ctx context.Context, in *cognitoidentity.DescribeIdentityPoolInput) (*cognitoidentity.IdentityPool, error) {
	pool, err := s.readPool(ctx, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	return &pool.Doc, nil
}

// UpdateIdentityPool replaces a pool's settings: what is not given is cleared. The name of the developer provider stays as it
// is, and so do tags that are not given.
func (s *Service) UpdateIdentityPool(ctx context.Context, in *cognitoidentity.IdentityPool) (*cognitoidentity.IdentityPool, error) {
	given := *in
	tidy(&given)
	return s.change(ctx, in.IdentityPoolId, func(pool *identitypool.Pool) error {
		changed, current := given, &pool.Doc
		if changed.DeveloperProviderName == "" {
			changed.DeveloperProviderName = current.DeveloperProviderName
		}
		if current.DeveloperProviderName != "" && changed.DeveloperProviderName != current.DeveloperProviderName {
			return cognitoidentity.InvalidParameter("DeveloperProviderName cannot be changed once it is set.")
		}
		if in.IdentityPoolTags == nil {
			changed.IdentityPoolTags = current.IdentityPoolTags
		}
		pool.Doc = changed
		return s.check(&pool.Doc)
	})
}

// DeleteIdentityPool removes a pool and all its identities.
func (s *Service) DeleteIdentityPool(ctx context.Context, in *cognitoidentity.DeleteIdentityPoolInput) error {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		pool, err := getPool(tx, in.IdentityPoolId)
		if err != nil {
			return err
		}
		return identitypool.Delete(tx, pool.ID)
	})
	if errors.Is(err, db.ErrNotFound) {
		return noPool(in.IdentityPoolId)
	}
	return err
}

// ListIdentityPools lists the pools of the Region that is asked, page by page.
func (s *Service) ListIdentityPools(ctx context.Context, in *cognitoidentity.ListIdentityPoolsInput) (*cognitoidentity.ListIdentityPoolsResponse, error) {
	region, limit := s.region(ctx), int(in.MaxResults)
	binding := "ListIdentityPools/" + region
	cursor, err := s.cursor(binding, in.NextToken)
	if err != nil {
		return nil, err
	}

	var pools []*identitypool.Pool
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		pools, err = identitypool.List(tx, region, cursor, limit+1)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list identity pools: %w", err)
	}

	out := &cognitoidentity.ListIdentityPoolsResponse{IdentityPools: []cognitoidentity.IdentityPoolShortDescription{}}
	if len(pools) > limit {
		pools = pools[:limit]
		out.NextToken = s.Pages.Encode(binding, string(pools[limit-1].ID))
	}
	for _, p := range pools {
		out.IdentityPools = append(out.IdentityPools, cognitoidentity.IdentityPoolShortDescription{
			IdentityPoolId: p.Doc.IdentityPoolId, IdentityPoolName: p.Doc.IdentityPoolName,
		})
	}
	return out, nil
}

// cursor is where a page of a listing begins.
func (s *Service) cursor(binding, token string) (string, error) {
	cursor, err := s.Pages.Decode(binding, token)
	if err != nil {
		return "", cognitoidentity.InvalidParameter("Invalid NextToken.")
	}
	return cursor, nil
}

// readPool reads a pool in a transaction of its own. What it returns is shared and must not be changed.
func (s *Service) readPool(ctx context.Context, name string) (pool *identitypool.Pool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		pool, err = getPool(tx, name)
		return err
	})
	return pool, err
}

// change lets edit alter a copy of the pool and stores it, all in one write transaction: of two changes at once none is lost.
// It answers the pool's document as it is then.
func (s *Service) change(ctx context.Context, name string, edit func(pool *identitypool.Pool) error) (*cognitoidentity.IdentityPool, error) {
	var pool *identitypool.Pool
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		current, err := getPool(tx, name)
		if err != nil {
			return err
		}
		pool = current.Clone()
		if err := edit(pool); err != nil {
			return err
		}
		if err := identitypool.Update(tx, pool); err != nil {
			return fmt.Errorf("update identity pool: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &pool.Doc, nil
}
