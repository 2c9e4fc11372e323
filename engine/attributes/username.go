package attributes

import (
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// CheckUsername refuses a user name that the pool does not take: one that is no e-mail address or phone number where users
// sign in with these, or one that could be mistaken for another's alias. In pools of the first kind it answers the name of
// the attribute that the user name is a value of, else "".
func CheckUsername(p *pool.Pool, username string) (attribute string, err error) {
	email, phone := p.UsernameIs("email"), p.UsernameIs("phone_number")
	switch {
	case email && IsEmail(username):
		return "email", nil
	case phone && IsPhone(username):
		return "phone_number", nil
	case email && phone:
		return "", cognitoidp.InvalidParameter("Username should be either an email or a phone number.")
	case email:
		return "", cognitoidp.InvalidParameter("Username should be an email.")
	case phone:
		return "", cognitoidp.InvalidParameter("Username should be a phone number.")
	}

	if p.AliasIs("email") && looksLikeEmail(username) {
		return "", cognitoidp.InvalidParameter("Username cannot be of email format, since user pool is configured for email alias.")
	}
	if p.AliasIs("phone_number") && IsPhone(username) {
		return "", cognitoidp.InvalidParameter(
			"Username cannot be of phone number format, since user pool is configured for phone number alias.")
	}
	return "", nil
}
