package account

import (
	"cardea/platform/db"
	"cardea/record/code"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// Detach takes from a user all that they can sign in with by themselves, so that only the identities at providers are left that are
// linked with them: they have the status of users who come from a provider, and no password. Codes that were sent to them are void,
// and so are sign-ins and single sign-on sessions that the password has begun. The caller saves the user.
func Detach(tx *db.Tx, u *user.User) error {
	u.Password, u.PasswordSet = nil, tx.Now
	u.Status = cognitoidp.UserStatusTypeExternalProvider
	return code.DeleteUser(tx, u.Pool, u.Sub)
}
