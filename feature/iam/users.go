package iam

import (
	"context"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/accesskey"
	"cardea/record/policy"
	"cardea/record/principal"
	"cardea/spec/awsjson"
	"cardea/spec/iam"
)

// CreateUser makes a user.
func (s *Service) CreateUser(ctx context.Context, in *iam.CreateUserRequest) (*iam.CreateUserResponse, error) {
	tags, err := iamentity.FoldedKeys.Merge(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	user := &principal.Principal{
		Kind: principal.User, Name: in.UserName, Path: iamentity.Path(in.Path), Doc: principal.Doc{Tags: tags},
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := insert(tx, user, iamentity.Users); err != nil {
			return err
		}
		return s.bound(tx, user, in.PermissionsBoundary)
	})
	if err != nil {
		return nil, err
	}
	out := s.user(user)
	out.Tags, out.PermissionsBoundary = tags, boundaryOf(in.PermissionsBoundary)
	return &iam.CreateUserResponse{User: &out}, nil
}

// GetUser describes a user, or who has signed the request if none is named.
func (s *Service) GetUser(ctx context.Context, in *iam.GetUserRequest) (*iam.GetUserResponse, error) {
	out := iam.User{UserId: s.Account.ID, Arn: s.Account.Root()}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, user, err := ownerOf(ctx, tx, in.UserName)
		if err != nil || user == nil {
			return err
		}
		boundary, err := policy.BoundaryOf(tx, user.ID)
		out = s.user(user)
		out.Tags, out.PermissionsBoundary = user.Doc.Tags, boundaryOf(boundary)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &iam.GetUserResponse{User: &out}, nil
}

// UpdateUser gives a user another name, path or both. Keys, policies and memberships stay.
func (s *Service) UpdateUser(ctx context.Context, in *iam.UpdateUserRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		user, err := iamentity.Find(tx, principal.User, in.UserName)
		if err != nil {
			return err
		}
		return rename(tx, user, in.NewUserName, in.NewPath)
	})
}

// DeleteUser removes a user that has no access keys, policies and memberships any more.
func (s *Service) DeleteUser(ctx context.Context, in *iam.DeleteUserRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		user, err := iamentity.Find(tx, principal.User, in.UserName)
		if err != nil {
			return err
		}
		keys, err := accesskey.List(tx, user.ID)
		if err != nil {
			return err
		}
		if len(keys) > 0 {
			return iam.DeleteConflict("Cannot delete entity, must delete access keys first.")
		}
		groups, err := principal.GroupsOf(tx, user.ID)
		if err != nil {
			return err
		}
		if len(groups) > 0 {
			return iam.DeleteConflict("Cannot delete entity, must remove users from group first.")
		}
		return remove(tx, user)
	})
}

// ListUsers lists users by name, page by page, without their tags and boundaries.
func (s *Service) ListUsers(ctx context.Context, in *iam.ListUsersRequest) (*iam.ListUsersResponse, error) {
	list, next, err := s.pageOf(ctx, principal.User, in.PathPrefix, iamentity.Query{
		Binding: "ListUsers", Marker: in.Marker, MaxItems: in.MaxItems,
	})
	if err != nil {
		return nil, err
	}
	return &iam.ListUsersResponse{Users: describe(list, s.user), IsTruncated: next != "", Marker: next}, nil
}

// user describes a user as lists do.
func (s *Service) user(p *principal.Principal) iam.User {
	return iam.User{
		Path: p.Path, UserName: p.Name, UserId: p.ID, Arn: p.ARN(s.Account), CreateDate: awsjson.At(p.Created),
	}
}
