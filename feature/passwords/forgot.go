package passwords

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/message"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
)

// ForgotPassword sends a user a code to set a new password with.
func (s *Service) ForgotPassword(ctx context.Context, in *cognitoidp.ForgotPasswordRequest) (*cognitoidp.ForgotPasswordResponse, error) {
	if _, err := s.admit(ctx, in.ClientId, in.Username, in.SecretHash); err != nil {
		return nil, err
	}
	if err := s.migrate(ctx, in); err != nil {
		return nil, err
	}

	details, err := s.Codes.Send(ctx, verification.ForgotPassword, func(tx *db.Tx) (verification.Target, error) {
		a, err := s.app(tx, in.ClientId, in.UserContextData)
		if err != nil {
			return verification.Target{}, err
		}
		t, err := a.recovery(tx, in.Username)
		t.Metadata = in.ClientMetadata
		return t, err
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.ForgotPasswordResponse{CodeDeliveryDetails: details}, nil
}

// recovery finds the user of a reset code to be sent. The target's User is nil when the user is unknown or cannot be reached,
// and the app hides its users.
func (a app) recovery(tx *db.Tx, username string) (verification.Target, error) {
	t := verification.Target{
		App:         a.App,
		UnknownUser: username,
		Source:      a.source,
		Purpose:     verification.Reset,
		Kind:        message.ForgotPassword,
	}
	u, err := account.Find(tx, a.Pool, username)
	unknown := errors.Is(err, db.ErrNotFound)
	if err != nil && !unknown {
		return t, fmt.Errorf("find user: %w", err)
	}
	if !a.Client.HidesUsers() {
		switch {
		case unknown:
			return t, verification.Unknown(a.Pool.ID, a.source, cognitoidp.UserNotFound("Username/client id combination not found."))
		case !u.Enabled:
			return t, cognitoidp.NotAuthorized("User is disabled.")
		}
	}
	if len(factor.RecoveryOrder(a.Pool)) == 0 {
		return t, cognitoidp.NotAuthorized("Contact administrator to reset password.")
	}

	t.Attribute = usualAttribute(a.Pool)
	if unknown {
		return t, nil
	}
	t.UnknownUser = account.SignInName(u, username)
	if !u.Enabled {
		return t, nil
	}
	switch u.Status {
	case cognitoidp.UserStatusTypeForceChangePassword, cognitoidp.UserStatusTypeExternalProvider:
		return t, unresettable()
	}
	if attribute := factor.Recovery(a.Pool, u); attribute != "" {
		t.User, t.Attribute = u, attribute
		return t, nil
	}
	if a.Client.HidesUsers() {
		return t, nil
	}
	return t, unreachable()
}
