package passwords

import (
	"context"
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/password"
	"cardea/engine/trigger"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// ConfirmForgotPassword sets a new password by code. The policy is judged before the code, so that a weak password does not
// cost it; the history only once the code has proved who asks, or anyone could find out which passwords were used.
func (s *Service) ConfirmForgotPassword(ctx context.Context, in *cognitoidp.ConfirmForgotPasswordRequest) (*cognitoidp.ConfirmForgotPasswordResponse, error) {
	a, err := s.admit(ctx, in.ClientId, in.Username, in.SecretHash)
	if err != nil {
		return nil, err
	}
	if err := password.CheckPolicy(a.Pool, in.Password); err != nil {
		return nil, err
	}

	u, err := s.proven(ctx, in)
	if err != nil {
		return nil, err
	}
	change, err := s.Passwords.Prepare(ctx, a.Box, a.Pool, u, password.Choice{Password: in.Password, Policy: true, History: true})
	if err != nil {
		return nil, err
	}

	var call trigger.Call
	err = verification.Write(ctx, s.DB, func(tx *db.Tx) (err error) {
		call.App, call.User, err = s.redeem(tx, in, change)
		return err
	})
	if err != nil {
		return nil, err
	}

	// When the function fails, the new password stays, and the failure is answered.
	call.Occasion, call.Metadata = triggerevent.ConfirmForgotPassword, in.ClientMetadata
	if err := s.Triggers.PostConfirmation(ctx, call); err != nil {
		return nil, err
	}
	return &cognitoidp.ConfirmForgotPasswordResponse{}, nil
}

// proven judges the code, counts the attempt, and gives the user whose code it is. The code is not used up yet.
func (s *Service) proven(ctx context.Context, in *cognitoidp.ConfirmForgotPasswordRequest) (u *user.User, err error) {
	err = verification.Write(ctx, s.DB, func(tx *db.Tx) error {
		a, err := s.app(tx, in.ClientId, in.UserContextData)
		if err != nil {
			return err
		}
		t, err := a.holder(tx, in.Username)
		if err != nil {
			return err
		}
		if err := s.Codes.Allow(tx, a.Pool.ID, t.Key(), verification.ForgotPassword); err != nil {
			return err
		}
		u = t.User
		return s.Codes.Peek(tx, t, in.ConfirmationCode)
	})
	return u, err
}

// redeem uses the code up and sets the password with it, both or neither. It gives the user as they are by then.
func (s *Service) redeem(tx *db.Tx, in *cognitoidp.ConfirmForgotPasswordRequest, change *password.Change) (access.App, *user.User, error) {
	a, err := s.app(tx, in.ClientId, in.UserContextData)
	if err != nil {
		return access.App{}, nil, err
	}
	t, err := a.holder(tx, in.Username)
	if err != nil {
		return access.App{}, nil, err
	}
	if _, err := s.Codes.Redeem(tx, t, in.ConfirmationCode); err != nil {
		return access.App{}, nil, err
	}
	return a.App, t.User, s.replace(tx, a.App, t.User, change, cognitoidp.UserStatusTypeConfirmed)
}

// holder finds the user of a reset code that is being redeemed. The target's User is nil when no user can redeem one and the
// app hides its users. It is the same target that recovery found when the code was asked for.
func (a app) holder(tx *db.Tx, username string) (verification.Target, error) {
	t := verification.Target{App: a.App, UnknownUser: username, Source: a.source, Purpose: verification.Reset}
	u, err := account.Find(tx, a.Pool, username)
	switch {
	case errors.Is(err, db.ErrNotFound) && a.Client.HidesUsers():
		return t, nil
	case errors.Is(err, db.ErrNotFound):
		return t, verification.Unknown(a.Pool.ID, a.source, cognitoidp.UserNotFound("Username/client id combination not found."))
	case err != nil:
		return t, fmt.Errorf("find user: %w", err)
	case !u.Enabled && !a.Client.HidesUsers():
		return t, cognitoidp.NotAuthorized("User is disabled.")
	}
	t.UnknownUser = account.SignInName(u, username)
	if !u.Enabled || factor.Recovery(a.Pool, u) == "" {
		return t, nil
	}
	t.User = u
	return t, nil
}
