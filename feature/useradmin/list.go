package useradmin

import (
	"context"
	"errors"
	"slices"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/userfilter"
)

// pageSize is how many users a page has at most, and when no Limit is given.
const pageSize = 60

// ListUsers lists a pool's users page by page: those that match the filter, with the attributes asked for.
func (s *Service) ListUsers(ctx context.Context, in *cognitoidp.ListUsersRequest) (*cognitoidp.ListUsersResponse, error) {
	filter, err := userfilter.Parse(in.Filter)
	if err != nil {
		return nil, cognitoidp.InvalidParameter("Error while parsing filter")
	}
	binding := "ListUsers/" + in.UserPoolId + "/" + filter.String()
	cursor, err := s.Pages.Decode(binding, in.PaginationToken)
	if err != nil {
		return nil, cognitoidp.InvalidParameter("Invalid pagination token.")
	}
	limit := int(in.Limit)
	if limit == 0 {
		limit = pageSize
	}

	var users []*user.User
	var next string
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		for _, name := range in.AttributesToGet {
			if _, known := p.Attribute(name); !known {
				return cognitoidp.InvalidParameter("One or more requested attributes do not exist.")
			}
		}
		users, next, err = account.Search(tx, p, filter, cursor, limit)
		if errors.Is(err, account.ErrUnsearchable) {
			return cognitoidp.InvalidParameter("Invalid search attribute: " + filter.Attribute)
		}
		return err
	})
	if err != nil {
		return nil, err
	}

	out := &cognitoidp.ListUsersResponse{
		Users:           make([]cognitoidp.UserType, len(users)),
		PaginationToken: s.Pages.Encode(binding, next),
	}
	for i, u := range users {
		out.Users[i] = account.Describe(u, u.Attributes)
		if in.AttributesToGet != nil {
			out.Users[i].Attributes = only(out.Users[i].Attributes, in.AttributesToGet)
		}
	}
	return out, nil
}

// only gives those attributes that are asked for; nothing at all when none is.
func only(list []cognitoidp.AttributeType, names []string) []cognitoidp.AttributeType {
	if len(names) == 0 {
		return nil
	}
	return slices.DeleteFunc(list, func(attribute cognitoidp.AttributeType) bool {
		return !slices.Contains(names, attribute.Name)
	})
}
