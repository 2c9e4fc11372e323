package appclient

import (
	"context"
	"fmt"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// AddUserPoolClientSecret gives a confidential client a second secret. A generated one is shown this once; one that the
// caller chose is not shown at all.
func (s *Service) AddUserPoolClientSecret(ctx context.Context, in *cognitoidp.AddUserPoolClientSecretRequest) (*cognitoidp.AddUserPoolClientSecretResponse, error) {
	secret, generated := in.ClientSecret, ""
	if secret == "" {
		generated = id.NewClientSecret()
		secret = generated
	}

	out := &cognitoidp.AddUserPoolClientSecretResponse{}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		_, current, err := access.PoolClient(tx, in.UserPoolId, in.ClientId)
		if err != nil {
			return err
		}
		if !current.HasSecret() {
			return cognitoidp.InvalidParameter("Client secrets can only be added to an app client that was created with a secret.")
		}
		if len(current.Secrets) >= client.MaxSecrets {
			return cognitoidp.LimitExceeded("An app client cannot have more than 2 active client secrets.")
		}
		c := current.Clone()
		added, err := s.seal(tx, c, secret)
		if err != nil {
			return err
		}
		if err := client.AddSecret(tx, c, added); err != nil {
			return fmt.Errorf("add client secret: %w", err)
		}
		descriptor := describe(added)
		descriptor.ClientSecretValue = generated
		out.ClientSecretDescriptor = &descriptor
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// DeleteUserPoolClientSecret takes one of two secrets from a client. The last one stays, so that no confidential client
// becomes a public one.
func (s *Service) DeleteUserPoolClientSecret(ctx context.Context, in *cognitoidp.DeleteUserPoolClientSecretRequest) (*cognitoidp.DeleteUserPoolClientSecretResponse, error) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		_, current, err := access.PoolClient(tx, in.UserPoolId, in.ClientId)
		if err != nil {
			return err
		}
		if !current.Knows(in.ClientSecretId) {
			return cognitoidp.ResourceNotFound("Client secret " + in.ClientSecretId + " does not exist.")
		}
		if len(current.Secrets) == 1 {
			return cognitoidp.InvalidParameter("The last client secret of an app client cannot be deleted.")
		}
		if err := client.DeleteSecret(tx, current.Clone(), in.ClientSecretId); err != nil {
			return fmt.Errorf("delete client secret: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.DeleteUserPoolClientSecretResponse{}, nil
}

// ListUserPoolClientSecrets shows when a client's secrets were made, and never the secrets. They fit on one page,
// so that every NextToken is invalid.
func (s *Service) ListUserPoolClientSecrets(ctx context.Context, in *cognitoidp.ListUserPoolClientSecretsRequest) (*cognitoidp.ListUserPoolClientSecretsResponse, error) {
	if in.NextToken != "" {
		return nil, invalidToken()
	}
	out := &cognitoidp.ListUserPoolClientSecretsResponse{ClientSecrets: []cognitoidp.ClientSecretDescriptorType{}}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, c, err := access.PoolClient(tx, in.UserPoolId, in.ClientId)
		if err != nil {
			return err
		}
		out.ClientSecrets = out.ClientSecrets[:0]
		for _, secret := range c.Secrets {
			out.ClientSecrets = append(out.ClientSecrets, describe(secret))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// seal makes the stored form of a new secret.
func (s *Service) seal(tx *db.Tx, c *client.Client, secret string) (client.Secret, error) {
	box, err := s.Ring.Box(tx, c.Pool)
	if err != nil {
		return client.Secret{}, fmt.Errorf("get the pool's key: %w", err)
	}
	return c.NewSecret(box, secret, tx.Now), nil
}

// reveal opens the older of a client's secrets; empty when it has none.
func (s *Service) reveal(tx *db.Tx, c *client.Client) (string, error) {
	if !c.HasSecret() {
		return "", nil
	}
	box, err := s.Ring.Box(tx, c.Pool)
	if err != nil {
		return "", fmt.Errorf("get the pool's key: %w", err)
	}
	secret, err := box.Open(client.SecretLabel(c.ID), c.Secrets[0].Sealed)
	if err != nil {
		return "", fmt.Errorf("open client secret: %w", err)
	}
	return string(secret), nil
}

func describe(secret client.Secret) cognitoidp.ClientSecretDescriptorType {
	return cognitoidp.ClientSecretDescriptorType{
		ClientSecretId:         secret.ID,
		ClientSecretCreateDate: awsjson.At(secret.Created),
	}
}
