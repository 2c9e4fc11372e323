package sessions

import (
	"context"
	"fmt"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// GetUserPoolSessionConfiguration shows whether a pool tracks its users' sessions, and how many each may have.
func (s *Service) GetUserPoolSessionConfiguration(ctx context.Context, in *cognitoidp.GetUserPoolSessionConfigurationRequest) (*cognitoidp.GetUserPoolSessionConfigurationResponse, error) {
	var out cognitoidp.GetUserPoolSessionConfigurationResponse
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		out = p.SessionConfiguration()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// SetUserPoolSessionConfiguration replaces a pool's settings for sessions. A lower limit applies to a user from their next
// sign-in.
func (s *Service) SetUserPoolSessionConfiguration(ctx context.Context, in *cognitoidp.SetUserPoolSessionConfigurationRequest) (*cognitoidp.SetUserPoolSessionConfigurationResponse, error) {
	var out cognitoidp.SetUserPoolSessionConfigurationResponse
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		current, err := access.Pool(tx, in.UserPoolId)
		if err != nil {
			return err
		}
		p := current.Clone()
		p.Sessions = cognitoidp.GetUserPoolSessionConfigurationResponse{
			UserSessionTracking: in.UserSessionTracking, TokenSession: in.TokenSession,
		}
		if err := pool.Update(tx, p); err != nil {
			return fmt.Errorf("update pool: %w", err)
		}
		out = cognitoidp.SetUserPoolSessionConfigurationResponse(p.SessionConfiguration())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// GetUserPoolClientSessionConfiguration shows for how long an app client reuses single sign-on sessions.
func (s *Service) GetUserPoolClientSessionConfiguration(ctx context.Context, in *cognitoidp.GetUserPoolClientSessionConfigurationRequest) (*cognitoidp.GetUserPoolClientSessionConfigurationResponse, error) {
	var out cognitoidp.GetUserPoolClientSessionConfigurationResponse
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, c, err := access.PoolClient(tx, in.UserPoolId, in.ClientId)
		if err != nil {
			return err
		}
		out = c.SessionConfiguration()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// SetUserPoolClientSessionConfiguration sets for how long an app client reuses single sign-on sessions. The pool must track
// sessions at that moment; the setting has no effect while it does not.
func (s *Service) SetUserPoolClientSessionConfiguration(ctx context.Context, in *cognitoidp.SetUserPoolClientSessionConfigurationRequest) (*cognitoidp.SetUserPoolClientSessionConfigurationResponse, error) {
	var out cognitoidp.SetUserPoolClientSessionConfigurationResponse
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		p, current, err := access.PoolClient(tx, in.UserPoolId, in.ClientId)
		if err != nil {
			return err
		}
		if err := mustTrack(p); err != nil {
			return err
		}
		c := current.Clone()
		c.Sessions = cognitoidp.GetUserPoolClientSessionConfigurationResponse{SSOSession: in.SSOSession}
		if err := client.Update(tx, c); err != nil {
			return fmt.Errorf("update client: %w", err)
		}
		out = cognitoidp.SetUserPoolClientSessionConfigurationResponse(c.SessionConfiguration())
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &out, nil
}
