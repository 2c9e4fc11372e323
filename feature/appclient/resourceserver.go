package appclient

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/resourceserver"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// CreateResourceServer makes an API known to the pool, with the scopes it defines.
func (s *Service) CreateResourceServer(ctx context.Context, in *cognitoidp.CreateResourceServerRequest) (*cognitoidp.CreateResourceServerResponse, error) {
	if in.Identifier == "aws.cognito" || strings.HasPrefix(in.Identifier, "aws.cognito/") {
		return nil, cognitoidp.InvalidParameter("The identifier " + in.Identifier + " is reserved.")
	}
	server, err := newServer(in.UserPoolId, in.Identifier, in.Name, in.Scopes)
	if err != nil {
		return nil, err
	}

	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := access.Pool(tx, in.UserPoolId); err != nil {
			return err
		}
		err := resourceserver.Insert(tx, server)
		if errors.Is(err, db.ErrExists) {
			return cognitoidp.InvalidParameter(in.Identifier + " already exists in user pool " + in.UserPoolId + ".")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.CreateResourceServerResponse{ResourceServer: &server.Doc}, nil
}

// DescribeResourceServer shows a resource server.
func (s *Service) DescribeResourceServer(ctx context.Context, in *cognitoidp.DescribeResourceServerRequest) (*cognitoidp.DescribeResourceServerResponse, error) {
	out := &cognitoidp.DescribeResourceServerResponse{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := access.Pool(tx, in.UserPoolId); err != nil {
			return err
		}
		server, err := resourceserver.Get(tx, id.Pool(in.UserPoolId), in.Identifier)
		if err != nil {
			return serverFault(err, in.Identifier)
		}
		out.ResourceServer = &server.Doc
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// UpdateResourceServer replaces the name and all scopes of a resource server.
func (s *Service) UpdateResourceServer(ctx context.Context, in *cognitoidp.UpdateResourceServerRequest) (*cognitoidp.UpdateResourceServerResponse, error) {
	server, err := newServer(in.UserPoolId, in.Identifier, in.Name, in.Scopes)
	if err != nil {
		return nil, err
	}

	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := access.Pool(tx, in.UserPoolId); err != nil {
			return err
		}
		return serverFault(resourceserver.Update(tx, server), in.Identifier)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.UpdateResourceServerResponse{ResourceServer: &server.Doc}, nil
}

// DeleteResourceServer removes a resource server. Clients that were allowed its scopes keep them in their settings.
func (s *Service) DeleteResourceServer(ctx context.Context, in *cognitoidp.DeleteResourceServerRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := access.Pool(tx, in.UserPoolId); err != nil {
			return err
		}
		return serverFault(resourceserver.Delete(tx, id.Pool(in.UserPoolId), in.Identifier), in.Identifier)
	})
}

// ListResourceServers shows a pool's resource servers, in the order of their identifiers.
func (s *Service) ListResourceServers(ctx context.Context, in *cognitoidp.ListResourceServersRequest) (*cognitoidp.ListResourceServersResponse, error) {
	binding := "ListResourceServers/" + in.UserPoolId
	after, err := s.Pages.Decode(binding, in.NextToken)
	if err != nil {
		return nil, invalidToken()
	}

	limit := pageSize(in.MaxResults, 50)
	var found []*resourceserver.Server
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		found, err = resourceserver.List(tx, p.ID, after, limit+1) // one more tells whether there is a next page
		return err
	})
	if err != nil {
		return nil, err
	}

	out := &cognitoidp.ListResourceServersResponse{ResourceServers: []cognitoidp.ResourceServerType{}}
	if len(found) > limit {
		found = found[:limit]
		out.NextToken = s.Pages.Encode(binding, found[limit-1].Identifier)
	}
	for _, server := range found {
		out.ResourceServers = append(out.ResourceServers, server.Doc)
	}
	return out, nil
}

// newServer makes the stored form of a resource server.
func newServer(pool, identifier, name string, scopes []cognitoidp.ResourceServerScopeType) (*resourceserver.Server, error) {
	seen := map[string]bool{}
	for _, scope := range scopes {
		if seen[scope.ScopeName] {
			return nil, cognitoidp.InvalidParameter("Duplicate scope name " + scope.ScopeName + " in resource server " + identifier + ".")
		}
		seen[scope.ScopeName] = true
	}
	return &resourceserver.Server{
		Pool:       id.Pool(pool),
		Identifier: identifier,
		Doc: cognitoidp.ResourceServerType{
			UserPoolId: pool,
			Identifier: identifier,
			Name:       name,
			Scopes:     scopes,
		},
	}, nil
}

func serverFault(err error, identifier string) error {
	if errors.Is(err, db.ErrNotFound) {
		return cognitoidp.ResourceNotFound("Resource server " + identifier + " does not exist.")
	}
	if err != nil {
		return fmt.Errorf("resource server: %w", err)
	}
	return nil
}
