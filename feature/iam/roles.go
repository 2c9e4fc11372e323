package iam

import (
	"context"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/record/principal"
	"cardea/spec/awsjson"
	"cardea/spec/iam"
	"cardea/spec/iampolicy"
)

// defaultSession is how long sessions of a role may be that was made without a MaxSessionDuration, in seconds.
const defaultSession = 3600

// CreateRole makes a role.
func (s *Service) CreateRole(ctx context.Context, in *iam.CreateRoleRequest) (*iam.CreateRoleResponse, error) {
	if err := checkTrust(in.AssumeRolePolicyDocument); err != nil {
		return nil, err
	}
	tags, err := iamentity.FoldedKeys.Merge(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	role := &principal.Principal{Kind: principal.Role, Name: in.RoleName, Path: iamentity.Path(in.Path), Doc: principal.Doc{
		Description: in.Description, Trust: in.AssumeRolePolicyDocument, MaxSession: in.MaxSessionDuration, Tags: tags,
	}}
	if role.Doc.MaxSession == 0 {
		role.Doc.MaxSession = defaultSession
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := insert(tx, role, iamentity.Roles); err != nil {
			return err
		}
		return s.bound(tx, role, in.PermissionsBoundary)
	})
	if err != nil {
		return nil, err
	}
	out := s.role(role)
	out.Tags, out.PermissionsBoundary = tags, boundaryOf(in.PermissionsBoundary)
	return &iam.CreateRoleResponse{Role: &out}, nil
}

// bound gives a new role or user its permissions boundary, if it is to have one.
func (s *Service) bound(tx *db.Tx, p *principal.Principal, policyARN string) error {
	if policyARN == "" {
		return nil
	}
	return iamentity.SetBoundary(tx, s.Account, p.ID, policyARN)
}

// checkTrust refuses what is not the trust policy of a role.
func checkTrust(document string) error {
	if err := iamentity.TrustPolicySize.CheckSize(document); err != nil {
		return err
	}
	_, err := iampolicy.Parse(document, iampolicy.Trust)
	return err
}

// GetRole describes a role.
func (s *Service) GetRole(ctx context.Context, in *iam.GetRoleRequest) (*iam.GetRoleResponse, error) {
	var out iam.Role
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		role, err := iamentity.Find(tx, principal.Role, in.RoleName)
		if err != nil {
			return err
		}
		boundary, err := policy.BoundaryOf(tx, role.ID)
		out = s.role(role)
		out.Tags, out.PermissionsBoundary = role.Doc.Tags, boundaryOf(boundary)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.RoleLastUsed = &iam.RoleLastUsed{}
	return &iam.GetRoleResponse{Role: &out}, nil
}

// UpdateRole changes the members that are given and keeps the others.
func (s *Service) UpdateRole(ctx context.Context, in *iam.UpdateRoleRequest) (*iam.UpdateRoleResponse, error) {
	_, err := s.change(ctx, principal.Role, in.RoleName, func(role *principal.Principal) error {
		if in.Description != "" {
			role.Doc.Description = in.Description
		}
		if in.MaxSessionDuration != 0 {
			role.Doc.MaxSession = in.MaxSessionDuration
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.UpdateRoleResponse{}, nil
}

// UpdateRoleDescription gives a role another description, which may be empty.
func (s *Service) UpdateRoleDescription(ctx context.Context, in *iam.UpdateRoleDescriptionRequest) (*iam.UpdateRoleDescriptionResponse, error) {
	role, err := s.change(ctx, principal.Role, in.RoleName, func(role *principal.Principal) error {
		role.Doc.Description = in.Description
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &iam.UpdateRoleDescriptionResponse{Role: new(s.role(role))}, nil
}

// UpdateAssumeRolePolicy gives a role another trust policy.
func (s *Service) UpdateAssumeRolePolicy(ctx context.Context, in *iam.UpdateAssumeRolePolicyRequest) error {
	if err := checkTrust(in.PolicyDocument); err != nil {
		return err
	}
	_, err := s.change(ctx, principal.Role, in.RoleName, func(role *principal.Principal) error {
		role.Doc.Trust = in.PolicyDocument
		return nil
	})
	return err
}

// DeleteRole removes a role that has no policies any more.
func (s *Service) DeleteRole(ctx context.Context, in *iam.DeleteRoleRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		role, err := iamentity.Find(tx, principal.Role, in.RoleName)
		if err != nil {
			return err
		}
		return remove(tx, role)
	})
}

// remove deletes a role, user or group that has no policies any more. A permissions boundary does not keep it.
func remove(tx *db.Tx, p *principal.Principal) error {
	attached, err := policy.AttachedTo(tx, p.ID)
	if err != nil {
		return err
	}
	if len(attached) > 0 {
		return iam.DeleteConflict("Cannot delete entity, must detach all policies first.")
	}
	inline, err := policy.InlineOf(tx, p.ID)
	if err != nil {
		return err
	}
	if len(inline) > 0 {
		return iam.DeleteConflict("Cannot delete entity, must delete policies first.")
	}
	if err := policy.SetBoundary(tx, p.ID, ""); err != nil {
		return err
	}
	return principal.Delete(tx, p.ID)
}

// ListRoles lists roles by name, page by page, without their tags and boundaries.
func (s *Service) ListRoles(ctx context.Context, in *iam.ListRolesRequest) (*iam.ListRolesResponse, error) {
	list, next, err := s.pageOf(ctx, principal.Role, in.PathPrefix, iamentity.Query{
		Binding: "ListRoles", Marker: in.Marker, MaxItems: in.MaxItems,
	})
	if err != nil {
		return nil, err
	}
	return &iam.ListRolesResponse{Roles: describe(list, s.role), IsTruncated: next != "", Marker: next}, nil
}

// ListInstanceProfilesForRole answers that there are none: instance profiles are for machines of EC2.
func (s *Service) ListInstanceProfilesForRole(ctx context.Context, in *iam.ListInstanceProfilesForRoleRequest) (*iam.ListInstanceProfilesForRoleResponse, error) {
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := iamentity.Find(tx, principal.Role, in.RoleName)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &iam.ListInstanceProfilesForRoleResponse{InstanceProfiles: []iam.InstanceProfile{}}, nil
}

// role describes a role as lists do.
func (s *Service) role(p *principal.Principal) iam.Role {
	return iam.Role{
		Path:                     p.Path,
		RoleName:                 p.Name,
		RoleId:                   p.ID,
		Arn:                      p.ARN(s.Account),
		CreateDate:               awsjson.At(p.Created),
		AssumeRolePolicyDocument: iamentity.Document(p.Doc.Trust),
		Description:              p.Doc.Description,
		MaxSessionDuration:       p.Doc.MaxSession,
	}
}
