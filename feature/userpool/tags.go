package userpool

import (
	"context"
	"maps"
	"strings"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

const maxTags = 50

// TagResource adds tags to a pool and replaces those of the same keys.
func (s *Service) TagResource(ctx context.Context, in *cognitoidp.TagResourceRequest) (*cognitoidp.TagResourceResponse, error) {
	poolID, err := s.poolOf(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, poolID, func(p *pool.Pool) error {
		maps.Copy(p.Doc.UserPoolTags, in.Tags)
		return checkTags(p.Doc.UserPoolTags)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.TagResourceResponse{}, nil
}

// UntagResource removes tags from a pool; keys that it does not have are no error.
func (s *Service) UntagResource(ctx context.Context, in *cognitoidp.UntagResourceRequest) (*cognitoidp.UntagResourceResponse, error) {
	poolID, err := s.poolOf(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, poolID, func(p *pool.Pool) error {
		for _, key := range in.TagKeys {
			delete(p.Doc.UserPoolTags, key)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.UntagResourceResponse{}, nil
}

// ListTagsForResource shows a pool's tags.
func (s *Service) ListTagsForResource(ctx context.Context, in *cognitoidp.ListTagsForResourceRequest) (*cognitoidp.ListTagsForResourceResponse, error) {
	poolID, err := s.poolOf(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	out := &cognitoidp.ListTagsForResourceResponse{}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, poolID)
		if err != nil {
			return err
		}
		out.Tags = p.Doc.UserPoolTags
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// poolOf reads the pool id out of a pool's ARN. An ARN of something else, or of another account, is not found.
func (s *Service) poolOf(arn string) (string, error) {
	poolID, found := strings.CutPrefix(part(arn, 5), "userpool/")
	if !found || part(arn, 2) != "cognito-idp" {
		return "", cognitoidp.InvalidParameter("Invalid resource ARN: " + arn)
	}
	if arn != id.Pool(poolID).ARN(s.Account) {
		return "", cognitoidp.ResourceNotFound("User pool " + poolID + " does not exist.")
	}
	return poolID, nil
}

// checkTags checks all tags that a pool will have.
func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return cognitoidp.InvalidParameter("A user pool cannot have more than 50 tags.")
	}
	for key, value := range tags {
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return cognitoidp.InvalidParameter("Tag keys cannot start with aws:")
		}
		if wrong := pool.CheckTag(key, value); wrong != "" {
			return cognitoidp.InvalidParameter(wrong)
		}
	}
	return nil
}
