package attributes

import "cardea/record/pool"

// CheckUsername refuses a user name that the pool does not take: one that is no e-mail address or phone number where users
// sign in with these, or one that could be mistaken for another's alias. In pools of the first kind it answers the name of
// the attribute that the user name is a value of, else "". Its condition is *UsernameError.
func CheckUsername(p *pool.Pool, username string) (attribute string, err error) {
	email, phone := p.UsernameIs("email"), p.UsernameIs("phone_number")
	switch {
	case email && IsEmail(username):
		return "email", nil
	case phone && IsPhone(username):
		return "phone_number", nil
	case email || phone:
		return "", &UsernameError{Wanted: p.Doc.UsernameAttributes}
	}
	return "", checkChosen(p, username)
}

// checkChosen refuses a name that its user has chosen freely, a user name or a preferred user name, where it could be
// mistaken for an alias of another user, who could then not have it.
func checkChosen(p *pool.Pool, name string) error {
	switch {
	case p.AliasIs("email") && looksLikeEmail(name):
		return &UsernameError{Alias: "email"}
	case p.AliasIs("phone_number") && IsPhone(name):
		return &UsernameError{Alias: "phone_number"}
	}
	return nil
}
