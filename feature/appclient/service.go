package appclient

import (
	"context"
	"fmt"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/platform/page"
	"cardea/record/client"
	"cardea/record/datakey"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Service answers the operations on app clients and resource servers.
type Service struct {
	DB    *db.DB
	Ring  *datakey.Ring
	Pages *page.Codec
}

var _ cognitoidp.Appclient = (*Service)(nil)

// CreateUserPoolClient makes an app client, with a secret if one is given or asked for.
func (s *Service) CreateUserPoolClient(ctx context.Context, in *cognitoidp.CreateUserPoolClientRequest) (*cognitoidp.CreateUserPoolClientResponse, error) {
	secret := in.ClientSecret
	if in.GenerateSecret {
		if secret != "" {
			return nil, cognitoidp.InvalidParameter("ClientSecret cannot be given when GenerateSecret is true.")
		}
		secret = id.NewClientSecret()
	}

	name := id.NewClient()
	out := &cognitoidp.CreateUserPoolClientResponse{}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		c := &client.Client{ID: name, Pool: p.ID}
		c.Doc.CreationDate = awsjson.At(tx.Now)
		if secret != "" {
			sealed, err := s.seal(tx, c, secret)
			if err != nil {
				return err
			}
			c.Secrets = []client.Secret{sealed}
		}
		if err := configure(tx, p, c, settingsOf(in)); err != nil {
			return err
		}
		if err := client.Insert(tx, c); err != nil {
			return fmt.Errorf("insert client: %w", err)
		}
		out.UserPoolClient = shown(c, secret)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DescribeUserPoolClient shows an app client with all its settings and the older of its secrets.
func (s *Service) DescribeUserPoolClient(ctx context.Context, in *cognitoidp.DescribeUserPoolClientRequest) (*cognitoidp.DescribeUserPoolClientResponse, error) {
	out := &cognitoidp.DescribeUserPoolClientResponse{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, c, err := access.PoolClient(tx, in.UserPoolId, in.ClientId)
		if err != nil {
			return err
		}
		secret, err := s.reveal(tx, c)
		if err != nil {
			return err
		}
		out.UserPoolClient = shown(c, secret)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// UpdateUserPoolClient replaces an app client's settings: what the request omits goes back to its default, but for the
// name. Secrets stay.
func (s *Service) UpdateUserPoolClient(ctx context.Context, in *cognitoidp.UpdateUserPoolClientRequest) (*cognitoidp.UpdateUserPoolClientResponse, error) {
	out := &cognitoidp.UpdateUserPoolClientResponse{}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		p, current, err := access.PoolClient(tx, in.UserPoolId, in.ClientId)
		if err != nil {
			return err
		}
		secret, err := s.reveal(tx, current)
		if err != nil {
			return err
		}
		c := current.Clone()
		if err := configure(tx, p, c, in); err != nil {
			return err
		}
		if err := client.Update(tx, c); err != nil {
			return fmt.Errorf("update client: %w", err)
		}
		out.UserPoolClient = shown(c, secret)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteUserPoolClient removes an app client. Its users stay; tokens that were issued to it are refused.
func (s *Service) DeleteUserPoolClient(ctx context.Context, in *cognitoidp.DeleteUserPoolClientRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, c, err := access.PoolClient(tx, in.UserPoolId, in.ClientId)
		if err != nil {
			return err
		}
		if err := client.Delete(tx, p.ID, c.ID); err != nil {
			return fmt.Errorf("delete client: %w", err)
		}
		return nil
	})
}

// ListUserPoolClients shows the names of a pool's app clients, in the order of their ids.
func (s *Service) ListUserPoolClients(ctx context.Context, in *cognitoidp.ListUserPoolClientsRequest) (*cognitoidp.ListUserPoolClientsResponse, error) {
	binding := "ListUserPoolClients/" + in.UserPoolId + "/" + in.ClientType
	after, err := s.Pages.Decode(binding, in.NextToken)
	if err != nil {
		return nil, invalidToken()
	}

	limit := pageSize(in.MaxResults, 60)
	var found []*client.Client
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		if in.ClientType != "" {
			found, err = client.ListKind(tx, p.ID, in.ClientType, id.Client(after), limit+1)
			return err
		}
		found, err = client.List(tx, p.ID, id.Client(after), limit+1) // one more tells whether there is a next page
		return err
	})
	if err != nil {
		return nil, err
	}

	out := &cognitoidp.ListUserPoolClientsResponse{UserPoolClients: []cognitoidp.UserPoolClientDescription{}}
	if len(found) > limit {
		found = found[:limit]
		out.NextToken = s.Pages.Encode(binding, string(found[limit-1].ID))
	}
	for _, c := range found {
		out.UserPoolClients = append(out.UserPoolClients, cognitoidp.UserPoolClientDescription{
			ClientId:   string(c.ID),
			UserPoolId: string(c.Pool),
			ClientName: c.Doc.ClientName,
		})
	}
	return out, nil
}

// shown is the client as operations describe it.
func shown(c *client.Client, secret string) *cognitoidp.UserPoolClientType {
	doc := c.Doc
	doc.ClientSecret = secret
	return &doc
}

// pageSize is how many items a page has: the number asked for, or most if there is none or it is greater.
func pageSize(asked, most int64) int {
	if asked <= 0 || asked > most {
		return int(most)
	}
	return int(asked)
}

func invalidToken() error {
	return cognitoidp.InvalidParameter("Invalid pagination token.")
}
