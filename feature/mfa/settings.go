package mfa

import (
	"context"

	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// SetUserSettings switches SMS on or off for the bearer of an access token: what there was before SetUserMFAPreference.
func (s *Service) SetUserSettings(ctx context.Context, in *cognitoidp.SetUserSettingsRequest) (*cognitoidp.SetUserSettingsResponse, error) {
	if err := s.prefer(ctx, in.AccessToken, s.legacy(in.MFAOptions)); err != nil {
		return nil, err
	}
	return &cognitoidp.SetUserSettingsResponse{}, nil
}

// AdminSetUserSettings switches SMS on or off for any user.
func (s *Service) AdminSetUserSettings(ctx context.Context, in *cognitoidp.AdminSetUserSettingsRequest) (*cognitoidp.AdminSetUserSettingsResponse, error) {
	if err := s.adminPrefer(ctx, in.UserPoolId, in.Username, s.legacy(in.MFAOptions)); err != nil {
		return nil, err
	}
	return &cognitoidp.AdminSetUserSettingsResponse{}, nil
}

// legacy is the edit that MFAOptions ask for: SMS to the phone number, or nothing. A preference for it stays.
func (s *Service) legacy(options []cognitoidp.MFAOptionType) edit {
	return func(tx *db.Tx, p *pool.Pool, u *user.User) error {
		for _, option := range options {
			if option.DeliveryMedium != cognitoidp.DeliveryMediumTypeSms || option.AttributeName != user.NamePhoneNumber {
				return cognitoidp.InvalidParameter("MFAOptions can only be SMS to phone_number.")
			}
		}
		on := len(options) > 0
		return s.grant(tx, p, u, wish{sms: &cognitoidp.SMSMfaSettingsType{Enabled: on, PreferredMfa: on && u.MFA.Preferred == sms}})
	}
}
