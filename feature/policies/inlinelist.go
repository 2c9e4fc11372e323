package policies

import (
	"context"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/record/principal"
	"cardea/spec/iam"
)

// ListRolePolicies lists the names of the inline policies of a role.
func (s *Service) ListRolePolicies(ctx context.Context, in *iam.ListRolePoliciesRequest) (*iam.ListRolePoliciesResponse, error) {
	q := iamentity.Query{Binding: "ListRolePolicies/" + in.RoleName, Marker: in.Marker, MaxItems: in.MaxItems}
	names, next, err := s.inlineNames(ctx, owner{principal.Role, in.RoleName}, q)
	if err != nil {
		return nil, err
	}
	return &iam.ListRolePoliciesResponse{PolicyNames: names, Marker: next, IsTruncated: next != ""}, nil
}

// ListUserPolicies lists the names of the inline policies of a user.
func (s *Service) ListUserPolicies(ctx context.Context, in *iam.ListUserPoliciesRequest) (*iam.ListUserPoliciesResponse, error) {
	q := iamentity.Query{Binding: "ListUserPolicies/" + in.UserName, Marker: in.Marker, MaxItems: in.MaxItems}
	names, next, err := s.inlineNames(ctx, owner{principal.User, in.UserName}, q)
	if err != nil {
		return nil, err
	}
	return &iam.ListUserPoliciesResponse{PolicyNames: names, Marker: next, IsTruncated: next != ""}, nil
}

// ListGroupPolicies lists the names of the inline policies of a group.
func (s *Service) ListGroupPolicies(ctx context.Context, in *iam.ListGroupPoliciesRequest) (*iam.ListGroupPoliciesResponse, error) {
	q := iamentity.Query{Binding: "ListGroupPolicies/" + in.GroupName, Marker: in.Marker, MaxItems: in.MaxItems}
	names, next, err := s.inlineNames(ctx, owner{principal.Group, in.GroupName}, q)
	if err != nil {
		return nil, err
	}
	return &iam.ListGroupPoliciesResponse{PolicyNames: names, Marker: next, IsTruncated: next != ""}, nil
}

// inlineNames lists the names of one owner's inline policies. Their sizes bound how many there are.
func (s *Service) inlineNames(ctx context.Context, of owner, q iamentity.Query) (names []string, next string, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		entity, err := iamentity.Find(tx, of.kind, of.name)
		if err != nil {
			return err
		}
		have, err := policy.InlineOf(tx, entity.ID)
		if err != nil {
			return err
		}
		var all []string
		for _, p := range have {
			all = append(all, p.Name)
		}
		itself := func(name string) string { return name }
		names, next, err = iamentity.Page(s.Pages, q, iamentity.Among(all, itself), itself)
		return err
	})
	return names, next, err
}
