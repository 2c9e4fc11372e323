package factor

import (
	"slices"

	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// Choices are the challenges by which a user may begin a choice-based sign-in (USER_AUTH), in the order in which they are
// shown. passkeys tells whether the user has any; srp, whether the pool keeps what SRP needs.
func Choices(p *pool.Pool, u *user.User, passkeys, srp bool) []string {
	var list []string
	if u.Password != nil && allows(p, cognitoidp.AuthFactorTypePassword) {
		list = passwords(srp)
	}
	if u.Status == cognitoidp.UserStatusTypeForceChangePassword {
		return list
	}
	second := mode(p) == cognitoidp.UserPoolMfaTypeOn ||
		mode(p) == cognitoidp.UserPoolMfaTypeOptional && len(usable(p, u)) > 0
	// A code alone would leave the second factor out, and so would a passkey that does not verify its user.
	if !second {
		list = append(list, codes(p, u)...)
	}
	if passkeys && allows(p, cognitoidp.AuthFactorTypeWebAuthn) && (!second || counts(p, u)) {
		list = append(list, cognitoidp.ChallengeNameTypeWebAuthn)
	}
	return list
}

// UnknownUserChoices are what somebody of whom the pool knows nothing would have.
func UnknownUserChoices(p *pool.Pool, passkeys, srp bool) []string {
	everyone := &user.User{
		Status: cognitoidp.UserStatusTypeConfirmed, Password: []byte{},
		Attributes: map[string]string{user.NameEmail: "?", user.NamePhoneNumber: "?"},
	}
	return Choices(p, everyone, passkeys, srp)
}

func passwords(srp bool) []string {
	if !srp {
		return []string{cognitoidp.ChallengeNameTypePassword}
	}
	return []string{cognitoidp.ChallengeNameTypePasswordSrp, cognitoidp.ChallengeNameTypePassword}
}

func codes(p *pool.Pool, u *user.User) []string {
	var list []string
	if allows(p, cognitoidp.AuthFactorTypeEmailOtp) && u.Attributes[user.NameEmail] != "" {
		list = append(list, cognitoidp.ChallengeNameTypeEmailOtp)
	}
	if allows(p, cognitoidp.AuthFactorTypeSmsOtp) && u.Attributes[user.NamePhoneNumber] != "" {
		list = append(list, cognitoidp.ChallengeNameTypeSmsOtp)
	}
	return list
}

// Configured are the first factors that the pool allows and the user has what it takes for, as GetUserAuthFactors lists
// them.
func Configured(p *pool.Pool, u *user.User, passkeys bool) []string {
	list := []string{}
	for _, factor := range []struct {
		name string
		has  bool
	}{
		{cognitoidp.AuthFactorTypeEmailOtp, u.Attributes[user.NameEmail] != ""},
		{cognitoidp.AuthFactorTypePassword, u.Password != nil},
		{cognitoidp.AuthFactorTypeSmsOtp, u.Attributes[user.NamePhoneNumber] != ""},
		{cognitoidp.AuthFactorTypeWebAuthn, passkeys},
	} {
		if factor.has && allows(p, factor.name) {
			list = append(list, factor.name)
		}
	}
	return list
}

// Passwordless tells whether the pool lets users in who have no password.
func Passwordless(p *pool.Pool) bool {
	return ByCode(p, user.NameEmail) || ByCode(p, user.NamePhoneNumber)
}

// ByCode tells whether a code sent to a contact, "email" or "phone_number", is a first factor that the pool allows.
func ByCode(p *pool.Pool, contact string) bool {
	switch contact {
	case user.NameEmail:
		return allows(p, cognitoidp.AuthFactorTypeEmailOtp)
	case user.NamePhoneNumber:
		return allows(p, cognitoidp.AuthFactorTypeSmsOtp)
	}
	return false
}

// allows tells whether the pool's sign-in policy has a first factor, an AuthFactorType. Without a policy it has the
// password alone.
func allows(p *pool.Pool, factor string) bool {
	if p.Doc.Policies != nil && p.Doc.Policies.SignInPolicy != nil && p.Doc.Policies.SignInPolicy.AllowedFirstAuthFactors != nil {
		return slices.Contains(p.Doc.Policies.SignInPolicy.AllowedFirstAuthFactors, factor)
	}
	return factor == cognitoidp.AuthFactorTypePassword
}

// counts tells whether a passkey of the user's is both factors at once.
func counts(p *pool.Pool, u *user.User) bool {
	return Multi(p) && (mode(p) == cognitoidp.UserPoolMfaTypeOn || u.MFA.Passkey)
}

// Multi tells whether the pool takes a passkey that has verified its user for two factors.
func Multi(p *pool.Pool) bool {
	c := p.MFA.WebAuthnConfiguration
	return c != nil && c.FactorConfiguration == cognitoidp.WebAuthnFactorConfigurationTypeMultiFactorWithUserVerification
}
