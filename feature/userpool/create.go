package userpool

import (
	"context"
	"fmt"

	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// CreateUserPool makes a pool with its schema, its data key and its two signing keys.
func (s *Service) CreateUserPool(ctx context.Context, in *cognitoidp.CreateUserPoolRequest) (*cognitoidp.CreateUserPoolResponse, error) {
	p, err := s.newPool(ctx, in)
	if err != nil {
		return nil, err
	}
	keys, err := s.Keys.Prepare(ctx)
	if err != nil {
		return nil, fmt.Errorf("prepare signing keys: %w", err)
	}

	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		p.Doc.CreationDate = awsjson.At(tx.Now)
		p.Doc.LastModifiedDate = awsjson.At(tx.Now)
		if err := pool.Insert(tx, p); err != nil {
			return err
		}
		if _, err := s.Ring.Box(tx, p.ID); err != nil {
			return fmt.Errorf("make data key: %w", err)
		}
		if err := s.Keys.Assign(tx, p.ID, keys); err != nil {
			return fmt.Errorf("assign signing keys: %w", err)
		}
		s.announce(tx)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("create pool: %w", err)
	}
	return &cognitoidp.CreateUserPoolResponse{UserPool: described(p)}, nil
}

// newPool checks a request for a pool and makes the pool to be stored.
func (s *Service) newPool(ctx context.Context, in *cognitoidp.CreateUserPoolRequest) (*pool.Pool, error) {
	if len(in.AliasAttributes) > 0 && len(in.UsernameAttributes) > 0 {
		return nil, cognitoidp.InvalidParameter("Only one of the aliasAttributes or usernameAttributes can be set in a User pool.")
	}
	schema, err := newSchema(in.Schema)
	if err != nil {
		return nil, err
	}

	name := id.NewPool(s.region(ctx))
	p := &pool.Pool{ID: name}
	p.Doc = cognitoidp.UserPoolType{
		Id:                    string(name),
		Arn:                   name.ARN(s.Account),
		SchemaAttributes:      schema,
		AliasAttributes:       given(in.AliasAttributes),
		UsernameAttributes:    given(in.UsernameAttributes),
		UsernameConfiguration: in.UsernameConfiguration,
		UserPoolTier:          cognitoidp.UserPoolTierTypeEssentials,
	}
	p.MFA.MfaConfiguration = cognitoidp.UserPoolMfaTypeOff
	if err := s.configure(p, settingsOf(in), creating); err != nil {
		return nil, err
	}
	return p, nil
}

// settingsOf is the part of a new pool's request that an update can change later.
func settingsOf(in *cognitoidp.CreateUserPoolRequest) *cognitoidp.UpdateUserPoolRequest {
	return &cognitoidp.UpdateUserPoolRequest{
		PoolName:                    in.PoolName,
		Policies:                    in.Policies,
		DeletionProtection:          in.DeletionProtection,
		LambdaConfig:                in.LambdaConfig,
		AutoVerifiedAttributes:      in.AutoVerifiedAttributes,
		SmsVerificationMessage:      in.SmsVerificationMessage,
		EmailVerificationMessage:    in.EmailVerificationMessage,
		EmailVerificationSubject:    in.EmailVerificationSubject,
		VerificationMessageTemplate: in.VerificationMessageTemplate,
		SmsAuthenticationMessage:    in.SmsAuthenticationMessage,
		MfaConfiguration:            in.MfaConfiguration,
		UserAttributeUpdateSettings: in.UserAttributeUpdateSettings,
		DeviceConfiguration:         in.DeviceConfiguration,
		EmailConfiguration:          in.EmailConfiguration,
		SmsConfiguration:            in.SmsConfiguration,
		UserPoolTags:                in.UserPoolTags,
		AdminCreateUserConfig:       in.AdminCreateUserConfig,
		UserPoolAddOns:              in.UserPoolAddOns,
		AccountRecoverySetting:      in.AccountRecoverySetting,
		UserPoolTier:                in.UserPoolTier,
		KeyConfiguration:            in.KeyConfiguration,
		IssuerConfiguration:         in.IssuerConfiguration,
		AcrConfiguration:            in.AcrConfiguration,
		DcrConfiguration:            in.DcrConfiguration,
	}
}
