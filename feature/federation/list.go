package federation

import (
	"context"
	"errors"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/provider"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// maxPage is how many providers a page of a list has.
const maxPage = 60

// DescribeIdentityProvider shows an identity provider.
func (s *Service) DescribeIdentityProvider(ctx context.Context, in *cognitoidp.DescribeIdentityProviderRequest) (*cognitoidp.DescribeIdentityProviderResponse, error) {
	shown, err := s.show(ctx, in.UserPoolId, func(tx *db.Tx, owner id.Pool) (*provider.Provider, error) {
		p, err := provider.Get(tx, owner, in.ProviderName)
		return p, found(err, in.ProviderName)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.DescribeIdentityProviderResponse{IdentityProvider: shown}, nil
}

// GetIdentityProviderByIdentifier shows the identity provider that has an identifier.
func (s *Service) GetIdentityProviderByIdentifier(ctx context.Context, in *cognitoidp.GetIdentityProviderByIdentifierRequest) (*cognitoidp.GetIdentityProviderByIdentifierResponse, error) {
	shown, err := s.show(ctx, in.UserPoolId, func(tx *db.Tx, owner id.Pool) (*provider.Provider, error) {
		p, err := provider.ByIdentifier(tx, owner, in.IdpIdentifier)
		if errors.Is(err, db.ErrNotFound) {
			return nil, cognitoidp.ResourceNotFound("Identity provider with identifier " + in.IdpIdentifier + " does not exist.")
		}
		return p, err
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.GetIdentityProviderByIdentifierResponse{IdentityProvider: shown}, nil
}

// show describes the provider of a pool that find finds.
func (s *Service) show(ctx context.Context, poolID string, find func(*db.Tx, id.Pool) (*provider.Provider, error)) (shown *cognitoidp.IdentityProviderType, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		owner, err := access.Pool(tx, poolID)
		if err != nil {
			return err
		}
		p, err := find(tx, owner.ID)
		if err != nil {
			return err
		}
		d, err := s.complete(tx, p)
		if err != nil {
			return err
		}
		shown = s.describe(d.Provider, d.secrets, d.metadata)
		return nil
	})
	return shown, err
}

// ListIdentityProviders shows the names and types of a pool's identity providers, in the order of their names.
func (s *Service) ListIdentityProviders(ctx context.Context, in *cognitoidp.ListIdentityProvidersRequest) (*cognitoidp.ListIdentityProvidersResponse, error) {
	binding := "ListIdentityProviders/" + in.UserPoolId
	after, err := s.Pages.Decode(binding, in.NextToken)
	if err != nil {
		return nil, cognitoidp.InvalidParameter("Invalid pagination token.")
	}
	limit := maxPage
	if in.MaxResults > 0 {
		limit = int(in.MaxResults)
	}

	var list []*provider.Provider
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		owner, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		list, err = provider.List(tx, owner.ID, after, limit+1) // one more tells whether there is a next page
		return err
	})
	if err != nil {
		return nil, err
	}

	out := &cognitoidp.ListIdentityProvidersResponse{Providers: []cognitoidp.ProviderDescription{}}
	if len(list) > limit {
		list = list[:limit]
		out.NextToken = s.Pages.Encode(binding, list[limit-1].Name)
	}
	for _, p := range list {
		out.Providers = append(out.Providers, cognitoidp.ProviderDescription{
			ProviderName:     p.Name,
			ProviderType:     p.Doc.ProviderType,
			LastModifiedDate: p.Doc.LastModifiedDate,
			CreationDate:     p.Doc.CreationDate,
		})
	}
	return out, nil
}
