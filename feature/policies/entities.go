package policies

import (
	"context"
	"strings"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/record/principal"
	"cardea/spec/iam"
)

// entityKinds are the values of EntityFilter that say who is listed.
var entityKinds = map[string]principal.Kind{
	iam.EntityTypeRole: principal.Role, iam.EntityTypeUser: principal.User, iam.EntityTypeGroup: principal.Group,
}

// ListEntitiesForPolicy lists the roles, users and groups that have a managed policy. A policy has no policies: the filters for
// policies list nobody.
func (s *Service) ListEntitiesForPolicy(ctx context.Context, in *iam.ListEntitiesForPolicyRequest) (*iam.ListEntitiesForPolicyResponse, error) {
	q := iamentity.Query{
		Binding: strings.Join([]string{"ListEntitiesForPolicy", in.PolicyArn, in.EntityFilter, in.PolicyUsageFilter, in.PathPrefix}, " "),
		Marker:  in.Marker, MaxItems: in.MaxItems,
	}
	kind, known := entityKinds[in.EntityFilter]
	nobody := in.EntityFilter != "" && !known

	var list []policy.Holder
	var next string
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, _, err := s.readable(tx, in.PolicyArn); err != nil || nobody {
			return err
		}
		read := func(after string, limit int) ([]policy.Holder, error) {
			return policy.Holders(tx, policy.HolderQuery{
				ARN: in.PolicyArn, Use: uses[in.PolicyUsageFilter], Kind: string(kind), Path: in.PathPrefix, After: after, Limit: limit,
			})
		}
		var err error
		list, next, err = iamentity.Page(s.Pages, q, read, func(h policy.Holder) string { return h.ID })
		return err
	})
	if err != nil {
		return nil, err
	}
	out := describeHolders(list)
	out.Marker, out.IsTruncated = next, next != ""
	return out, nil
}

func describeHolders(list []policy.Holder) *iam.ListEntitiesForPolicyResponse {
	out := &iam.ListEntitiesForPolicyResponse{PolicyGroups: []iam.PolicyGroup{}, PolicyUsers: []iam.PolicyUser{}, PolicyRoles: []iam.PolicyRole{}}
	for _, h := range list {
		switch principal.Kind(h.Kind) {
		case principal.Role:
			out.PolicyRoles = append(out.PolicyRoles, iam.PolicyRole{RoleName: h.Name, RoleId: h.ID})
		case principal.User:
			out.PolicyUsers = append(out.PolicyUsers, iam.PolicyUser{UserName: h.Name, UserId: h.ID})
		case principal.Group:
			out.PolicyGroups = append(out.PolicyGroups, iam.PolicyGroup{GroupName: h.Name, GroupId: h.ID})
		}
	}
	return out
}
