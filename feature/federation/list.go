package federation

import (
	"context"
	"errors"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/provider"
	"cardea/spec/cognitoidp"
)

// local is the name by which app clients list the pool itself among their identity providers.
const local = "COGNITO"

// maxPage is how many providers a page of a list has.
const maxPage = 60

// DescribeIdentityProvider shows an identity provider.
func (s *Service) DescribeIdentityProvider(ctx context.Context, in *cognitoidp.DescribeIdentityProviderRequest) (*cognitoidp.DescribeIdentityProviderResponse, error) {
	out := &cognitoidp.DescribeIdentityProviderResponse{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		owner, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		d, err := s.load(tx, owner.ID, in.ProviderName)
		if err != nil {
			return err
		}
		out.IdentityProvider = s.describe(d.Provider, d.secrets, d.metadata)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// GetIdentityProviderByIdentifier shows the identity provider that has an identifier.
func (s *Service) GetIdentityProviderByIdentifier(ctx context.Context, in *cognitoidp.GetIdentityProviderByIdentifierRequest) (*cognitoidp.GetIdentityProviderByIdentifierResponse, error) {
	out := &cognitoidp.GetIdentityProviderByIdentifierResponse{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		owner, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		p, err := provider.ByIdentifier(tx, owner.ID, in.IdpIdentifier)
		if errors.Is(err, db.ErrNotFound) {
			return cognitoidp.ResourceNotFound("Identity provider with identifier " + in.IdpIdentifier + " does not exist.")
		}
		if err != nil {
			return err
		}
		d, err := s.complete(tx, p)
		if err != nil {
			return err
		}
		out.IdentityProvider = s.describe(d.Provider, d.secrets, d.metadata)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
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
