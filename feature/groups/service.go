package groups

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/platform/page"
	"cardea/record/group"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Quotas of Cognito (docs/cognito/pools-and-clients.md, "Quotas").
const (
	groupsPerPool = 10_000
	groupsPerUser = 100
)

// pageSize is how many entries a page has at most, and when no Limit is given.
const pageSize = 60

// Service answers the operations.
type Service struct {
	DB      *db.DB
	Pages   *page.Codec
	Account string // the account that roles of groups must belong to
}

var _ cognitoidp.Groups = (*Service)(nil)

// CreateGroup adds a group to a pool.
func (s *Service) CreateGroup(ctx context.Context, in *cognitoidp.CreateGroupRequest) (*cognitoidp.CreateGroupResponse, error) {
	if err := s.checkRole(in.RoleArn); err != nil {
		return nil, err
	}
	g := &group.Group{
		Pool:        id.Pool(in.UserPoolId),
		Name:        in.GroupName,
		Description: in.Description,
		RoleArn:     in.RoleArn,
		Precedence:  in.Precedence,
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := access.Pool(tx, in.UserPoolId); err != nil {
			return err
		}
		n, err := group.Count(tx, g.Pool)
		if err != nil {
			return fmt.Errorf("count groups: %w", err)
		}
		if n >= groupsPerPool {
			return cognitoidp.LimitExceeded(fmt.Sprintf("A user pool can have at most %d groups.", groupsPerPool))
		}
		g.Created, g.Modified = tx.Now, tx.Now
		err = group.Insert(tx, g)
		if errors.Is(err, db.ErrExists) {
			return cognitoidp.GroupExists("A group with the name already exists.")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.CreateGroupResponse{Group: new(describe(*g))}, nil
}

// GetGroup describes a group.
func (s *Service) GetGroup(ctx context.Context, in *cognitoidp.GetGroupRequest) (*cognitoidp.GetGroupResponse, error) {
	var g *group.Group
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		g, err = find(tx, in.UserPoolId, in.GroupName)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.GetGroupResponse{Group: new(describe(*g))}, nil
}

// UpdateGroup changes the members that are given and keeps the others.
func (s *Service) UpdateGroup(ctx context.Context, in *cognitoidp.UpdateGroupRequest) (*cognitoidp.UpdateGroupResponse, error) {
	if err := s.checkRole(in.RoleArn); err != nil {
		return nil, err
	}
	var g *group.Group
	err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if g, err = find(tx, in.UserPoolId, in.GroupName); err != nil {
			return err
		}
		if in.Description != "" {
			g.Description = in.Description
		}
		if in.RoleArn != "" {
			g.RoleArn = in.RoleArn
		}
		if in.Precedence != nil {
			g.Precedence = in.Precedence
		}
		g.Modified = tx.Now
		return group.Update(tx, g)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.UpdateGroupResponse{Group: new(describe(*g))}, nil
}

// DeleteGroup removes a group; its members stay users.
func (s *Service) DeleteGroup(ctx context.Context, in *cognitoidp.DeleteGroupRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		g, err := find(tx, in.UserPoolId, in.GroupName)
		if err != nil {
			return err
		}
		return group.Delete(tx, g.Pool, g.Name)
	})
}

// ListGroups lists a pool's groups by name, page by page.
func (s *Service) ListGroups(ctx context.Context, in *cognitoidp.ListGroupsRequest) (*cognitoidp.ListGroupsResponse, error) {
	binding := "ListGroups/" + in.UserPoolId
	after, err := s.cursor(binding, in.NextToken)
	if err != nil {
		return nil, err
	}

	limit := size(in.Limit)
	var list []group.Group
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		list, err = group.List(tx, p.ID, after, limit+1)
		return err
	})
	if err != nil {
		return nil, err
	}

	next := ""
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].Name
	}
	return &cognitoidp.ListGroupsResponse{Groups: describeAll(list), NextToken: s.Pages.Encode(binding, next)}, nil
}

// checkRole refuses a role of another account. The model has checked that it is an ARN.
func (s *Service) checkRole(role string) error {
	const account = 4 // arn:aws:iam::<account>:role/<name>
	if parts := strings.Split(role, ":"); role != "" && (len(parts) <= account || parts[account] != s.Account) {
		return cognitoidp.InvalidParameter("Cross-account pass role is not allowed.")
	}
	return nil
}

// find loads a group, with the faults of all operations.
func find(tx *db.Tx, poolID, name string) (*group.Group, error) {
	p, err := access.Pool(tx, poolID)
	if err != nil {
		return nil, err
	}
	g, err := group.Get(tx, p.ID, name)
	if errors.Is(err, db.ErrNotFound) {
		return nil, cognitoidp.ResourceNotFound("Group not found.")
	}
	return g, err
}

// cursor opens a page token.
func (s *Service) cursor(binding, token string) (string, error) {
	cursor, err := s.Pages.Decode(binding, token)
	if err != nil {
		return "", cognitoidp.InvalidParameter("Invalid pagination token.")
	}
	return cursor, nil
}

func size(limit int64) int {
	if limit == 0 {
		return pageSize
	}
	return int(limit)
}

func describe(g group.Group) cognitoidp.GroupType {
	return cognitoidp.GroupType{
		GroupName:        g.Name,
		UserPoolId:       string(g.Pool),
		Description:      g.Description,
		RoleArn:          g.RoleArn,
		Precedence:       g.Precedence,
		CreationDate:     awsjson.At(g.Created),
		LastModifiedDate: awsjson.At(g.Modified),
	}
}

func describeAll(list []group.Group) []cognitoidp.GroupType {
	out := make([]cognitoidp.GroupType, len(list))
	for i, g := range list {
		out[i] = describe(g)
	}
	return out
}
