package mfa

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/lockout"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/totp"
)

// maxName is the length of the longest FriendlyDeviceName, in characters.
const maxName = 256

// AssociateSoftwareToken returns a secret for the user's authenticator app. The secret comes in force once
// VerifySoftwareToken has accepted a code of it.
func (s *Service) AssociateSoftwareToken(ctx context.Context, in *cognitoidp.AssociateSoftwareTokenRequest) (*cognitoidp.AssociateSoftwareTokenResponse, error) {
	secret := totp.NewSecret()
	out := &cognitoidp.AssociateSoftwareTokenResponse{SecretCode: totp.Text(secret)}
	err := s.write(ctx, credential{in.AccessToken, in.Session}, func(tx *db.Tx, who *caller) (err error) {
		if err := s.Software.Associate(tx, who.Box, who.User, secret); err != nil {
			return err
		}
		out.Session, err = who.next(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// VerifySoftwareToken puts the associated secret in force, in the place of any earlier one, and switches the factor on.
// After a wrong code the user may try again, until the lock-out refuses.
func (s *Service) VerifySoftwareToken(ctx context.Context, in *cognitoidp.VerifySoftwareTokenRequest) (*cognitoidp.VerifySoftwareTokenResponse, error) {
	if utf8.RuneCountInString(in.FriendlyDeviceName) > maxName {
		return nil, cognitoidp.InvalidParameter(fmt.Sprintf("FriendlyDeviceName must have at most %d characters.", maxName))
	}
	out := &cognitoidp.VerifySoftwareTokenResponse{Status: cognitoidp.VerifySoftwareTokenResponseTypeSuccess}
	var mismatch bool
	err := s.write(ctx, credential{in.AccessToken, in.Session}, func(tx *db.Tx, who *caller) error {
		mismatch = false
		try, err := lockout.Begin(tx, who.Pool.ID, lockout.Factor(who.User.Sub), who.Source(ctx))
		if err != nil {
			return err
		}
		err = s.Software.Verify(tx, who.Box, who.User, in.UserCode, in.FriendlyDeviceName)
		switch {
		case errors.Is(err, factor.ErrMismatch):
			mismatch = true
			return try.Fail(tx) // commits: the guess counts
		case errors.Is(err, factor.ErrNone):
			return cognitoidp.SoftwareTokenMFANotFound("Software Token MFA does not exist for the user.")
		case err != nil:
			return err
		}
		who.User.Touch(tx.Now)
		if err := account.SaveCredentials(tx, who.User); err != nil {
			return err
		}
		if err := try.Succeed(tx); err != nil {
			return err
		}
		out.Session, err = who.next(tx, factor.SoftwareToken)
		return err
	})
	if err != nil {
		return nil, err
	}
	if mismatch {
		return nil, cognitoidp.EnableSoftwareTokenMFA("Code mismatch")
	}
	return out, nil
}

// AdminDeleteSoftwareToken removes a user's software token, for users who have lost their authenticator app.
func (s *Service) AdminDeleteSoftwareToken(ctx context.Context, in *cognitoidp.AdminDeleteSoftwareTokenRequest) (*cognitoidp.AdminDeleteSoftwareTokenResponse, error) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		_, u, err := account.Admin(tx, in.UserPoolId, in.Username)
		if err != nil {
			return err
		}
		err = s.Software.Delete(tx, u)
		if errors.Is(err, factor.ErrNone) {
			return cognitoidp.ResourceNotFound("Software token MFA has not been configured for this user")
		}
		if err != nil {
			return err
		}
		u.MFA = consistent(u.MFA)
		u.Touch(tx.Now)
		return account.SaveCredentials(tx, u)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminDeleteSoftwareTokenResponse{}, nil
}
