package passwords

import (
	"cmp"
	"slices"

	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// recoveryOrder lists the attributes that a reset code may go to, the preferred one first. It is empty when only an
// administrator may reset passwords. Without a setting of the pool's it is Cognito's legacy order.
func recoveryOrder(p *pool.Pool) []string {
	if !hasRecoverySetting(p) {
		return []string{user.NamePhoneNumber, user.NameEmail}
	}
	options := slices.Clone(p.Doc.AccountRecoverySetting.RecoveryMechanisms)
	slices.SortStableFunc(options, func(a, b cognitoidp.RecoveryOptionType) int { return cmp.Compare(a.Priority, b.Priority) })

	var order []string
	for _, option := range options {
		switch option.Name {
		case cognitoidp.RecoveryOptionNameTypeVerifiedEmail:
			order = append(order, user.NameEmail)
		case cognitoidp.RecoveryOptionNameTypeVerifiedPhoneNumber:
			order = append(order, user.NamePhoneNumber)
		}
	}
	return order
}

func hasRecoverySetting(p *pool.Pool) bool {
	return p.Doc.AccountRecoverySetting != nil && len(p.Doc.AccountRecoverySetting.RecoveryMechanisms) > 0
}

// recoveryAttribute is where this user's reset code goes, or "" when they have verified nothing of use.
func recoveryAttribute(p *pool.Pool, u *user.User) string {
	for _, attribute := range recoveryOrder(p) {
		if u.Verified(attribute) && !isSecondFactor(p, u, attribute) {
			return attribute
		}
	}
	return ""
}

// isSecondFactor tells whether codes to the attribute are the user's second factor at sign-in: they must not replace the
// first one, too. In the legacy order they may (docs/cognito/accounts.md, "Recovery").
func isSecondFactor(p *pool.Pool, u *user.User, attribute string) bool {
	if !hasRecoverySetting(p) || p.MFA.MfaConfiguration == cognitoidp.UserPoolMfaTypeOff {
		return false
	}
	if attribute == user.NamePhoneNumber {
		return u.MFA.SMS
	}
	return u.MFA.Email
}

// usualAttribute is where the reset codes of most users go: the preferred attribute of those that the pool verifies.
func usualAttribute(p *pool.Pool) string {
	order := recoveryOrder(p)
	for _, attribute := range order {
		if p.AutoVerifies(attribute) {
			return attribute
		}
	}
	return order[len(order)-1] // in the legacy order the e-mail address
}

func unreachable() error {
	return cognitoidp.InvalidParameter("Cannot reset password for the user as there is no registered/verified email or phone_number")
}

func unresettable() error {
	return cognitoidp.NotAuthorized("User password cannot be reset in the current state.")
}
