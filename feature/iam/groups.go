package iam

import (
	"context"
	"slices"
	"strings"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/principal"
	"cardea/spec/awsjson"
	"cardea/spec/iam"
)

// CreateGroup makes a group.
func (s *Service) CreateGroup(ctx context.Context, in *iam.CreateGroupRequest) (*iam.CreateGroupResponse, error) {
	group := &principal.Principal{Kind: principal.Group, Name: in.GroupName, Path: iamentity.Path(in.Path)}
	err := s.DB.Write(ctx, func(tx *db.Tx) error { return insert(tx, group, iamentity.Groups) })
	if err != nil {
		return nil, err
	}
	return &iam.CreateGroupResponse{Group: new(s.group(group))}, nil
}

// GetGroup describes a group, and its members by name, page by page.
func (s *Service) GetGroup(ctx context.Context, in *iam.GetGroupRequest) (*iam.GetGroupResponse, error) {
	var group *principal.Principal
	var members []*principal.Principal
	var next string
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if group, err = iamentity.Find(tx, principal.Group, in.GroupName); err != nil {
			return err
		}
		q := iamentity.Query{Binding: "GetGroup/" + group.ID, Marker: in.Marker, MaxItems: in.MaxItems}
		read := func(after string, limit int) ([]*principal.Principal, error) {
			return principal.MembersOf(tx, group.ID, after, limit)
		}
		members, next, err = iamentity.Page(s.Pages, q, read, nameOf)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &iam.GetGroupResponse{
		Group: new(s.group(group)), Users: describe(members, s.user), IsTruncated: next != "", Marker: next,
	}, nil
}

// UpdateGroup gives a group another name, path or both. Its members and policies stay.
func (s *Service) UpdateGroup(ctx context.Context, in *iam.UpdateGroupRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		group, err := iamentity.Find(tx, principal.Group, in.GroupName)
		if err != nil {
			return err
		}
		return rename(tx, group, in.NewGroupName, in.NewPath)
	})
}

// DeleteGroup removes a group that has no members and policies any more.
func (s *Service) DeleteGroup(ctx context.Context, in *iam.DeleteGroupRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		group, err := iamentity.Find(tx, principal.Group, in.GroupName)
		if err != nil {
			return err
		}
		members, err := principal.MembersOf(tx, group.ID, "", 1)
		if err != nil {
			return err
		}
		if len(members) > 0 {
			return iam.DeleteConflict("Cannot delete entity, must remove users from group first.")
		}
		return remove(tx, group)
	})
}

// ListGroups lists groups by name, page by page.
func (s *Service) ListGroups(ctx context.Context, in *iam.ListGroupsRequest) (*iam.ListGroupsResponse, error) {
	list, next, err := s.pageOf(ctx, principal.Group, in.PathPrefix, iamentity.Query{
		Binding: "ListGroups", Marker: in.Marker, MaxItems: in.MaxItems,
	})
	if err != nil {
		return nil, err
	}
	return &iam.ListGroupsResponse{Groups: describe(list, s.group), IsTruncated: next != "", Marker: next}, nil
}

// AddUserToGroup makes a user a member of a group; a member stays one.
func (s *Service) AddUserToGroup(ctx context.Context, in *iam.AddUserToGroupRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		user, group, err := member(tx, in.UserName, in.GroupName)
		if err != nil {
			return err
		}
		groups, err := principal.GroupsOf(tx, user.ID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(groups, func(other *principal.Principal) bool { return other.ID == group.ID }) {
			return nil
		}
		if err := iamentity.GroupsPerUser.Check(len(groups)); err != nil {
			return err
		}
		return principal.Join(tx, group.ID, user.ID)
	})
}

// RemoveUserFromGroup ends a user's membership of a group, if there is one.
func (s *Service) RemoveUserFromGroup(ctx context.Context, in *iam.RemoveUserFromGroupRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		user, group, err := member(tx, in.UserName, in.GroupName)
		if err != nil {
			return err
		}
		return principal.Leave(tx, group.ID, user.ID)
	})
}

// member finds a user and a group, in IAM's order.
func member(tx *db.Tx, userName, groupName string) (user, group *principal.Principal, err error) {
	if user, err = iamentity.Find(tx, principal.User, userName); err != nil {
		return nil, nil, err
	}
	group, err = iamentity.Find(tx, principal.Group, groupName)
	return user, group, err
}

// ListGroupsForUser lists the groups of a user by name, page by page.
func (s *Service) ListGroupsForUser(ctx context.Context, in *iam.ListGroupsForUserRequest) (*iam.ListGroupsForUserResponse, error) {
	var list []*principal.Principal
	var next string
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		user, err := iamentity.Find(tx, principal.User, in.UserName)
		if err != nil {
			return err
		}
		groups, err := principal.GroupsOf(tx, user.ID)
		if err != nil {
			return err
		}
		q := iamentity.Query{Binding: "ListGroupsForUser/" + user.ID, Marker: in.Marker, MaxItems: in.MaxItems}
		list, next, err = iamentity.Page(s.Pages, q, iamentity.Among(groups, foldedName), foldedName)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &iam.ListGroupsForUserResponse{Groups: describe(list, s.group), IsTruncated: next != "", Marker: next}, nil
}

// foldedName is the name by which the store orders principals.
func foldedName(p *principal.Principal) string { return strings.ToLower(p.Name) }

// group describes a group.
func (s *Service) group(p *principal.Principal) iam.Group {
	return iam.Group{
		Path: p.Path, GroupName: p.Name, GroupId: p.ID, Arn: p.ARN(s.Account), CreateDate: awsjson.At(p.Created),
	}
}
