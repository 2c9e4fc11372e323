package factor

import (
	"cmp"
	"slices"

	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// RecoveryOrder lists the contacts by which the pool's users may reset their passwords, the preferred one first. It is
// empty when only administrators may. Without AccountRecoverySetting it is Cognito's legacy order.
func RecoveryOrder(p *pool.Pool) []string {
	mechanisms := mechanisms(p)
	if len(mechanisms) == 0 {
		return []string{user.NamePhoneNumber, user.NameEmail}
	}
	var order []string
	for _, mechanism := range mechanisms {
		for _, f := range Seconds {
			if f.Contact != "" && f.Recovery == mechanism.Name {
				order = append(order, f.Contact)
			}
		}
	}
	return order
}

// Recovery is the contact to which the code goes that resets a user's password: the first of RecoveryOrder that the user
// has verified; empty when there is none. A contact that sign-in may send the second factor's code to does not count, or
// one mailbox would be enough to sign in; where AccountRecoverySetting is absent it counts, as in Cognito
// (docs/cognito/accounts.md, "Recovery").
func Recovery(p *pool.Pool, u *user.User) string {
	legacy := len(mechanisms(p)) == 0
	for _, contact := range RecoveryOrder(p) {
		if u.Verified(contact) && (legacy || !isSecond(p, u, contact)) {
			return contact
		}
	}
	return ""
}

// isSecond tells whether codes to a contact are a second factor of the user's: one that is asked for after the password, or
// that the user has switched on beside another that is preferred.
func isSecond(p *pool.Pool, u *user.User, contact string) bool {
	if mode(p) == cognitoidp.UserPoolMfaTypeOff {
		return false
	}
	step, _ := second(p, u) // without a method there is nothing that is asked for
	return slices.ContainsFunc(Seconds, func(f *Factor) bool {
		return f.Contact == contact && (f.usable(p, u) || slices.Contains(step.asked(), f))
	})
}

// recoversFirst tells whether a factor's contact is the first by which the pool's users reset their passwords.
func recoversFirst(p *pool.Pool, f *Factor) bool {
	mechanisms := mechanisms(p)
	return len(mechanisms) > 0 && mechanisms[0].Name == f.Recovery
}

// mechanisms are those of the pool's AccountRecoverySetting, the preferred one first.
func mechanisms(p *pool.Pool) []cognitoidp.RecoveryOptionType {
	setting := p.Doc.AccountRecoverySetting
	if setting == nil {
		return nil
	}
	return slices.SortedStableFunc(slices.Values(setting.RecoveryMechanisms), func(a, b cognitoidp.RecoveryOptionType) int {
		return cmp.Compare(a.Priority, b.Priority)
	})
}
