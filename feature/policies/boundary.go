package policies

import (
	"context"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/record/principal"
	"cardea/spec/iam"
)

// PutRolePermissionsBoundary makes a managed policy the permissions boundary of a role.
func (s *Service) PutRolePermissionsBoundary(ctx context.Context, in *iam.PutRolePermissionsBoundaryRequest) error {
	return s.bound(ctx, owner{principal.Role, in.RoleName}, in.PermissionsBoundary)
}

// PutUserPermissionsBoundary makes a managed policy the permissions boundary of a user.
func (s *Service) PutUserPermissionsBoundary(ctx context.Context, in *iam.PutUserPermissionsBoundaryRequest) error {
	return s.bound(ctx, owner{principal.User, in.UserName}, in.PermissionsBoundary)
}

func (s *Service) bound(ctx context.Context, of owner, policyARN string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		entity, err := iamentity.Find(tx, of.kind, of.name)
		if err != nil {
			return err
		}
		return iamentity.SetBoundary(tx, s.Account, entity.ID, policyARN)
	})
}

// DeleteRolePermissionsBoundary takes the permissions boundary from a role. A role without one stays so.
func (s *Service) DeleteRolePermissionsBoundary(ctx context.Context, in *iam.DeleteRolePermissionsBoundaryRequest) error {
	return s.unbound(ctx, owner{principal.Role, in.RoleName})
}

// DeleteUserPermissionsBoundary takes the permissions boundary from a user. A user without one stays so.
func (s *Service) DeleteUserPermissionsBoundary(ctx context.Context, in *iam.DeleteUserPermissionsBoundaryRequest) error {
	return s.unbound(ctx, owner{principal.User, in.UserName})
}

func (s *Service) unbound(ctx context.Context, of owner) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		entity, err := iamentity.Find(tx, of.kind, of.name)
		if err != nil {
			return err
		}
		return policy.SetBoundary(tx, entity.ID, "")
	})
}
