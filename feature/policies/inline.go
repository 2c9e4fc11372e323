package policies

import (
	"context"
	"errors"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/record/principal"
	"cardea/spec/iam"
	"cardea/spec/iampolicy"
)

// PutRolePolicy gives a role an inline policy, in the place of one of the same name.
func (s *Service) PutRolePolicy(ctx context.Context, in *iam.PutRolePolicyRequest) error {
	return s.put(ctx, owner{principal.Role, in.RoleName}, policy.Inline{Name: in.PolicyName, Document: in.PolicyDocument})
}

// PutUserPolicy gives a user an inline policy, in the place of one of the same name.
func (s *Service) PutUserPolicy(ctx context.Context, in *iam.PutUserPolicyRequest) error {
	return s.put(ctx, owner{principal.User, in.UserName}, policy.Inline{Name: in.PolicyName, Document: in.PolicyDocument})
}

// PutGroupPolicy gives a group an inline policy, in the place of one of the same name.
func (s *Service) PutGroupPolicy(ctx context.Context, in *iam.PutGroupPolicyRequest) error {
	return s.put(ctx, owner{principal.Group, in.GroupName}, policy.Inline{Name: in.PolicyName, Document: in.PolicyDocument})
}

// put checks and stores an inline policy. All of one owner together may be as long as one may.
func (s *Service) put(ctx context.Context, of owner, p policy.Inline) error {
	most := iamentity.InlineSize(of.kind)
	long := &iamentity.InlineSizeError{Kind: string(of.kind), Name: of.name, Most: most}
	size := iampolicy.Length(p.Document)
	if size > most {
		return long
	}
	if _, err := iampolicy.Parse(p.Document, iamentity.Inline(of.kind)); err != nil {
		return err
	}

	return s.DB.Write(ctx, func(tx *db.Tx) error {
		entity, err := iamentity.Find(tx, of.kind, of.name)
		if err != nil {
			return err
		}
		have, err := policy.InlineOf(tx, entity.ID)
		if err != nil {
			return err
		}
		sum := size
		for _, other := range have {
			if other.Name != p.Name {
				sum += iampolicy.Length(other.Document)
			}
		}
		if sum > most {
			return long
		}
		return policy.PutInline(tx, entity.ID, p)
	})
}

// GetRolePolicy answers an inline policy of a role.
func (s *Service) GetRolePolicy(ctx context.Context, in *iam.GetRolePolicyRequest) (*iam.GetRolePolicyResponse, error) {
	name, p, err := s.inline(ctx, owner{principal.Role, in.RoleName}, in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &iam.GetRolePolicyResponse{RoleName: name, PolicyName: p.Name, PolicyDocument: iamentity.Document(p.Document)}, nil
}

// GetUserPolicy answers an inline policy of a user.
func (s *Service) GetUserPolicy(ctx context.Context, in *iam.GetUserPolicyRequest) (*iam.GetUserPolicyResponse, error) {
	name, p, err := s.inline(ctx, owner{principal.User, in.UserName}, in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &iam.GetUserPolicyResponse{UserName: name, PolicyName: p.Name, PolicyDocument: iamentity.Document(p.Document)}, nil
}

// GetGroupPolicy answers an inline policy of a group.
func (s *Service) GetGroupPolicy(ctx context.Context, in *iam.GetGroupPolicyRequest) (*iam.GetGroupPolicyResponse, error) {
	name, p, err := s.inline(ctx, owner{principal.Group, in.GroupName}, in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &iam.GetGroupPolicyResponse{GroupName: name, PolicyName: p.Name, PolicyDocument: iamentity.Document(p.Document)}, nil
}

// inline finds an inline policy, and the name of its owner as the owner was created with it.
func (s *Service) inline(ctx context.Context, of owner, name string) (ownerName string, p policy.Inline, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		entity, err := iamentity.Find(tx, of.kind, of.name)
		if err != nil {
			return err
		}
		ownerName = entity.Name
		p, err = policy.GetInline(tx, entity.ID, name)
		return of.orUnknown(name, err)
	})
	return ownerName, p, err
}

// orUnknown is err, or that the owner has no inline policy of a name.
func (of owner) orUnknown(name string, err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return &iamentity.UnknownError{Kind: string(of.kind) + " policy", Name: name}
	}
	return err
}

// DeleteRolePolicy removes an inline policy of a role.
func (s *Service) DeleteRolePolicy(ctx context.Context, in *iam.DeleteRolePolicyRequest) error {
	return s.deleteInline(ctx, owner{principal.Role, in.RoleName}, in.PolicyName)
}

// DeleteUserPolicy removes an inline policy of a user.
func (s *Service) DeleteUserPolicy(ctx context.Context, in *iam.DeleteUserPolicyRequest) error {
	return s.deleteInline(ctx, owner{principal.User, in.UserName}, in.PolicyName)
}

// DeleteGroupPolicy removes an inline policy of a group.
func (s *Service) DeleteGroupPolicy(ctx context.Context, in *iam.DeleteGroupPolicyRequest) error {
	return s.deleteInline(ctx, owner{principal.Group, in.GroupName}, in.PolicyName)
}

func (s *Service) deleteInline(ctx context.Context, of owner, name string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		entity, err := iamentity.Find(tx, of.kind, of.name)
		if err != nil {
			return err
		}
		return of.orUnknown(name, policy.DeleteInline(tx, entity.ID, name))
	})
}
