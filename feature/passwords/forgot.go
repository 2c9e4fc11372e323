package passwords

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/account"
	"cardea/engine/message"
	"cardea/engine/verification"
	"cardea/outbound/trigger"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
)

// ForgotPassword sends a user a code to set a new password with.
func (s *Service) ForgotPassword(ctx context.Context, in *cognitoidp.ForgotPasswordRequest) (*cognitoidp.ForgotPasswordResponse, error) {
	if _, err := s.admit(ctx, in.ClientId, in.Username, in.SecretHash); err != nil {
		return nil, err
	}

	out := &cognitoidp.ForgotPasswordResponse{}
	err := verification.Write(ctx, s.DB, func(tx *db.Tx) error {
		g, err := s.guest(tx, in.ClientId)
		if err != nil {
			return err
		}
		t, err := g.recovery(tx, in.Username)
		if err != nil {
			return err
		}
		if err := s.Codes.Allow(tx, g.Pool.ID, t.Key(g.Box), verification.ForgotPassword); err != nil {
			return err
		}
		out.CodeDeliveryDetails, err = s.Codes.Send(tx, g.Box, t)
		return err
	})
	if err != nil {
		return nil, err
	}

	s.Codes.Outbox.Kick()
	return out, nil
}

// recovery finds whom a reset code is for. Its User is nil when there is nobody, or nobody who can be reached, and the app
// must not learn it.
func (g guest) recovery(tx *db.Tx, username string) (verification.Target, error) {
	t := verification.Target{
		Pool:        g.Pool,
		Client:      g.Client,
		UnknownUser: username,
		Purpose:     verification.Reset,
		Kind:        message.ForgotPassword,
	}
	u, err := account.Find(tx, g.Pool, username)
	unknown := errors.Is(err, db.ErrNotFound)
	if err != nil && !unknown {
		return t, fmt.Errorf("find user: %w", err)
	}
	if !g.Client.HidesUsers() {
		switch {
		case unknown:
			if err := trigger.Refuse(g.Pool.Doc.LambdaConfig, trigger.UserMigration); err != nil {
				return t, err
			}
			return t, cognitoidp.UserNotFound("Username/client id combination not found.")
		case !u.Enabled:
			return t, cognitoidp.NotAuthorized("User is disabled.")
		}
	}
	if len(recoveryOrder(g.Pool)) == 0 {
		return t, cognitoidp.NotAuthorized("Contact administrator to reset password.")
	}

	t.Attribute = usualAttribute(g.Pool)
	if unknown || !u.Enabled {
		return t, nil
	}
	switch u.Status {
	case cognitoidp.UserStatusTypeForceChangePassword, cognitoidp.UserStatusTypeExternalProvider:
		return t, unresettable()
	}
	if attribute := recoveryAttribute(g.Pool, u); attribute != "" {
		t.User, t.Attribute = u, attribute
		return t, nil
	}
	// Cognito answers an unconfirmed user as if a code had been sent, whatever the client's setting (01-wire §7).
	if g.Client.HidesUsers() || u.Status == cognitoidp.UserStatusTypeUnconfirmed {
		return t, nil
	}
	return t, unreachable()
}
