package passwords

import (
	"bytes"
	"context"

	"cardea/engine/access"
	"cardea/engine/lockout"
	"cardea/engine/password"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// ChangePassword sets a new password for a signed-in user who knows the old one, or has none. Guesses at the old one count as
// sign-in attempts do, or a stolen access token would allow any number of them.
func (s *Service) ChangePassword(ctx context.Context, in *cognitoidp.ChangePasswordRequest) (*cognitoidp.ChangePasswordResponse, error) {
	owner, err := s.Authenticator.Authenticate(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	var b *access.Subject
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		b, err = owner.Admit(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := password.CheckPolicy(b.Pool, in.ProposedPassword); err != nil {
		return nil, err
	}
	if err := changeable(b.User); err != nil {
		return nil, err
	}
	if b.User.Password != nil && in.PreviousPassword == "" {
		return nil, cognitoidp.InvalidParameter("Missing required parameter PreviousPassword")
	}

	try, err := s.begin(ctx, b)
	if err != nil {
		return nil, err
	}
	if err := s.checkPrevious(ctx, b, in.PreviousPassword, try); err != nil {
		return nil, err
	}
	change, err := s.Passwords.Prepare(ctx, b.Box, b.Pool, b.User, password.Choice{Password: in.ProposedPassword, Policy: true, History: true})
	if err != nil {
		return nil, err
	}

	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now, err := owner.Admit(tx)
		if err != nil {
			return err
		}
		u := now.User
		if !bytes.Equal(u.Password, b.User.Password) {
			return wrongPassword() // while it was judged, it stopped being the password
		}
		if err := changeable(u); err != nil {
			return err
		}
		if err := try.Succeed(tx); err != nil {
			return err
		}
		return s.replace(tx, b.App, u, change, cognitoidp.UserStatusTypeConfirmed)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.ChangePasswordResponse{}, nil
}

// changeable refuses users who have to set their next password in another way, which an older access token must not bypass.
func changeable(u *user.User) error {
	switch u.Status {
	case cognitoidp.UserStatusTypeUnconfirmed:
		return cognitoidp.UserNotConfirmed("User is not confirmed.")
	case cognitoidp.UserStatusTypeResetRequired:
		return cognitoidp.PasswordResetRequired("Password reset required for the user")
	case cognitoidp.UserStatusTypeForceChangePassword, cognitoidp.UserStatusTypeExternalProvider:
		return cognitoidp.NotAuthorized("User password cannot be changed in the current state.")
	}
	return nil
}

// begin counts the change and starts an attempt at the old password.
func (s *Service) begin(ctx context.Context, b *access.Subject) (try lockout.Try, err error) {
	err = verification.Write(ctx, s.DB, func(tx *db.Tx) error {
		if err := s.Codes.Allow(tx, b.Pool.ID, string(b.User.Sub), verification.ChangePassword); err != nil {
			return err
		}
		try, err = lockout.Begin(tx, b.Pool.ID, lockout.User(b.User.Sub), b.Source(ctx))
		return err
	})
	return try, err
}

// checkPrevious judges the old password, and counts a wrong one.
func (s *Service) checkPrevious(ctx context.Context, b *access.Subject, previous string, try lockout.Try) error {
	if b.User.Password == nil && previous == "" {
		return nil // a user who signs in without a password may give themselves one
	}
	right, err := s.Passwords.Verify(ctx, b.Box, b.Pool, b.User, previous)
	if err != nil || right {
		return err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error { return try.Fail(tx) })
	if err != nil {
		return err
	}
	return wrongPassword()
}

func wrongPassword() error {
	return cognitoidp.NotAuthorized("Incorrect username or password.")
}
