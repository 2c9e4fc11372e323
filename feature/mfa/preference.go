package mfa

import (
	"context"
	"slices"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// SetUserMFAPreference sets which second factors the bearer of an access token has switched on, and which they prefer.
// Settings that the request omits stay.
func (s *Service) SetUserMFAPreference(ctx context.Context, in *cognitoidp.SetUserMFAPreferenceRequest) (*cognitoidp.SetUserMFAPreferenceResponse, error) {
	if err := s.changeOwn(ctx, in.AccessToken, settingsOf(*in)); err != nil {
		return nil, err
	}
	return &cognitoidp.SetUserMFAPreferenceResponse{}, nil
}

// AdminSetUserMFAPreference does the same for any user, and can switch the last factor off also where the pool demands
// one: the user then is asked for what the pool can use, or to set one up.
func (s *Service) AdminSetUserMFAPreference(ctx context.Context, in *cognitoidp.AdminSetUserMFAPreferenceRequest) (*cognitoidp.AdminSetUserMFAPreferenceResponse, error) {
	given := settingsOf(cognitoidp.SetUserMFAPreferenceRequest{
		SMSMfaSettings: in.SMSMfaSettings, SoftwareTokenMfaSettings: in.SoftwareTokenMfaSettings,
		EmailMfaSettings: in.EmailMfaSettings, WebAuthnMfaSettings: in.WebAuthnMfaSettings,
	})
	if err := s.changeAny(ctx, in.UserPoolId, in.Username, given); err != nil {
		return nil, err
	}
	return &cognitoidp.AdminSetUserMFAPreferenceResponse{}, nil
}

// setting is the part of a request about one factor.
type setting struct {
	enabled, preferred bool
	keeps              bool // a preference for the factor stays as it is
}

// settings are the parts of a request, by the factor's Setting.
type settings map[string]setting

func settingsOf(in cognitoidp.SetUserMFAPreferenceRequest) settings {
	given := settings{}
	if sms := in.SMSMfaSettings; sms != nil {
		given[smsMFA] = setting{enabled: sms.Enabled, preferred: sms.PreferredMfa}
	}
	if software := in.SoftwareTokenMfaSettings; software != nil {
		given[softwareMFA] = setting{enabled: software.Enabled, preferred: software.PreferredMfa}
	}
	if email := in.EmailMfaSettings; email != nil {
		given[emailMFA] = setting{enabled: email.Enabled, preferred: email.PreferredMfa}
	}
	if passkey := in.WebAuthnMfaSettings; passkey != nil {
		given[factor.PasskeySetting] = setting{enabled: passkey.Enabled}
	}
	return given
}

// changeOwn changes the settings of the bearer of an access token. A stolen access token must not remove the last factor in
// a pool that requires one.
func (s *Service) changeOwn(ctx context.Context, accessToken string, given settings) error {
	return s.Authenticator.Write(ctx, accessToken, func(tx *db.Tx, who *access.Subject) error {
		had := factor.Some(who.User.MFA)
		if err := s.change(tx, who.Pool, who.User, given); err != nil {
			return err
		}
		if had && !factor.Some(who.User.MFA) && who.Pool.MFA.MfaConfiguration == cognitoidp.UserPoolMfaTypeOn {
			return cognitoidp.InvalidParameter("The user pool requires MFA: the last factor cannot be turned off.")
		}
		return nil
	})
}

// changeAny changes the settings of the user whom an administrator names.
func (s *Service) changeAny(ctx context.Context, poolID, username string, given settings) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, u, err := account.Admin(tx, poolID, username)
		if err != nil {
			return err
		}
		return s.change(tx, p, u, given)
	})
}

// change applies a request's settings to a user and stores the user, if anything has changed.
func (s *Service) change(tx *db.Tx, p *pool.Pool, u *user.User, given settings) error {
	before := u.MFA
	if err := s.apply(tx, p, u, given); err != nil {
		return err
	}
	if u.MFA = consistent(u.MFA); u.MFA == before {
		return nil
	}
	u.Touch(tx.Now)
	return account.SaveCredentials(tx, u)
}

// apply applies a request's settings to the user in memory, or refuses them (docs/cognito/factors.md, "Preferences").
func (s *Service) apply(tx *db.Tx, p *pool.Pool, u *user.User, given settings) error {
	preferred := ""
	for _, f := range factor.Seconds {
		to, there := given[f.Setting]
		if !there {
			continue
		}
		switch {
		case to.preferred && !to.enabled:
			return cognitoidp.InvalidParameter("A factor that is not enabled cannot be preferred: " + f.Setting)
		case to.preferred && preferred != "":
			return cognitoidp.InvalidParameter("Only one MFA factor can be preferred.")
		case to.preferred:
			preferred = f.Setting
		case u.MFA.Preferred == f.Setting && !to.keeps:
			u.MFA.Preferred = ""
		}
		if to.enabled {
			if err := s.grantable(tx, p, u, f); err != nil {
				return err
			}
		}
		f.Set(&u.MFA, to.enabled)
	}
	if preferred != "" {
		u.MFA.Preferred = preferred
	}
	return nil
}

// grantable refuses to switch on a factor that the pool does not offer, or for which the user lacks something. Factors that
// come before it in factor.Seconds are already set.
func (s *Service) grantable(tx *db.Tx, p *pool.Pool, u *user.User, f *factor.Factor) error {
	if !f.Grantable(p, u) {
		return cognitoidp.InvalidParameter("User does not have delivery config set to turn on " + f.Setting)
	}
	switch f.Setting {
	case softwareMFA:
		verified, err := s.Software.Verified(tx, u)
		if err == nil && !verified {
			err = cognitoidp.InvalidParameter("User has not verified software token mfa")
		}
		return err
	case factor.PasskeySetting:
		// Whether the user has registered a passkey is not asked: without one the setting has no effect.
		if !factor.Some(u.MFA) {
			return cognitoidp.InvalidParameter("Passkeys can be an MFA factor only beside another that is enabled.")
		}
	}
	return nil
}

// consistent removes the preference for a factor that is off, and switches passkeys off when no other second factor is on.
func consistent(m user.MFA) user.MFA {
	if !slices.Contains(factor.Listed(m), m.Preferred) {
		m.Preferred = ""
	}
	m.Passkey = m.Passkey && factor.Some(m)
	return m
}
