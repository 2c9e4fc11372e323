package sessions

import (
	"context"
	"errors"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/bearer"
	"cardea/engine/token"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/platform/geo"
	"cardea/platform/page"
	"cardea/record/datakey"
	"cardea/spec/cognitoidp"
)

// Service answers the operations on sessions.
type Service struct {
	Apps          access.Apps
	DB            *db.DB
	Ring          *datakey.Ring
	Pages         *page.Codec
	Tokens        *token.Minter
	Authenticator *bearer.Authenticator
	Places        *geo.Database // finds where sessions are used; nil: places are not shown
}

var _ cognitoidp.Sessions = (*Service)(nil)

// GetTokensFromRefreshToken gives new tokens for a refresh token, and a new refresh token if the client rotates them.
func (s *Service) GetTokensFromRefreshToken(ctx context.Context, in *cognitoidp.GetTokensFromRefreshTokenRequest) (*cognitoidp.GetTokensFromRefreshTokenResponse, error) {
	var n *token.Renewal
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		app, err := s.app(tx, in.ClientId, in.ClientSecret)
		if err != nil {
			return err
		}
		n, err = s.Tokens.Look(tx, token.RefreshRequest{
			App: app, RefreshToken: in.RefreshToken, DeviceKey: in.DeviceKey, Metadata: in.ClientMetadata,
			From: caller.From(ctx),
		})
		return plainRefusal(err)
	})
	if err != nil {
		return nil, err
	}
	result, err := s.Tokens.Renew(ctx, n)
	if err != nil {
		return nil, plainRefusal(err)
	}
	return &cognitoidp.GetTokensFromRefreshTokenResponse{AuthenticationResult: result}, nil
}

// RevokeToken ends the session that a refresh token belongs to. It succeeds also when the session has ended before.
func (s *Service) RevokeToken(ctx context.Context, in *cognitoidp.RevokeTokenRequest) (*cognitoidp.RevokeTokenResponse, error) {
	var app access.App
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		app, err = s.app(tx, in.ClientId, in.ClientSecret)
		return err
	})
	if err := unauthorized(in.ClientId, err); err != nil {
		return nil, err
	}

	revoke := s.Tokens.Revoke
	if in.RevokeAssociatedSessions == cognitoidp.RevokeAssociatedSessionsTypeLinked {
		revoke = s.Tokens.RevokeLinked
	}
	if err := revoke(ctx, app.Client, in.Token); err != nil {
		return nil, err
	}
	return &cognitoidp.RevokeTokenResponse{}, nil
}

// GlobalSignOut ends all sessions of the bearer of an access token.
func (s *Service) GlobalSignOut(ctx context.Context, in *cognitoidp.GlobalSignOutRequest) (*cognitoidp.GlobalSignOutResponse, error) {
	err := s.Authenticator.Write(ctx, in.AccessToken, func(tx *db.Tx, who *access.Subject) error {
		return s.Tokens.SignOut(tx, who.User)
	})
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

// app finds a client that has proved itself by its secret, with its pool.
func (s *Service) app(tx *db.Tx, clientID, secret string) (access.App, error) {
	app, err := s.Apps.Find(tx, clientID)
	if err != nil {
		return app, err
	}
	return app, app.CheckSecret(secret)
}

// unauthorized gives the fault for a client that may not revoke a token: the operation has one code for every reason.
func unauthorized(clientID string, err error) error {
	if _, unknown := errors.AsType[*access.UnknownError](err); unknown {
		return cognitoidp.Unauthorized("User pool client " + clientID + " does not exist.")
	}
	if _, unproven := errors.AsType[*access.SecretError](err); unproven {
		return cognitoidp.Unauthorized("Invalid client secret for client " + clientID)
	}
	return err
}

// plainRefusal replaces the refusals that sign-in words differently by the only one that this operation has.
func plainRefusal(err error) error {
	switch {
	case errors.Is(err, account.ErrUnconfirmed):
		return cognitoidp.NotAuthorized("User is not confirmed.")
	case errors.Is(err, account.ErrResetRequired):
		return cognitoidp.NotAuthorized("Password reset required for the user")
	}
	return err
}
