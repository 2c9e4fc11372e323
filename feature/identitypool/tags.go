package identitypool

import (
	"context"
	"maps"
	"strings"

	"cardea/record/identitypool"
	"cardea/spec/arn"
	"cardea/spec/cognitoidentity"
	"cardea/spec/id"
)

// TagResource adds tags to a pool and replaces those of the same keys.
func (s *Service) TagResource(ctx context.Context, in *cognitoidentity.TagResourceInput) (*cognitoidentity.TagResourceResponse, error) {
	name, err := s.poolOf(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	_, err = s.change(ctx, name, func(pool *identitypool.Pool) error {
		maps.Copy(pool.Doc.IdentityPoolTags, in.Tags)
		return checkTags(pool.Doc.IdentityPoolTags)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidentity.TagResourceResponse{}, nil
}

// UntagResource removes tags from a pool; keys that it does not have are no error.
func (s *Service) UntagResource(ctx context.Context, in *cognitoidentity.UntagResourceInput) (*cognitoidentity.UntagResourceResponse, error) {
	name, err := s.poolOf(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	_, err = s.change(ctx, name, func(pool *identitypool.Pool) error {
		for _, key := range in.TagKeys {
			delete(pool.Doc.IdentityPoolTags, key)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidentity.UntagResourceResponse{}, nil
}

// ListTagsForResource shows a pool's tags.
func (s *Service) ListTagsForResource(ctx context.Context, in *cognitoidentity.ListTagsForResourceInput) (*cognitoidentity.ListTagsForResourceResponse, error) {
	name, err := s.poolOf(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	pool, err := s.readPool(ctx, name)
	if err != nil {
		return nil, err
	}
	return &cognitoidentity.ListTagsForResourceResponse{Tags: pool.Doc.IdentityPoolTags}, nil
}

// poolOf reads the pool's id out of its ARN. A pool of another account is not found.
func (s *Service) poolOf(text string) (string, error) {
	parsed, ok := arn.Parse(text)
	name, isPool := strings.CutPrefix(parsed.Resource, "identitypool/")
	if !ok || !isPool || parsed.Service != "cognito-identity" {
		return "", cognitoidentity.InvalidParameter("Invalid resource ARN: " + text)
	}
	if text != id.IdentityPool(name).ARN(s.Account) {
		return "", noPool(name)
	}
	return name, nil
}
