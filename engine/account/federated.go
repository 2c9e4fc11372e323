package account

import (
	"maps"
	"time"

	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// NewFederated makes a user in memory who comes from an identity provider: enabled, without a password, with a sub of their own. The
// user name is the provider's and theirs there, also where users sign in with an address. mapped is what the provider says of them,
// which is checked apart; addresses are unverified unless it says otherwise.
func NewFederated(p *pool.Pool, username string, mapped map[string]string, now time.Time) *user.User {
	u := &user.User{
		Pool:       p.ID,
		Sub:        id.NewSub(),
		Username:   p.Fold(username),
		Status:     cognitoidp.UserStatusTypeExternalProvider,
		Enabled:    true,
		Created:    now,
		Modified:   now,
		Attributes: map[string]string{},
		Pending:    map[string]string{},
	}
	Overwrite(p, u, mapped)
	return u
}

// Overwrite gives a user what their identity provider says of them now; what it does not say stays as it is. An address is as verified
// as the provider says. Where it says nothing of that, a new address is not, and the same is as before. A mark without an address
// counts for nothing: the provider may mean another address than the user has here.
func Overwrite(p *pool.Pool, u *user.User, mapped map[string]string) {
	plain := maps.Clone(mapped)
	maps.DeleteFunc(plain, func(_, value string) bool { return value == "" })
	foldEmail(p, plain)
	for _, contact := range Contacts {
		value, flag := plain[contact], plain[contact+"_verified"]
		delete(plain, contact)
		delete(plain, contact+"_verified")
		if value == "" {
			continue
		}
		if flag == "" && value != u.Attributes[contact] {
			flag = "false"
		}
		u.Attributes[contact] = value
		if flag != "" {
			u.Attributes[contact+"_verified"] = flag
		}
		delete(u.Pending, contact)
	}
	maps.Copy(u.Attributes, plain)
}
