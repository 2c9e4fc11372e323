package policies

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/spec/arn"
	"cardea/spec/iam"
	"cardea/spec/iampolicy/awsmanaged"
)

// uses are the values of PolicyUsageFilter.
var uses = map[string]policy.Use{
	"":                                     policy.AnyUse,
	iam.PolicyUsageTypePermissionsPolicy:   policy.AttachedUse,
	iam.PolicyUsageTypePermissionsBoundary: policy.BoundaryUse,
}

// The values of Scope that leave some policies out.
const (
	scopeAWS   = "AWS"
	scopeLocal = "Local"
)

// The two kinds of managed policies, as the cursors of ListPolicies begin: the account's come first.
const (
	local = "l"
	ofAWS = "w"
)

// ListPolicies lists managed policies, the account's and then AWS's, each by their names.
func (s *Service) ListPolicies(ctx context.Context, in *iam.ListPoliciesRequest) (*iam.ListPoliciesResponse, error) {
	q := iamentity.Query{
		Binding: fmt.Sprintf("ListPolicies/%s/%v/%s/%s", in.Scope, in.OnlyAttached, in.PolicyUsageFilter, in.PathPrefix),
		Marker:  in.Marker, MaxItems: in.MaxItems,
	}
	out := &iam.ListPoliciesResponse{}
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		read := func(after string, limit int) ([]iam.Policy, error) { return s.list(tx, in, after, limit) }
		out.Policies, out.Marker, err = iamentity.Page(s.Pages, q, read, s.cursor)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.IsTruncated = out.Marker != ""
	return out, nil
}

// list reads managed policies of both kinds, from the first after a cursor.
func (s *Service) list(tx *db.Tx, in *iam.ListPoliciesRequest, after string, limit int) ([]iam.Policy, error) {
	var all []iam.Policy
	if in.Scope != scopeAWS && !strings.HasPrefix(after, ofAWS) {
		own, err := s.listOwn(tx, in, strings.TrimPrefix(after, local), limit)
		if err != nil {
			return nil, err
		}
		all = own
	}
	if in.Scope != scopeLocal && len(all) < limit {
		theirs, err := s.listAWS(tx, in)
		if err != nil {
			return nil, err
		}
		rest, err := iamentity.Among(theirs, s.cursor)(after, limit-len(all))
		if err != nil {
			return nil, err
		}
		all = append(all, rest...)
	}
	return all, nil
}

// cursor is the place of a policy in the list.
func (s *Service) cursor(p iam.Policy) string {
	if s.isOwn(p.Arn) {
		return local + p.PolicyName
	}
	return ofAWS + p.PolicyName
}

func (s *Service) listOwn(tx *db.Tx, in *iam.ListPoliciesRequest, after string, limit int) ([]iam.Policy, error) {
	found, err := policy.List(tx, policy.Query{
		Path: in.PathPrefix, Used: onlyUsed(in), Use: uses[in.PolicyUsageFilter], After: after, Limit: limit,
	})
	if err != nil {
		return nil, err
	}
	usages, err := usagesOf(tx, s.Account)
	if err != nil {
		return nil, err
	}
	var list []iam.Policy
	for _, m := range found {
		list = append(list, describe(m, usages[m.ARN]))
	}
	return list, nil
}

// listAWS lists the policies that AWS manages, by their names.
func (s *Service) listAWS(tx *db.Tx, in *iam.ListPoliciesRequest) ([]iam.Policy, error) {
	usages, err := usagesOf(tx, arn.Account{Partition: s.Account.Partition, ID: "aws"})
	if err != nil {
		return nil, err
	}
	use := uses[in.PolicyUsageFilter]
	var list []iam.Policy
	for _, p := range awsmanaged.List() {
		usage := usages[p.ARN(s.Account.Partition)]
		if !strings.HasPrefix(p.Path, in.PathPrefix) || onlyUsed(in) && !usage.Has(use) {
			continue
		}
		m, _ := s.asManaged(p)
		list = append(list, describe(m, usage))
	}
	slices.SortFunc(list, func(a, b iam.Policy) int { return strings.Compare(s.cursor(a), s.cursor(b)) })
	return list, nil
}

// onlyUsed reports whether policies that nobody has are left out: a filter by use asks for those that are used so.
func onlyUsed(in *iam.ListPoliciesRequest) bool { return in.OnlyAttached || in.PolicyUsageFilter != "" }

// usagesOf counts who has the managed policies of an account.
func usagesOf(tx *db.Tx, account arn.Account) (map[string]policy.Usage, error) {
	prefix := account.IAM("policy/")
	return policy.Usages(tx, prefix, db.AfterPrefix(prefix))
}
