package useradmin

import (
	"context"
	"fmt"

	"cardea/engine/account"
	"cardea/engine/attributes"
	"cardea/engine/factor"
	"cardea/engine/password"
	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/platform/page"
	"cardea/record/datakey"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// Service answers the operations.
type Service struct {
	DB        *db.DB
	Ring      *datakey.Ring
	Pages     *page.Codec
	Codes     *verification.Codes
	Passwords *password.Hasher
	Tokens    *token.Minter
	Triggers  trigger.Triggers
}

var _ cognitoidp.Useradmin = (*Service)(nil)

// AdminGetUser describes one user.
func (s *Service) AdminGetUser(ctx context.Context, in *cognitoidp.AdminGetUserRequest) (*cognitoidp.AdminGetUserResponse, error) {
	var out *cognitoidp.AdminGetUserResponse
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, u, err := account.Admin(tx, in.UserPoolId, in.Username)
		if err != nil {
			return err
		}
		out = &cognitoidp.AdminGetUserResponse{
			Username:             u.Username,
			UserAttributes:       attributes.List(u, u.Attributes),
			UserCreateDate:       awsjson.At(u.Created),
			UserLastModifiedDate: awsjson.At(u.Modified),
			Enabled:              u.Enabled,
			UserStatus:           u.Status,
			MFAOptions:           u.MFA.Options(),
			PreferredMfaSetting:  u.MFA.Preferred,
			UserMFASettingList:   factor.Listed(u.MFA),
		}
		return nil
	})
	return out, err
}

// AdminDeleteUser removes a user and everything of theirs; their tokens are void at once.
func (s *Service) AdminDeleteUser(ctx context.Context, in *cognitoidp.AdminDeleteUserRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, u, err := account.Admin(tx, in.UserPoolId, in.Username)
		if err != nil {
			return err
		}
		return account.Delete(tx, p, u)
	})
}

// AdminEnableUser lets a disabled user sign in again. Tokens from before stay void.
func (s *Service) AdminEnableUser(ctx context.Context, in *cognitoidp.AdminEnableUserRequest) (*cognitoidp.AdminEnableUserResponse, error) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		p, u, err := account.Admin(tx, in.UserPoolId, in.Username)
		if err != nil || u.Enabled {
			return err
		}
		u.Enabled = true
		u.Touch(tx.Now)
		return account.Save(tx, p, u, false)
	})
	return &cognitoidp.AdminEnableUserResponse{}, err
}

// AdminDisableUser keeps a user from signing in, voids their tokens and ends their sessions at the pages.
func (s *Service) AdminDisableUser(ctx context.Context, in *cognitoidp.AdminDisableUserRequest) (*cognitoidp.AdminDisableUserResponse, error) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		p, u, err := account.Admin(tx, in.UserPoolId, in.Username)
		if err != nil || !u.Enabled {
			return err
		}
		if err := s.Tokens.SignOut(tx, u); err != nil {
			return fmt.Errorf("sign out: %w", err)
		}
		if err := account.EndAllSSO(tx, u.Pool, u.Sub); err != nil {
			return err
		}
		u.Enabled = false
		u.Touch(tx.Now)
		return account.Save(tx, p, u, false)
	})
	return &cognitoidp.AdminDisableUserResponse{}, err
}
