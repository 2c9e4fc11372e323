package signin

import (
	"fmt"

	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/identity"
	"cardea/platform/db"
	"cardea/record/device"
	"cardea/record/linkedidentity"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// A first factor that is no password also changes some accounts: a code from the user's address confirms an account that was
// not confirmed, and ends the reset of a password, which is then gone.
//
// Anybody can sign up with another's address. What they have set before its owner proves it (a password, another contact,
// factors), and what they have been linked with, must not outlive that proof, or they would share the account. It stays where the
// sign-in began with the Session of the very sign-up, which nobody else has.

// confirmed is the user after a proof by a code to a contact ("email" or "phone_number") or, if that is empty, by a passkey, as
// far as that decides what comes next.
func (a *attempt) confirmed(u *user.User, contact string) *user.User {
	u = u.Clone()
	if a.voids(u, contact) {
		disown(u, contact)
	}
	switch u.Status {
	case cognitoidp.UserStatusTypeUnconfirmed, cognitoidp.UserStatusTypeResetRequired:
		u.Status = cognitoidp.UserStatusTypeConfirmed
	}
	return u
}

// voids tells whether a proof voids what was set before it: it is the first that shows whose account this is.
func (a *attempt) voids(u *user.User, contact string) bool {
	if contact == "" || a.state.OwnSignUp {
		return false
	}
	return u.Status == cognitoidp.UserStatusTypeUnconfirmed || account.UnprovenName(u, contact)
}

// takeOver is the effect that voids what was set before the proof. It comes before the effects that change the user.
func (a *attempt) takeOver(contact string) effect {
	return func(tx *db.Tx, u *user.User) error {
		if !a.voids(u, contact) {
			return nil
		}
		disown(u, contact)
		u.PasswordSet = tx.Now // Sessions that began before are void
		u.Touch(tx.Now)
		if err := account.Save(tx, a.Pool, u, false); err != nil {
			return fmt.Errorf("void what was set before: %w", err)
		}
		for _, remove := range []func(*db.Tx, id.Pool, id.Sub) error{factor.DeleteUser, device.DeleteUser, linkedidentity.DeleteUser} {
			if err := remove(tx, u.Pool, u.Sub); err != nil {
				return fmt.Errorf("void what was set before: %w", err)
			}
		}
		return a.Tokens.SignOut(tx, u)
	}
}

// disown takes from a user what proves them or could come to prove them, but for the contact that was proven now.
func disown(u *user.User, proven string) {
	u.Password, u.History = nil, nil
	u.MFA = user.MFA{}
	u.Pending = map[string]string{}
	delete(u.Attributes, identity.Attribute)
	for _, contact := range account.Contacts {
		if contact != proven {
			delete(u.Attributes, contact)
			delete(u.Attributes, contact+"_verified")
		}
	}
}

// confirm is the effect that confirms the account, or ends the reset of its password.
func (a *attempt) confirm(tx *db.Tx, u *user.User) error {
	switch u.Status {
	case cognitoidp.UserStatusTypeResetRequired:
		u.Password = nil
	case cognitoidp.UserStatusTypeUnconfirmed:
	default:
		return nil
	}
	u.Status = cognitoidp.UserStatusTypeConfirmed
	u.Touch(tx.Now)
	if err := account.Save(tx, a.Pool, u, false); err != nil {
		return fmt.Errorf("confirm the user: %w", err)
	}
	return nil
}
