package mfa

import (
	"context"

	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// SetUserSettings switches SMS on or off for the bearer of an access token. It is older than SetUserMFAPreference.
func (s *Service) SetUserSettings(ctx context.Context, in *cognitoidp.SetUserSettingsRequest) (*cognitoidp.SetUserSettingsResponse, error) {
	given, err := legacySettings(in.MFAOptions)
	if err != nil {
		return nil, err
	}
	if err := s.changeOwn(ctx, in.AccessToken, given); err != nil {
		return nil, err
	}
	return &cognitoidp.SetUserSettingsResponse{}, nil
}

// AdminSetUserSettings switches SMS on or off for any user.
func (s *Service) AdminSetUserSettings(ctx context.Context, in *cognitoidp.AdminSetUserSettingsRequest) (*cognitoidp.AdminSetUserSettingsResponse, error) {
	given, err := legacySettings(in.MFAOptions)
	if err != nil {
		return nil, err
	}
	if err := s.changeAny(ctx, in.UserPoolId, in.Username, given); err != nil {
		return nil, err
	}
	return &cognitoidp.AdminSetUserSettingsResponse{}, nil
}

// legacySettings are the settings that MFAOptions ask for: SMS on or off. A preference for SMS stays.
func legacySettings(options []cognitoidp.MFAOptionType) (settings, error) {
	for _, option := range options {
		if option.DeliveryMedium != cognitoidp.DeliveryMediumTypeSms || option.AttributeName != user.NamePhoneNumber {
			return nil, cognitoidp.InvalidParameter("MFAOptions can only be SMS to phone_number.")
		}
	}
	return settings{smsMFA: {enabled: len(options) > 0, keeps: true}}, nil
}
