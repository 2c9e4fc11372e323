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

// maxName is how many characters a user may call their authenticator app by.
const maxName = 256

// AssociateSoftwareToken hands out a secret for the user's authenticator app. It comes in force when VerifySoftwareToken
// is given a code of it.
func (s *Service) AssociateSoftwareToken(ctx context.Context, in *cognitoidp.AssociateSoftwareTokenRequest) (*cognitoidp.AssociateSoftwareTokenResponse, error) {
	secret := totp.NewSecret()
	out := &cognitoidp.AssociateSoftwareTokenResponse{SecretCode: totp.Text(secret)}
	err := s.write(ctx, key{in.AccessToken, in.Session}, func(tx *db.Tx, h *holder) (err error) {
		if err := s.Software.Associate(tx, h.Box, h.User, secret); err != nil {
			return err
		}
		out.Session, err = h.goOn(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// VerifySoftwareToken puts the secret that was handed out in force, in the place of any earlier one, and switches the
// factor on. A wrong code may be followed by another, until there were too many.
func (s *Service) VerifySoftwareToken(ctx context.Context, in *cognitoidp.VerifySoftwareTokenRequest) (*cognitoidp.VerifySoftwareTokenResponse, error) {
	if utf8.RuneCountInString(in.FriendlyDeviceName) > maxName {
		return nil, cognitoidp.InvalidParameter(fmt.Sprintf("FriendlyDeviceName must have at most %d characters.", maxName))
	}
	out := &cognitoidp.VerifySoftwareTokenResponse{Status: cognitoidp.VerifySoftwareTokenResponseTypeSuccess}
	var mismatch bool
	err := s.write(ctx, key{in.AccessToken, in.Session}, func(tx *db.Tx, h *holder) error {
		mismatch = false
		try, err := lockout.Begin(tx, h.Pool.ID, lockout.Factor(h.User.Sub), lockout.From(ctx, h.Client, nil))
		if err != nil {
			return err
		}
		err = s.Software.Verify(tx, h.Box, h.User, in.UserCode, in.FriendlyDeviceName)
		switch {
		case errors.Is(err, factor.ErrMismatch):
			mismatch = true
			return try.Fail(tx) // commits: the guess counts
		case errors.Is(err, factor.ErrNone):
			return cognitoidp.SoftwareTokenMFANotFound("Software Token MFA does not exist for the user.")
		case err != nil:
			return err
		}
		h.User.Touch(tx.Now)
		if err := account.SaveCredentials(tx, h.User); err != nil {
			return err
		}
		if err := try.Pass(tx); err != nil {
			return err
		}
		out.Session, err = h.goOn(tx, factor.SoftwareToken)
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

// AdminDeleteSoftwareToken removes a user's software token, for who has lost their authenticator app.
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
		u.MFA = settle(u.MFA)
		u.Touch(tx.Now)
		return account.SaveCredentials(tx, u)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminDeleteSoftwareTokenResponse{}, nil
}
