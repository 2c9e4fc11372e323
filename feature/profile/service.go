package profile

import (
	"context"
	"errors"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/attributes"
	"cardea/engine/bearer"
	"cardea/engine/factor"
	"cardea/engine/message"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
)

// Service answers the operations.
type Service struct {
	DB            *db.DB
	Codes         *verification.Codes
	Authenticator *bearer.Authenticator
}

var _ cognitoidp.Profile = (*Service)(nil)

// GetUser describes the bearer of the token, as far as the app may read.
func (s *Service) GetUser(ctx context.Context, in *cognitoidp.GetUserRequest) (*cognitoidp.GetUserResponse, error) {
	var out *cognitoidp.GetUserResponse
	err := s.Authenticator.ReadUser(ctx, in.AccessToken, func(b *access.Subject) error {
		out = &cognitoidp.GetUserResponse{
			Username:       b.User.Username,
			UserAttributes: attributes.List(b.User, attributes.Readable(b.Client, b.User)),

			MFAOptions:          b.User.MFA.Options(),
			PreferredMfaSetting: b.User.MFA.Preferred,
			UserMFASettingList:  factor.Listed(b.User.MFA),
		}
		return nil
	})
	return out, err
}

// UpdateUserAttributes changes attributes that the app may write; a blank value removes one. It answers the
// destinations of the codes that verify new contacts.
func (s *Service) UpdateUserAttributes(ctx context.Context, in *cognitoidp.UpdateUserAttributesRequest) (*cognitoidp.UpdateUserAttributesResponse, error) {
	given := attributes.Parse(in.UserAttributes)
	sent, err := s.change(ctx, in.AccessToken, in.ClientMetadata, func(b *access.Subject) (map[string]string, error) {
		if err := attributes.CheckWritable(b.Client, given, attributes.Self); err != nil {
			return nil, err
		}
		if err := attributes.Check(b.Pool, given, attributes.Self); err != nil {
			return nil, err
		}
		return given.Values, attributes.CheckCleared(b.Pool, given)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.UpdateUserAttributesResponse{CodeDeliveryDetailsList: sent}, nil
}

// DeleteUserAttributes removes attributes that the app may write.
func (s *Service) DeleteUserAttributes(ctx context.Context, in *cognitoidp.DeleteUserAttributesRequest) (*cognitoidp.DeleteUserAttributesResponse, error) {
	_, err := s.change(ctx, in.AccessToken, nil, func(b *access.Subject) (map[string]string, error) {
		given := attributes.Cleared(in.UserAttributeNames)
		if err := attributes.CheckWritable(b.Client, given, attributes.Self); err != nil {
			return nil, err
		}
		return given.Values, attributes.CheckRemovable(b.Pool, given, attributes.Self)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.DeleteUserAttributesResponse{}, nil
}

// DeleteUser removes the bearer and everything of theirs.
func (s *Service) DeleteUser(ctx context.Context, in *cognitoidp.DeleteUserRequest) error {
	return s.Authenticator.Write(ctx, in.AccessToken, func(tx *db.Tx, b *access.Subject) error {
		return account.Delete(tx, b.Pool, b.User)
	})
}

// change writes the attributes that check accepts, and sends the codes that verify new contacts. The change stays if the
// server has no sender for one: the user can ask for a code again. metadata is for the trigger that writes the messages.
func (s *Service) change(
	ctx context.Context, accessToken string, metadata map[string]string, check func(*access.Subject) (map[string]string, error),
) ([]cognitoidp.CodeDeliveryDetailsType, error) {
	bearer, err := s.Authenticator.Authenticate(ctx, accessToken)
	if err != nil {
		return nil, err
	}
	// begin changes the bearer in memory and names the codes to be sent.
	begin := func(tx *db.Tx) (b *access.Subject, codes []verification.Target, err error) {
		if b, err = bearer.Admit(tx); err != nil {
			return nil, nil, err
		}
		attrs, err := check(b)
		if err != nil {
			return nil, nil, err
		}
		verify, err := account.Change(b.Pool, b.User, attrs)
		for _, contact := range verify {
			t := code(tx, b, contact, message.UpdateUserAttribute)
			t.Metadata = metadata
			codes = append(codes, t)
		}
		return b, codes, err
	}

	var sent []cognitoidp.CodeDeliveryDetailsType
	var undelivered error
	plan := func(tx *db.Tx) ([]verification.Target, error) {
		_, codes, err := begin(tx)
		return codes, err
	}
	err = s.Codes.Change(ctx, plan, func(tx *db.Tx, post verification.Poster) error {
		b, codes, err := begin(tx)
		if err != nil {
			return err
		}
		if len(codes) > 0 {
			if err := s.Codes.Allow(tx, b.Pool.ID, string(b.User.Sub), verification.ChangeContact); err != nil {
				return err
			}
		}
		b.User.Touch(tx.Now)
		if err := account.Save(tx, b.Pool, b.User, false); err != nil {
			return err
		}

		sent, undelivered = []cognitoidp.CodeDeliveryDetailsType{}, nil
		for _, t := range codes {
			details, err := post(t)
			if errors.Is(err, message.ErrNoSender) {
				undelivered = err
				continue
			}
			if err != nil {
				return err
			}
			sent = append(sent, *details)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sent, undelivered
}

// code is the code to be sent that verifies a contact of the bearer.
func code(tx *db.Tx, b *access.Subject, contact string, kind message.Kind) verification.Target {
	t := target(tx.Context(), b, contact)
	t.Kind = kind
	return t
}

// target is the code that verifies a contact of the bearer.
func target(ctx context.Context, b *access.Subject, contact string) verification.Target {
	return verification.Target{
		App:       b.App,
		User:      b.User,
		Source:    b.Source(ctx),
		Purpose:   verification.Attribute,
		Attribute: contact,
	}
}
