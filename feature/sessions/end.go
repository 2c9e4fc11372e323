package sessions

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// RevokeUserSession ends another session of the bearer of an access token.
func (s *Service) RevokeUserSession(ctx context.Context, in *cognitoidp.RevokeUserSessionRequest) (*cognitoidp.RevokeUserSessionResponse, error) {
	err := s.Authenticator.Write(ctx, in.AccessToken, func(tx *db.Tx, b *access.Subject) error {
		if err := mustTrack(b.Pool); err != nil {
			return err
		}
		one, err := s.session(tx, b.User, in.SessionId)
		if err != nil {
			return err
		}
		if one.ID == b.Session.ID {
			return cognitoidp.InvalidParameter("The session of the access token cannot be revoked.")
		}
		return ending(in.RevokeAssociatedSessions)(tx, one)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.RevokeUserSessionResponse{}, nil
}

// AdminRevokeUserSession ends a session of a user.
func (s *Service) AdminRevokeUserSession(ctx context.Context, in *cognitoidp.AdminRevokeUserSessionRequest) (*cognitoidp.AdminRevokeUserSessionResponse, error) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		u, err := owner(tx, in.UserPoolId, in.Username)
		if err != nil {
			return err
		}
		one, err := s.session(tx, u, in.SessionId)
		if err != nil {
			return err
		}
		return ending(in.RevokeAssociatedSessions)(tx, one)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminRevokeUserSessionResponse{}, nil
}

// session finds a session of a user by its name.
func (s *Service) session(tx *db.Tx, u *user.User, name string) (*session.Session, error) {
	one, err := s.Tokens.Session(tx, u, name)
	if errors.Is(err, db.ErrNotFound) {
		return nil, cognitoidp.ResourceNotFound("Session " + name + " does not exist.")
	}
	if err != nil {
		return nil, fmt.Errorf("get session: %w", err)
	}
	return one, nil
}

// ending is the function that ends a session, alone or with those linked to it, as RevokeAssociatedSessions says.
func ending(associated string) func(*db.Tx, *session.Session) error {
	if associated == cognitoidp.RevokeAssociatedSessionsTypeLinked {
		return token.EndLinked
	}
	return token.End
}
