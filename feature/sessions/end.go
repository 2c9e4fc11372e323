package sessions

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// RevokeUserSession ends another session of the bearer of an access token.
func (s *Service) RevokeUserSession(ctx context.Context, in *cognitoidp.RevokeUserSessionRequest) (*cognitoidp.RevokeUserSessionResponse, error) {
	err := s.Authenticator.Write(ctx, in.AccessToken, func(tx *db.Tx, b *access.Subject) error {
		if err := mayList(b); err != nil {
			return err
		}
		one, err := s.session(tx, b.User, in.SessionId)
		if err != nil {
			return err
		}
		if one.isOf(b) {
			return cognitoidp.InvalidParameter("The session of the access token cannot be revoked.")
		}
		return one.end(tx, in.RevokeAssociatedSessions)
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
		return one.end(tx, in.RevokeAssociatedSessions)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminRevokeUserSessionResponse{}, nil
}

// SignOutEverywhere ends all sessions of a visitor of the pages: those of tokens and those of single sign-on, in this browser and
// in all others.
func (s *Service) SignOutEverywhere(ctx context.Context) error {
	return s.Authenticator.Write(ctx, "", func(tx *db.Tx, who *access.Subject) error {
		if err := s.Tokens.SignOut(tx, who.User); err != nil {
			return err
		}
		return account.EndAllSSO(tx, who.Pool.ID, who.User.Sub)
	})
}

// session finds a session of a user by its name.
func (s *Service) session(tx *db.Tx, u *user.User, name string) (one listed, err error) {
	if strings.HasPrefix(name, token.SSOSession) {
		one.sso, err = s.Tokens.SSO(tx, u, name)
	} else {
		one.token, err = s.Tokens.Session(tx, u, name)
	}
	if errors.Is(err, db.ErrNotFound) {
		return one, cognitoidp.ResourceNotFound("Session " + name + " does not exist.")
	}
	if err != nil {
		return one, fmt.Errorf("get session: %w", err)
	}
	return one, nil
}

// end ends a session, alone or with those linked to it, as RevokeAssociatedSessions says.
func (l listed) end(tx *db.Tx, associated string) error {
	linked := associated == cognitoidp.RevokeAssociatedSessionsTypeLinked
	switch {
	case l.sso != nil:
		return token.EndSSO(tx, l.sso, linked)
	case linked:
		return token.EndLinked(tx, l.token)
	}
	return token.End(tx, l.token)
}
