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
	if u.Status == cognitoidp.UserStatusTypeExternalProvider {
		return nil // they sign in at their provider alone
	}
	due := mode(p) == cognitoidp.UserPoolMfaTypeOn ||
		mode(p) == cognitoidp.UserPoolMfaTypeOptional && len(usable(p, u)) > 0
	var list []string
	for _, f := range Firsts {
		if Allows(p, f.AuthFactor) && f.Has(u, passkeys) && f.begins(p, u, due) {
			list = append(list, f.Begin...)
		}
	}
	if !srp {
		list = slices.DeleteFunc(list, func(name string) bool { return name == cognitoidp.ChallengeNameTypePasswordSrp })
	}
	return list
}

// begins tells whether a user's sign-in may begin with the factor; due tells whether a second factor must follow. If one
// must, the first cannot be a code, or a passkey that does not count as both factors, since no second factor follows these.
func (f *Factor) begins(p *pool.Pool, u *user.User, due bool) bool {
	switch {
	case f == password:
		return true
	case u.Status == cognitoidp.UserStatusTypeForceChangePassword:
		return false
	case f == webAuthn:
		return !due || counts(p, u)
	}
	return !due
}

// UnknownUserChoices are the choices that unknown users are offered: those of a user with a password and an e-mail address,
// and with a phone number or passkeys where the caller says so.
func UnknownUserChoices(p *pool.Pool, phone, passkeys, srp bool) []string {
	standIn := &user.User{
		Status: cognitoidp.UserStatusTypeConfirmed, Password: []byte{},
		Attributes: map[string]string{user.NameEmail: "?"},
	}
	if phone {
		standIn.Attributes[user.NamePhoneNumber] = "?"
	}
	return Choices(p, standIn, passkeys, srp)
}

// Configured are the first factors that the pool allows and the user can use, as GetUserAuthFactors lists them.
func Configured(p *pool.Pool, u *user.User, passkeys bool) []string {
	list := []string{}
	for _, f := range Firsts {
		if Allows(p, f.AuthFactor) && f.Has(u, passkeys) {
			list = append(list, f.AuthFactor)
		}
	}
	slices.Sort(list)
	return list
}

// Passwordless tells whether users of the pool can sign in without a password.
func Passwordless(p *pool.Pool) bool {
	return slices.ContainsFunc(Firsts, func(f *Factor) bool { return f.Contact != "" && Allows(p, f.AuthFactor) })
}

// ByCode tells whether a code sent to a contact, "email" or "phone_number", is a first factor that the pool allows.
func ByCode(p *pool.Pool, contact string) bool {
	return slices.ContainsFunc(Firsts, func(f *Factor) bool {
		return f.Contact != "" && f.Contact == contact && Allows(p, f.AuthFactor)
	})
}

// Allows tells whether the pool's sign-in policy has a first factor, an AuthFactorType. Without a policy it has the
// password alone.
func Allows(p *pool.Pool, name string) bool {
	if p.Doc.Policies != nil && p.Doc.Policies.SignInPolicy != nil && p.Doc.Policies.SignInPolicy.AllowedFirstAuthFactors != nil {
		return slices.Contains(p.Doc.Policies.SignInPolicy.AllowedFirstAuthFactors, name)
	}
	return name == password.AuthFactor
}

// counts tells whether a passkey of the user's is both factors at once.
func counts(p *pool.Pool, u *user.User) bool {
	return Multi(p) && (mode(p) == cognitoidp.UserPoolMfaTypeOn || u.MFA.Passkey)
}

// Multi tells whether the pool takes a passkey that has verified its user for two factors.
func Multi(p *pool.Pool) bool { return webAuthn.Offered(&p.MFA) }
