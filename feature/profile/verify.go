package profile

import (
	"context"
	"fmt"
	"slices"

	"cardea/engine/account"
	"cardea/engine/message"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
)

// GetUserAttributeVerificationCode sends a code to the bearer's e-mail address or phone number, or to the new one if one is
// pending. A verified contact may be verified again.
func (s *Service) GetUserAttributeVerificationCode(ctx context.Context, in *cognitoidp.GetUserAttributeVerificationCodeRequest) (*cognitoidp.GetUserAttributeVerificationCodeResponse, error) {
	bearer, err := s.Authenticator.Authenticate(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	details, err := s.Codes.Send(ctx, verification.GetAttributeCode, func(tx *db.Tx) (t verification.Target, err error) {
		b, err := bearer.Admit(tx)
		if err != nil {
			return t, err
		}
		if err := verifiable(in.AttributeName); err != nil {
			return t, err
		}
		if account.Target(b.User, in.AttributeName) == "" {
			if in.AttributeName == "email" {
				return t, cognitoidp.InvalidParameter("User does not have a valid registered email address")
			}
			return t, cognitoidp.InvalidParameter("User does not have a valid registered phone number")
		}
		t = code(tx, b, in.AttributeName, message.VerifyUserAttribute)
		t.Metadata = in.ClientMetadata
		return t, nil
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.GetUserAttributeVerificationCodeResponse{CodeDeliveryDetails: details}, nil
}

// VerifyUserAttribute redeems a code: the contact that it was sent to is verified, and replaces the former one if it was
// pending.
func (s *Service) VerifyUserAttribute(ctx context.Context, in *cognitoidp.VerifyUserAttributeRequest) (*cognitoidp.VerifyUserAttributeResponse, error) {
	bearer, err := s.Authenticator.Authenticate(ctx, in.AccessToken)
	if err != nil {
		return nil, err
	}
	err = verification.Write(ctx, s.DB, func(tx *db.Tx) error {
		b, err := bearer.Admit(tx)
		if err != nil {
			return err
		}
		if err := verifiable(in.AttributeName); err != nil {
			return err
		}
		err = s.Codes.Allow(tx, b.Pool.ID, string(b.User.Sub), verification.VerifyAttribute)
		if err == nil {
			err = s.Codes.Check(tx, target(ctx, b, in.AttributeName), in.Code)
		}
		if err != nil {
			return fmt.Errorf("check code: %w", err)
		}

		account.Confirm(b.User, in.AttributeName)
		b.User.Touch(tx.Now)
		return account.Save(tx, b.Pool, b.User, false)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.VerifyUserAttributeResponse{}, nil
}

func verifiable(attribute string) error {
	if slices.Contains(account.Contacts, attribute) {
		return nil
	}
	return cognitoidp.InvalidParameter("Invalid attribute name. Only phone_number and email can be verified.")
}
