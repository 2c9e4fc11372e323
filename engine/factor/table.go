package factor

import (
	"cardea/platform/db"
	"cardea/record/passkey"
	"cardea/record/pool"
	"cardea/record/softwaretoken"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Factor is one way for users to prove who they are: everything about it that does not depend on a sign-in. How it is asked
// for, and how an answer is judged, is feature/signin's.
type Factor struct {
	// As the first factor of a sign-in.
	AuthFactor string                                 // its AuthFactorType in sign-in policies; empty: it is never the first
	Begin      []string                               // the challenges by which a choice-based sign-in begins with it
	Has        func(u *user.User, passkeys bool) bool // whether the user can use it; passkeys: the user has some

	// As the second factor.
	Setting   string                                                // its name in users' settings; empty: it is never the second
	Challenge string                                                // the challenge that asks for it; empty: none does
	Proof     Proof                                                 // what a right answer proves
	Offered   func(c *cognitoidp.GetUserPoolMfaConfigResponse) bool // whether a pool's configuration has it
	Stays     bool                                                  // users keep it when the pool no longer offers it
	On        func(m *user.MFA) *bool                               // where the user's setting is kept

	// The contact that codes are sent to, for factors that are such codes.
	Contact  string // the user's attribute
	Recovery string // the mechanism that resets passwords by the same contact, a RecoveryOptionNameType

	// DeleteUser removes what is stored for the factor with its user; nil where nothing is.
	DeleteUser func(tx *db.Tx, pool id.Pool, sub id.Sub) error
}

// PasskeySetting names passkeys in users' settings. The model has no enumeration with it.
const PasskeySetting = "WEB_AUTHN_MFA"

var (
	password = &Factor{
		AuthFactor: cognitoidp.AuthFactorTypePassword,
		Begin:      []string{cognitoidp.ChallengeNameTypePasswordSrp, cognitoidp.ChallengeNameTypePassword},
		Has:        func(u *user.User, _ bool) bool { return u.Password != nil },
	}
	email = &Factor{
		AuthFactor: cognitoidp.AuthFactorTypeEmailOtp,
		Begin:      []string{cognitoidp.ChallengeNameTypeEmailOtp},
		Has:        func(u *user.User, _ bool) bool { return u.Attributes[user.NameEmail] != "" },
		Setting:    cognitoidp.ChallengeNameTypeEmailOtp,
		Challenge:  cognitoidp.ChallengeNameTypeEmailOtp,
		Proof:      Email,
		Offered:    func(c *cognitoidp.GetUserPoolMfaConfigResponse) bool { return c.EmailMfaConfiguration != nil },
		On:         func(m *user.MFA) *bool { return &m.Email },
		Contact:    user.NameEmail,
		Recovery:   cognitoidp.RecoveryOptionNameTypeVerifiedEmail,
	}
	sms = &Factor{
		AuthFactor: cognitoidp.AuthFactorTypeSmsOtp,
		Begin:      []string{cognitoidp.ChallengeNameTypeSmsOtp},
		Has:        func(u *user.User, _ bool) bool { return u.Attributes[user.NamePhoneNumber] != "" },
		Setting:    cognitoidp.ChallengeNameTypeSmsMfa,
		Challenge:  cognitoidp.ChallengeNameTypeSmsMfa,
		Proof:      SMS,
		Offered:    func(c *cognitoidp.GetUserPoolMfaConfigResponse) bool { return c.SmsMfaConfiguration != nil },
		On:         func(m *user.MFA) *bool { return &m.SMS },
		Contact:    user.NamePhoneNumber,
		Recovery:   cognitoidp.RecoveryOptionNameTypeVerifiedPhoneNumber,
	}
	software = &Factor{
		Setting:   cognitoidp.ChallengeNameTypeSoftwareTokenMfa,
		Challenge: cognitoidp.ChallengeNameTypeSoftwareTokenMfa,
		Proof:     SoftwareToken,
		Offered: func(c *cognitoidp.GetUserPoolMfaConfigResponse) bool {
			return c.SoftwareTokenMfaConfiguration != nil && c.SoftwareTokenMfaConfiguration.Enabled
		},
		Stays:      true,
		On:         func(m *user.MFA) *bool { return &m.Software },
		DeleteUser: softwaretoken.DeleteUser,
	}
	// A passkey is never asked for as a second factor: one that verifies its user, as the first, is both.
	webAuthn = &Factor{
		AuthFactor: cognitoidp.AuthFactorTypeWebAuthn,
		Begin:      []string{cognitoidp.ChallengeNameTypeWebAuthn},
		Has:        func(_ *user.User, passkeys bool) bool { return passkeys },
		Setting:    PasskeySetting,
		Offered: func(c *cognitoidp.GetUserPoolMfaConfigResponse) bool {
			const both = cognitoidp.WebAuthnFactorConfigurationTypeMultiFactorWithUserVerification
			return c.WebAuthnConfiguration != nil && c.WebAuthnConfiguration.FactorConfiguration == both
		},
		On:         func(m *user.MFA) *bool { return &m.Passkey },
		DeleteUser: passkey.DeleteUser,
	}
)

// Firsts are the factors that a sign-in can begin with, and Seconds those that users can set as their second, each in the
// order in which they are shown.
var (
	Firsts  = []*Factor{password, email, sms, webAuthn}
	Seconds = []*Factor{sms, software, email, webAuthn}
)

// Set stores a user's preference for the factor.
func (f *Factor) Set(m *user.MFA, on bool) {
	*f.On(m) = on
	if f == software {
		m.SoftwareUnset = false
	}
}

// Grantable tells whether the user's pool and addresses allow them to switch the factor on.
func (f *Factor) Grantable(p *pool.Pool, u *user.User) bool {
	return (f.Offered(&p.MFA) || f.Stays && *f.On(&u.MFA)) && f.reaches(u)
}

// usable tells whether the factor is on, and can be asked for.
func (f *Factor) usable(p *pool.Pool, u *user.User) bool {
	return f.Challenge != "" && *f.On(&u.MFA) && (f.Offered(&p.MFA) || f.Stays) && f.reaches(u)
}

// reaches tells whether the user has the address that codes go to, if any do.
func (f *Factor) reaches(u *user.User) bool { return f.Contact == "" || u.Attributes[f.Contact] != "" }

// Listed names the factors that a user has set, as UserMFASettingList shows them; nil when there are none.
func Listed(m user.MFA) []string {
	var list []string
	for _, f := range Seconds {
		if *f.On(&m) && (f != software || !m.SoftwareUnset) {
			list = append(list, f.Setting)
		}
	}
	return list
}

// Some tells whether a factor is on that can be asked for.
func Some(m user.MFA) bool {
	for _, f := range Seconds {
		if f.Challenge != "" && *f.On(&m) {
			return true
		}
	}
	return false
}

// Offers tells whether a configuration has a factor that can be asked for.
func Offers(c *cognitoidp.GetUserPoolMfaConfigResponse) bool {
	for _, f := range Seconds {
		if f.Challenge != "" && f.Offered(c) {
			return true
		}
	}
	return false
}

// DeleteUser removes what is stored for the factors of a user who is being deleted.
func DeleteUser(tx *db.Tx, pool id.Pool, sub id.Sub) error {
	for _, f := range Seconds {
		if f.DeleteUser == nil {
			continue
		}
		if err := f.DeleteUser(tx, pool, sub); err != nil {
			return err
		}
	}
	return nil
}
