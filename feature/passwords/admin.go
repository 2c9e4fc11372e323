package passwords

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/message"
	"cardea/engine/password"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// AdminSetUserPassword sets a password for a user, for good or to be changed at the next sign-in. A permanent one confirms
// the user, whatever their status was.
func (s *Service) AdminSetUserPassword(ctx context.Context, in *cognitoidp.AdminSetUserPasswordRequest) (*cognitoidp.AdminSetUserPasswordResponse, error) {
	var a access.App
	var u *user.User
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		a, u, err = s.administrated(tx, in.UserPoolId, in.Username)
		return err
	})
	if err != nil {
		return nil, err
	}

	status := cognitoidp.UserStatusTypeForceChangePassword
	if in.Permanent {
		status = cognitoidp.UserStatusTypeConfirmed
	}
	change, err := s.Passwords.Prepare(ctx, a.Box, a.Pool, u, password.Choice{Password: in.Password, Policy: true, History: in.Permanent})
	if err != nil {
		return nil, err
	}

	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		a, u, err := s.administrated(tx, in.UserPoolId, string(u.Sub))
		if err != nil {
			return err
		}
		return s.replace(tx, a, u, change, status)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminSetUserPasswordResponse{}, nil
}

// AdminResetUserPassword voids a user's password and sends them a code to set a new one with.
func (s *Service) AdminResetUserPassword(ctx context.Context, in *cognitoidp.AdminResetUserPasswordRequest) (*cognitoidp.AdminResetUserPasswordResponse, error) {
	var a access.App
	var t verification.Target
	load := func(tx *db.Tx) (err error) {
		var u *user.User
		if a, u, err = s.administrated(tx, in.UserPoolId, in.Username); err != nil {
			return err
		}
		t = resetTarget(a, u)
		t.Kind, t.Metadata = message.ForgotPassword, in.ClientMetadata
		if t.Attribute, err = resettable(a.Pool, u); err != nil {
			return err
		}
		void(a.Pool, u, tx.Now)
		return nil
	}
	plan := func(tx *db.Tx) ([]verification.Target, error) {
		err := load(tx)
		return []verification.Target{t}, err
	}
	err := s.Codes.Change(ctx, plan, func(tx *db.Tx, post verification.Poster) error {
		if err := load(tx); err != nil {
			return err
		}
		t.User.Touch(tx.Now)
		if err := account.Save(tx, a.Pool, t.User, false); err != nil {
			return fmt.Errorf("save user: %w", err)
		}
		_, err := post(t)
		return err
	})
	if err != nil {
		return nil, undelivered(err)
	}
	return &cognitoidp.AdminResetUserPasswordResponse{}, nil
}

// administrated finds a user of a pool for an administrator.
func (s *Service) administrated(tx *db.Tx, poolID, username string) (a access.App, u *user.User, err error) {
	if a.Pool, u, err = account.Admin(tx, poolID, username); err != nil {
		return a, nil, err
	}
	if a.Box, err = s.Ring.Box(tx, a.Pool.ID); err != nil {
		return a, nil, fmt.Errorf("open pool's box: %w", err)
	}
	return a, u, nil
}

// resettable says where the user's code goes, or why the password cannot be reset.
func resettable(p *pool.Pool, u *user.User) (attribute string, err error) {
	if !u.Enabled {
		return "", cognitoidp.NotAuthorized("User is disabled")
	}
	switch u.Status {
	case cognitoidp.UserStatusTypeConfirmed, cognitoidp.UserStatusTypeResetRequired:
	default:
		return "", unresettable()
	}
	if attribute = factor.Recovery(p, u); attribute == "" {
		return "", unreachable()
	}
	return attribute, nil
}

// void removes a user's password. Sign-ins that were begun with it end. It joins the history, if the policy keeps one.
func void(p *pool.Pool, u *user.User, now time.Time) {
	if size := p.PasswordPolicy().PasswordHistorySize; size != nil && *size > 0 && u.Password != nil {
		u.History = slices.Insert(slices.Clone(u.History), 0, u.Password)
	}
	u.Password, u.PasswordSet = nil, now
	u.Status = cognitoidp.UserStatusTypeResetRequired
}

// undelivered words that there is no sender for AdminResetUserPassword, whose model lists no CodeDeliveryFailureException.
func undelivered(err error) error {
	if errors.Is(err, message.ErrNoSender) {
		return cognitoidp.InvalidParameter("The code cannot be delivered: this server has no way of sending such messages.")
	}
	return err
}
