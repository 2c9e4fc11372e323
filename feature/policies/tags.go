package policies

import (
	"context"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/spec/iam"
)

// TagPolicy adds tags to a policy of the account.
func (s *Service) TagPolicy(ctx context.Context, in *iam.TagPolicyRequest) error {
	return s.retag(ctx, in.PolicyArn, func(have []iam.Tag) ([]iam.Tag, error) {
		return iamentity.ExactKeys.Merge(have, in.Tags)
	})
}

// UntagPolicy removes tags of a policy of the account.
func (s *Service) UntagPolicy(ctx context.Context, in *iam.UntagPolicyRequest) error {
	return s.retag(ctx, in.PolicyArn, func(have []iam.Tag) ([]iam.Tag, error) {
		return iamentity.ExactKeys.Without(have, in.TagKeys), nil
	})
}

func (s *Service) retag(ctx context.Context, policyARN string, change func(have []iam.Tag) ([]iam.Tag, error)) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := s.own(tx, policyARN)
		if err != nil {
			return err
		}
		if m.Doc.Tags, err = change(m.Doc.Tags); err != nil {
			return err
		}
		return policy.Update(tx, m)
	})
}

// ListPolicyTags lists the tags of a managed policy by their keys.
func (s *Service) ListPolicyTags(ctx context.Context, in *iam.ListPolicyTagsRequest) (*iam.ListPolicyTagsResponse, error) {
	q := iamentity.Query{Binding: "ListPolicyTags/" + in.PolicyArn, Marker: in.Marker, MaxItems: in.MaxItems}
	out := &iam.ListPolicyTagsResponse{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		m, _, err := s.readable(tx, in.PolicyArn)
		if err != nil {
			return err
		}
		out.Tags, out.Marker, err = iamentity.Page(s.Pages, q, iamentity.Among(m.Doc.Tags, iamentity.TagCursor), iamentity.TagCursor)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.IsTruncated = out.Marker != ""
	return out, nil
}
