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

// SetUserMFAPreference sets which second factors the bearer of an access token has switched on, and which they prefer. What
// is not given stays.
func (s *Service) SetUserMFAPreference(ctx context.Context, in *cognitoidp.SetUserMFAPreferenceRequest) (*cognitoidp.SetUserMFAPreferenceResponse, error) {
	w := wish{sms: in.SMSMfaSettings, software: in.SoftwareTokenMfaSettings, email: in.EmailMfaSettings, passkey: in.WebAuthnMfaSettings}
	err := s.prefer(ctx, in.AccessToken, func(tx *db.Tx, p *pool.Pool, u *user.User) error { return s.grant(tx, p, u, w) })
	if err != nil {
		return nil, err
	}
	return &cognitoidp.SetUserMFAPreferenceResponse{}, nil
}

// AdminSetUserMFAPreference does the same for any user, and can switch the last factor off also where the pool demands
// one: the user then is asked for what the pool can use, or to set one up.
func (s *Service) AdminSetUserMFAPreference(ctx context.Context, in *cognitoidp.AdminSetUserMFAPreferenceRequest) (*cognitoidp.AdminSetUserMFAPreferenceResponse, error) {
	w := wish{sms: in.SMSMfaSettings, software: in.SoftwareTokenMfaSettings, email: in.EmailMfaSettings, passkey: in.WebAuthnMfaSettings}
	err := s.adminPrefer(ctx, in.UserPoolId, in.Username, func(tx *db.Tx, p *pool.Pool, u *user.User) error { return s.grant(tx, p, u, w) })
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminSetUserMFAPreferenceResponse{}, nil
}

// edit changes the factors of a user in memory.
type edit func(tx *db.Tx, p *pool.Pool, u *user.User) error

// prefer lets the bearer of an access token edit their factors. A stolen access token must not take the last factor away
// where there has to be one.
func (s *Service) prefer(ctx context.Context, accessToken string, change edit) error {
	return s.Authenticator.Write(ctx, accessToken, func(tx *db.Tx, b *access.Subject) error {
		return store(tx, b.User, func() error {
			had := some(b.User.MFA)
			if err := change(tx, b.Pool, b.User); err != nil {
				return err
			}
			if had && !some(b.User.MFA) && b.Pool.MFA.MfaConfiguration == cognitoidp.UserPoolMfaTypeOn {
				return cognitoidp.InvalidParameter("The user pool requires MFA: the last factor cannot be turned off.")
			}
			return nil
		})
	})
}

// adminPrefer lets an administrator edit the factors of a user.
func (s *Service) adminPrefer(ctx context.Context, poolID, username string, change edit) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, u, err := account.Admin(tx, poolID, username)
		if err != nil {
			return err
		}
		return store(tx, u, func() error { return change(tx, p, u) })
	})
}

// store writes a user whose factors change has edited, if it has.
func store(tx *db.Tx, u *user.User, change func() error) error {
	before := u.MFA
	if err := change(); err != nil {
		return err
	}
	if u.MFA = settle(u.MFA); u.MFA == before {
		return nil
	}
	u.Touch(tx.Now)
	return account.SaveCredentials(tx, u)
}

// some tells whether a factor is on that can be asked for after a password.
func some(m user.MFA) bool { return m.SMS || m.Software || m.Email }

// settle takes back what has lost its ground: the preference for a factor that is off, and passkeys when no other factor is
// left that the user could sign in with when they have none at hand.
func settle(m user.MFA) user.MFA {
	if !slices.Contains(m.List(), m.Preferred) {
		m.Preferred = ""
	}
	m.Passkey = m.Passkey && some(m)
	return m
}

// wish is what a request says of each factor; nil says nothing.
type wish struct {
	sms      *cognitoidp.SMSMfaSettingsType
	software *cognitoidp.SoftwareTokenMfaSettingsType
	email    *cognitoidp.EmailMfaSettingsType
	passkey  *cognitoidp.WebAuthnMfaSettingsType
}

// setting is what a request says of a factor that can be preferred.
type setting struct {
	name               string
	enabled, preferred bool
	on                 *bool // where the user's is kept
	able               func() error
}

// settings are those that are given.
func (s *Service) settings(tx *db.Tx, p *pool.Pool, u *user.User, w wish) []setting {
	var list []setting
	if w.sms != nil {
		list = append(list, setting{sms, w.sms.Enabled, w.sms.PreferredMfa, &u.MFA.SMS, func() error {
			return deliverable(sms, p.MFA.SmsMfaConfiguration != nil && u.Attributes[user.NamePhoneNumber] != "")
		}})
	}
	if w.software != nil {
		list = append(list, setting{software, w.software.Enabled, w.software.PreferredMfa, &u.MFA.Software, func() error {
			return s.verified(tx, p, u)
		}})
	}
	if w.email != nil {
		list = append(list, setting{email, w.email.Enabled, w.email.PreferredMfa, &u.MFA.Email, func() error {
			return deliverable(email, p.MFA.EmailMfaConfiguration != nil && u.Attributes[user.NameEmail] != "")
		}})
	}
	return list
}

// grant puts a wish into the user's factors, or refuses it (docs/cognito/factors.md, "Preferences").
func (s *Service) grant(tx *db.Tx, p *pool.Pool, u *user.User, w wish) error {
	preferred := ""
	for _, given := range s.settings(tx, p, u, w) {
		switch {
		case given.preferred && !given.enabled:
			return cognitoidp.InvalidParameter("A factor that is not enabled cannot be preferred: " + given.name)
		case given.preferred && preferred != "":
			return cognitoidp.InvalidParameter("Only one MFA factor can be preferred.")
		case given.preferred:
			preferred = given.name
		case u.MFA.Preferred == given.name:
			u.MFA.Preferred = ""
		}
		if given.enabled {
			if err := given.able(); err != nil {
				return err
			}
		}
		*given.on = given.enabled
	}
	if preferred != "" {
		u.MFA.Preferred = preferred
	}
	if w.passkey == nil {
		return nil
	}
	u.MFA.Passkey = w.passkey.Enabled
	if w.passkey.Enabled {
		return verifying(p, u)
	}
	return nil
}

// deliverable refuses a factor that the pool does not offer, or for which the user has no address.
func deliverable(name string, able bool) error {
	if able {
		return nil
	}
	return cognitoidp.InvalidParameter("User does not have delivery config set to turn on " + name)
}

// verified refuses software tokens to users who have none in force. Those who have theirs on keep it when the pool offers
// the factor no more.
func (s *Service) verified(tx *db.Tx, p *pool.Pool, u *user.User) error {
	if err := deliverable(software, factor.Software(p) || u.MFA.Software); err != nil {
		return err
	}
	verified, err := s.Software.Verified(tx, u)
	if err != nil {
		return err
	}
	if !verified {
		return cognitoidp.InvalidParameter("User has not verified software token mfa")
	}
	return nil
}

// verifying refuses passkeys as second factor where the pool does not take them for one, and to users who have no other to
// fall back on.
func verifying(p *pool.Pool, u *user.User) error {
	// Whether the user has registered a passkey is not asked: without one the setting has no effect.
	if err := deliverable("WEB_AUTHN_MFA", factor.Multi(p)); err != nil {
		return err
	}
	if !some(u.MFA) {
		return cognitoidp.InvalidParameter("Passkeys can be an MFA factor only beside another that is enabled.")
	}
	return nil
}
