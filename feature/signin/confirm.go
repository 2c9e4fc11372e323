package signin

import (
	"fmt"

	"cardea/engine/account"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// A first factor that is no password also changes the status of some accounts: it confirms one that was not confirmed, since
// whoever reads the address is the account's owner, and ends the reset of a password, which is then gone.

// confirmed is the user after such a proof, as far as that decides what comes next.
func confirmed(u *user.User) *user.User {
	if u.Status != cognitoidp.UserStatusTypeUnconfirmed && u.Status != cognitoidp.UserStatusTypeResetRequired {
		return u
	}
	u = u.Clone()
	if u.Status == cognitoidp.UserStatusTypeUnconfirmed {
		u.MFA = user.MFA{}
	}
	u.Status = cognitoidp.UserStatusTypeConfirmed
	return u
}

// confirmBy is the effect of such a proof, by a code to a contact ("email" or "phone_number") or, if that is empty, by a
// passkey.
//
// Anybody can sign up with another's address. What they have set before its owner proves it (a password, another contact,
// factors) must not outlive that proof, or they would share the account. It stays where the sign-in began with the Session
// of the very sign-up, which nobody else has.
func (a *attempt) confirmBy(contact string) effect {
	return func(tx *db.Tx, u *user.User) error { return a.confirm(tx, u, contact) }
}

func (a *attempt) confirm(tx *db.Tx, u *user.User, contact string) error {
	switch u.Status {
	case cognitoidp.UserStatusTypeResetRequired:
		u.Password = nil
	case cognitoidp.UserStatusTypeUnconfirmed:
		if !a.state.OwnSignUp {
			disown(u, contact)
		}
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

// disown takes from a user what proves them or could come to prove them, but for the contact that was proven now.
func disown(u *user.User, proven string) {
	u.Password, u.History = nil, nil
	u.MFA = user.MFA{}
	u.Pending = map[string]string{}
	for _, contact := range account.Contacts {
		if contact != proven {
			delete(u.Attributes, contact)
			delete(u.Attributes, contact+"_verified")
		}
	}
}
