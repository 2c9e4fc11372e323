package identitypool

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"cardea/platform/db"
	"cardea/record/identitypool"
	"cardea/spec/cognitoidentity"
)

// tagKey is what keys of session tags are made of.
var tagKey = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$`)

// SetPrincipalTagAttributeMap says which claims of a provider's users become tags of their sessions.
func (s *Service) SetPrincipalTagAttributeMap(ctx context.Context, in *cognitoidentity.SetPrincipalTagAttributeMapInput) (*cognitoidentity.SetPrincipalTagAttributeMapResponse, error) {
	if err := checkTagKeys(in.PrincipalTags); err != nil {
		return nil, err
	}
	tags := identitypool.TagMap{UseDefaults: in.UseDefaults, Tags: in.PrincipalTags}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		pool, provider, err := s.tagProvider(tx, in.IdentityPoolId, in.IdentityProviderName)
		if err != nil {
			return err
		}
		return identitypool.PutTagMap(tx, pool.ID, provider, tags)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidentity.SetPrincipalTagAttributeMapResponse{
		IdentityPoolId: in.IdentityPoolId, IdentityProviderName: in.IdentityProviderName,
		UseDefaults: in.UseDefaults, PrincipalTags: in.PrincipalTags,
	}, nil
}

// GetPrincipalTagAttributeMap shows which claims of a provider's users become tags; none if that was never set.
func (s *Service) GetPrincipalTagAttributeMap(ctx context.Context, in *cognitoidentity.GetPrincipalTagAttributeMapInput) (*cognitoidentity.GetPrincipalTagAttributeMapResponse, error) {
	var tags identitypool.TagMap
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		pool, provider, err := s.tagProvider(tx, in.IdentityPoolId, in.IdentityProviderName)
		if err != nil {
			return err
		}
		tags, err = identitypool.GetTagMap(tx, pool.ID, provider)
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read principal tags: %w", err)
	}
	return &cognitoidentity.GetPrincipalTagAttributeMapResponse{
		IdentityPoolId: in.IdentityPoolId, IdentityProviderName: in.IdentityProviderName,
		UseDefaults: tags.UseDefaults, PrincipalTags: tags.Tags,
	}, nil
}

// tagProvider finds a pool and the name under which a provider's tags are kept: a user pool's without a client.
func (s *Service) tagProvider(tx *db.Tx, name, provider string) (*identitypool.Pool, string, error) {
	pool, err := getPool(tx, name)
	if err != nil {
		return nil, "", err
	}
	canonical := s.Logins.Canonical(provider)
	d := &pool.Doc
	_, social := d.SupportedLoginProviders[provider]
	isUserPool := func(p cognitoidentity.CognitoIdentityProvider) bool {
		return s.Logins.Canonical(p.ProviderName) == canonical
	}
	if social || slices.Contains(d.OpenIdConnectProviderARNs, provider) || slices.Contains(d.SamlProviderARNs, provider) ||
		slices.ContainsFunc(d.CognitoIdentityProviders, isUserPool) {
		return pool, canonical, nil
	}
	return nil, "", cognitoidentity.InvalidParameter("(" + provider + ") is not a configured provider.")
}
