package passwords

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cardea/engine/account"
	"cardea/engine/message"
	"cardea/engine/password"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// AdminSetUserPassword sets a password for a user, for good or to be changed at the next sign-in. A permanent one confirms
// the user, whatever their status was.
func (s *Service) AdminSetUserPassword(ctx context.Context, in *cognitoidp.AdminSetUserPasswordRequest) (*cognitoidp.AdminSetUserPasswordResponse, error) {
	var p *pool.Pool
	var u *user.User
	var box *seal.Box
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if p, u, err = account.Admin(tx, in.UserPoolId, in.Username); err != nil {
			return err
		}
		if box, err = s.Ring.Box(tx, p.ID); err != nil {
			return fmt.Errorf("open pool's box: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}

	status := cognitoidp.UserStatusTypeForceChangePassword
	if in.Permanent {
		status = cognitoidp.UserStatusTypeConfirmed
	}
	change, err := s.Passwords.Prepare(ctx, box, p, u, password.Choice{Password: in.Password, Policy: true, History: in.Permanent})
	if err != nil {
		return nil, err
	}

	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		p, u, err := account.Admin(tx, in.UserPoolId, string(u.Sub))
		if err != nil {
			return err
		}
		return s.settle(tx, box, p, u, change, status)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminSetUserPasswordResponse{}, nil
}

// AdminResetUserPassword voids a user's password and sends them a code to set a new one with.
func (s *Service) AdminResetUserPassword(ctx context.Context, in *cognitoidp.AdminResetUserPasswordRequest) (*cognitoidp.AdminResetUserPasswordResponse, error) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		p, u, err := account.Admin(tx, in.UserPoolId, in.Username)
		if err != nil {
			return err
		}
		attribute, err := resettable(p, u)
		if err != nil {
			return err
		}
		box, err := s.Ring.Box(tx, p.ID)
		if err != nil {
			return fmt.Errorf("open pool's box: %w", err)
		}

		void(p, u, tx.Now)
		u.Touch(tx.Now)
		if err := account.Save(tx, p, u, false); err != nil {
			return fmt.Errorf("save user: %w", err)
		}
		t := resetTarget(p, u)
		t.Kind, t.Attribute, t.Metadata = message.ForgotPassword, attribute, in.ClientMetadata
		_, err = s.Codes.Send(tx, box, t)
		return undelivered(err)
	})
	if err != nil {
		return nil, err
	}

	s.Codes.Outbox.Kick()
	return &cognitoidp.AdminResetUserPasswordResponse{}, nil
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
	if attribute = recoveryAttribute(p, u); attribute == "" {
		return "", unreachable()
	}
	return attribute, nil
}

// void takes the password from a user, and what was begun with it. The policy may want it remembered, so that it does not
// come back.
func void(p *pool.Pool, u *user.User, now time.Time) {
	if size := p.PasswordPolicy().PasswordHistorySize; size != nil && *size > 0 && u.Password != nil {
		u.History = slices.Insert(slices.Clone(u.History), 0, u.Password)
	}
	u.Password, u.PasswordSet = nil, now
	u.Status = cognitoidp.UserStatusTypeResetRequired
}

// undelivered gives the fault that AdminResetUserPassword knows in the place of one that it does not.
func undelivered(err error) error {
	if message.Undeliverable(err) {
		return cognitoidp.InvalidParameter("The code cannot be delivered: this server has no way of sending such messages.")
	}
	return err
}
