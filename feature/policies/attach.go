package policies

import (
	"context"
	"errors"
	"slices"
	"strings"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/record/principal"
	"cardea/spec/iam"
)

// AttachRolePolicy gives a role a managed policy; a role that has it keeps it.
func (s *Service) AttachRolePolicy(ctx context.Context, in *iam.AttachRolePolicyRequest) error {
	return s.attach(ctx, principal.Role, in.RoleName, in.PolicyArn)
}

// AttachUserPolicy gives a user a managed policy; a user who has it keeps it.
func (s *Service) AttachUserPolicy(ctx context.Context, in *iam.AttachUserPolicyRequest) error {
	return s.attach(ctx, principal.User, in.UserName, in.PolicyArn)
}

// AttachGroupPolicy gives a group a managed policy; a group that has it keeps it.
func (s *Service) AttachGroupPolicy(ctx context.Context, in *iam.AttachGroupPolicyRequest) error {
	return s.attach(ctx, principal.Group, in.GroupName, in.PolicyArn)
}

func (s *Service) attach(ctx context.Context, kind principal.Kind, name, policyARN string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := iamentity.Find(tx, kind, name)
		if err != nil {
			return err
		}
		if err := iamentity.Usable(tx, s.Account, policyARN, iamentity.Unattachable); err != nil {
			return err
		}
		have, err := policy.AttachedTo(tx, p.ID)
		if err != nil || slices.Contains(have, policyARN) {
			return err
		}
		if err := iamentity.Attached(kind).Check(len(have)); err != nil {
			return err
		}
		return policy.Attach(tx, p.ID, policyARN)
	})
}

// DetachRolePolicy takes a managed policy from a role.
func (s *Service) DetachRolePolicy(ctx context.Context, in *iam.DetachRolePolicyRequest) error {
	return s.detach(ctx, principal.Role, in.RoleName, in.PolicyArn)
}

// DetachUserPolicy takes a managed policy from a user.
func (s *Service) DetachUserPolicy(ctx context.Context, in *iam.DetachUserPolicyRequest) error {
	return s.detach(ctx, principal.User, in.UserName, in.PolicyArn)
}

// DetachGroupPolicy takes a managed policy from a group.
func (s *Service) DetachGroupPolicy(ctx context.Context, in *iam.DetachGroupPolicyRequest) error {
	return s.detach(ctx, principal.Group, in.GroupName, in.PolicyArn)
}

func (s *Service) detach(ctx context.Context, kind principal.Kind, name, policyARN string) error {
	if !iamentity.IsPolicyARN(policyARN) {
		return &iamentity.PolicyError{ARN: policyARN, Reason: iamentity.NoPolicyARN}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := iamentity.Find(tx, kind, name)
		if err != nil {
			return err
		}
		err = policy.Detach(tx, p.ID, policyARN)
		if errors.Is(err, db.ErrNotFound) {
			return &iamentity.PolicyError{ARN: policyARN, Reason: iamentity.UnknownPolicy}
		}
		return err
	})
}

// ListAttachedRolePolicies lists the managed policies of a role.
func (s *Service) ListAttachedRolePolicies(ctx context.Context, in *iam.ListAttachedRolePoliciesRequest) (*iam.ListAttachedRolePoliciesResponse, error) {
	q := iamentity.Query{Binding: "ListAttachedRolePolicies/" + in.RoleName + in.PathPrefix, Marker: in.Marker, MaxItems: in.MaxItems}
	list, next, err := s.attached(ctx, owner{principal.Role, in.RoleName}, in.PathPrefix, q)
	if err != nil {
		return nil, err
	}
	return &iam.ListAttachedRolePoliciesResponse{AttachedPolicies: list, Marker: next, IsTruncated: next != ""}, nil
}

// ListAttachedUserPolicies lists the managed policies of a user.
func (s *Service) ListAttachedUserPolicies(ctx context.Context, in *iam.ListAttachedUserPoliciesRequest) (*iam.ListAttachedUserPoliciesResponse, error) {
	q := iamentity.Query{Binding: "ListAttachedUserPolicies/" + in.UserName + in.PathPrefix, Marker: in.Marker, MaxItems: in.MaxItems}
	list, next, err := s.attached(ctx, owner{principal.User, in.UserName}, in.PathPrefix, q)
	if err != nil {
		return nil, err
	}
	return &iam.ListAttachedUserPoliciesResponse{AttachedPolicies: list, Marker: next, IsTruncated: next != ""}, nil
}

// ListAttachedGroupPolicies lists the managed policies of a group.
func (s *Service) ListAttachedGroupPolicies(ctx context.Context, in *iam.ListAttachedGroupPoliciesRequest) (*iam.ListAttachedGroupPoliciesResponse, error) {
	q := iamentity.Query{Binding: "ListAttachedGroupPolicies/" + in.GroupName + in.PathPrefix, Marker: in.Marker, MaxItems: in.MaxItems}
	list, next, err := s.attached(ctx, owner{principal.Group, in.GroupName}, in.PathPrefix, q)
	if err != nil {
		return nil, err
	}
	return &iam.ListAttachedGroupPoliciesResponse{AttachedPolicies: list, Marker: next, IsTruncated: next != ""}, nil
}

// owner is a role, user or group by its name.
type owner struct {
	kind principal.Kind
	name string
}

// attached lists the managed policies of one owner by their names.
func (s *Service) attached(ctx context.Context, of owner, prefix string, q iamentity.Query) (list []iam.AttachedPolicy, next string, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := iamentity.Find(tx, of.kind, of.name)
		if err != nil {
			return err
		}
		arns, err := policy.AttachedTo(tx, p.ID)
		if err != nil {
			return err
		}
		var all []iam.AttachedPolicy
		for _, a := range arns {
			if path, name := iamentity.PolicyName(a); strings.HasPrefix(path, prefix) {
				all = append(all, iam.AttachedPolicy{PolicyName: name, PolicyArn: a})
			}
		}
		slices.SortFunc(all, func(a, b iam.AttachedPolicy) int { return strings.Compare(s.attachedCursor(a), s.attachedCursor(b)) })
		list, next, err = iamentity.Page(s.Pages, q, iamentity.Among(all, s.attachedCursor), s.attachedCursor)
		return err
	})
	return list, next, err
}

// attachedCursor is a policy's name; one of AWS's may have the name of one of the account's.
func (s *Service) attachedCursor(a iam.AttachedPolicy) string {
	if s.isOwn(a.PolicyArn) {
		return a.PolicyName
	}
	return a.PolicyName + " "
}
