package groups

import (
	"context"
	"fmt"
	"slices"

	"cardea/engine/account"
	"cardea/platform/db"
	"cardea/record/group"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// AdminAddUserToGroup makes a user a member of a group; a member stays one.
func (s *Service) AdminAddUserToGroup(ctx context.Context, in *cognitoidp.AdminAddUserToGroupRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		g, u, err := findBoth(tx, in.UserPoolId, in.GroupName, in.Username)
		if err != nil {
			return err
		}
		groups, err := group.ForUser(tx, g.Pool, u.Sub)
		if err != nil {
			return fmt.Errorf("list groups of user: %w", err)
		}
		if slices.ContainsFunc(groups, func(other group.Group) bool { return other.Name == g.Name }) {
			return nil
		}
		if len(groups) >= groupsPerUser {
			return cognitoidp.InvalidParameter(fmt.Sprintf("A user can be in at most %d groups.", groupsPerUser))
		}
		return group.Add(tx, g.Pool, g.Name, u.Sub)
	})
}

// AdminRemoveUserFromGroup ends a user's membership of a group, if there is one.
func (s *Service) AdminRemoveUserFromGroup(ctx context.Context, in *cognitoidp.AdminRemoveUserFromGroupRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		g, u, err := findBoth(tx, in.UserPoolId, in.GroupName, in.Username)
		if err != nil {
			return err
		}
		return group.Remove(tx, g.Pool, g.Name, u.Sub)
	})
}

// AdminListGroupsForUser lists the groups of a user in the order in which their roles count, page by page.
func (s *Service) AdminListGroupsForUser(ctx context.Context, in *cognitoidp.AdminListGroupsForUserRequest) (*cognitoidp.AdminListGroupsForUserResponse, error) {
	binding := "AdminListGroupsForUser/" + in.UserPoolId + "/" + in.Username
	last, err := s.cursor(binding, in.NextToken)
	if err != nil {
		return nil, err
	}

	var list []group.Group
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, u, err := account.Admin(tx, in.UserPoolId, in.Username)
		if err != nil {
			return err
		}
		list, err = group.ForUser(tx, p.ID, u.Sub)
		return err
	})
	if err != nil {
		return nil, err
	}

	// A user has a hundred groups at most: all are read, and the page begins after the last group of the page before.
	list = list[slices.IndexFunc(list, func(g group.Group) bool { return g.Name == last })+1:]
	limit, next := size(in.Limit), ""
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].Name
	}
	return &cognitoidp.AdminListGroupsForUserResponse{Groups: describeAll(list), NextToken: s.Pages.Encode(binding, next)}, nil
}

// ListUsersInGroup lists the members of a group, page by page.
func (s *Service) ListUsersInGroup(ctx context.Context, in *cognitoidp.ListUsersInGroupRequest) (*cognitoidp.ListUsersInGroupResponse, error) {
	binding := "ListUsersInGroup/" + in.UserPoolId + "/" + in.GroupName
	after, err := s.cursor(binding, in.NextToken)
	if err != nil {
		return nil, err
	}

	limit, next := size(in.Limit), ""
	var users []cognitoidp.UserType
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		g, err := find(tx, in.UserPoolId, in.GroupName)
		if err != nil {
			return err
		}
		subs, err := group.Members(tx, g.Pool, g.Name, id.Sub(after), limit+1)
		if err != nil {
			return fmt.Errorf("list members: %w", err)
		}
		next = ""
		if len(subs) > limit {
			subs = subs[:limit]
			next = string(subs[limit-1])
		}
		users = make([]cognitoidp.UserType, 0, len(subs))
		for _, sub := range subs {
			u, err := user.Get(tx, g.Pool, sub)
			if err != nil {
				return fmt.Errorf("get member: %w", err)
			}
			users = append(users, account.Describe(u, u.Attributes))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.ListUsersInGroupResponse{Users: users, NextToken: s.Pages.Encode(binding, next)}, nil
}

// findBoth loads a group and a user of one pool, with the faults of all operations.
func findBoth(tx *db.Tx, poolID, name, username string) (*group.Group, *user.User, error) {
	_, u, err := account.Admin(tx, poolID, username)
	if err != nil {
		return nil, nil, err
	}
	g, err := find(tx, poolID, name)
	return g, u, err
}
