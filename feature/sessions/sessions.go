package sessions

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/platform/geo"
	"cardea/platform/page"
	"cardea/record/client"
	"cardea/record/datakey"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// Service answers the operations on sessions.
type Service struct {
	DB            *db.DB
	Ring          *datakey.Ring
	Pages         *page.Codec
	Tokens        *token.Minter
	Authenticator *access.Authenticator
	Places        *geo.Database // says where sessions are used; nil: nobody knows
}

var _ cognitoidp.Sessions = (*Service)(nil)

// GetTokensFromRefreshToken gives new tokens for a refresh token, and a new refresh token if the client rotates them.
func (s *Service) GetTokensFromRefreshToken(ctx context.Context, in *cognitoidp.GetTokensFromRefreshTokenRequest) (*cognitoidp.GetTokensFromRefreshTokenResponse, error) {
	p, c, err := s.client(ctx, in.ClientId, in.ClientSecret)
	if err != nil {
		return nil, err
	}

	result, err := s.Tokens.Refresh(ctx, token.RefreshRequest{
		Pool: p, Client: c, RefreshToken: in.RefreshToken, DeviceKey: in.DeviceKey, Metadata: in.ClientMetadata,
		From: awsjson.CallerFrom(ctx),
	})
	if err != nil {
		return nil, plainRefusal(err)
	}
	return &cognitoidp.GetTokensFromRefreshTokenResponse{AuthenticationResult: result}, nil
}

// RevokeToken ends the session that a refresh token belongs to. That there is nothing to end is no error.
func (s *Service) RevokeToken(ctx context.Context, in *cognitoidp.RevokeTokenRequest) (*cognitoidp.RevokeTokenResponse, error) {
	_, c, err := s.client(ctx, in.ClientId, in.ClientSecret)
	if fault, refused := errors.AsType[*awsjson.Fault](err); refused {
		return nil, cognitoidp.Unauthorized(fault.Message) // the operation knows no other refusal of a client
	}
	if err != nil {
		return nil, err
	}

	revoke := s.Tokens.Revoke
	if in.RevokeAssociatedSessions == cognitoidp.RevokeAssociatedSessionsTypeLinked {
		revoke = s.Tokens.RevokeLinked
	}
	if err := revoke(ctx, c, in.Token); err != nil {
		return nil, err
	}
	return &cognitoidp.RevokeTokenResponse{}, nil
}

// GlobalSignOut ends all sessions of the bearer of an access token.
func (s *Service) GlobalSignOut(ctx context.Context, in *cognitoidp.GlobalSignOutRequest) (*cognitoidp.GlobalSignOutResponse, error) {
	// Strangers' tokens are weeded out before the one writer is bothered.
	err := s.DB.Read(ctx, func(tx *db.Tx) error { return s.bearer(tx, in.AccessToken, nil) })
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error { return s.bearer(tx, in.AccessToken, s.Tokens.SignOut) })
	if err != nil {
		return nil, err
	}
	return &cognitoidp.GlobalSignOutResponse{}, nil
}

// AdminUserGlobalSignOut ends all sessions of a user.
func (s *Service) AdminUserGlobalSignOut(ctx context.Context, in *cognitoidp.AdminUserGlobalSignOutRequest) (*cognitoidp.AdminUserGlobalSignOutResponse, error) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		_, u, err := account.Admin(tx, in.UserPoolId, in.Username)
		if err != nil {
			return err
		}
		return s.Tokens.SignOut(tx, u)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminUserGlobalSignOutResponse{}, nil
}

// bearer admits the bearer of an access token and does something with the user.
func (s *Service) bearer(tx *db.Tx, accessToken string, do func(*db.Tx, *user.User) error) error {
	b, err := s.Authenticator.Bearer(tx, accessToken)
	if awsjson.IsFault(err, "UserNotFoundException") {
		return cognitoidp.NotAuthorized("Access Token has been revoked") // the user is deleted; the model has no word for it here
	}
	if err != nil || do == nil {
		return err
	}
	return do(tx, b.User)
}

// client finds a client that has proved itself, and its pool.
func (s *Service) client(ctx context.Context, clientID, secret string) (p *pool.Pool, c *client.Client, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if p, c, err = access.Client(tx, clientID); err != nil {
			return err
		}
		box, err := s.Ring.Box(tx, p.ID)
		if err != nil {
			return fmt.Errorf("data key: %w", err)
		}
		return access.CheckSecret(box, c, secret)
	})
	return p, c, err
}

// plainRefusal turns the refusals that sign-in words apart into the one that this operation has.
func plainRefusal(err error) error {
	fault, refused := errors.AsType[*awsjson.Fault](err)
	if refused && (fault.Code == "UserNotConfirmedException" || fault.Code == "PasswordResetRequiredException") {
		return cognitoidp.NotAuthorized(fault.Message)
	}
	return err
}
