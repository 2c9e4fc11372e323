package account

import (
	"slices"
	"strings"

	"cardea/record/pool"
	"cardea/record/user"
)

// names lists what a user may sign in with: their user name; the e-mail address or phone number that they registered with;
// other addresses that are user names or aliases, once verified; the preferred user name, where it is an alias. The sub is a
// name of every user and not listed.
func names(p *pool.Pool, u *user.User) []user.Name {
	var list []user.Name
	add := func(kind, name string) {
		key := user.NameKey(p.Fold(name))
		if !slices.ContainsFunc(list, func(n user.Name) bool { return n.Key == key }) {
			list = append(list, user.Name{Kind: kind, Key: key})
		}
	}

	if u.Username != string(u.Sub) {
		add(user.NameUsername, u.Username)
	}
	for _, contact := range Contacts {
		value := u.Attributes[contact]
		named := contact == u.Registered || u.Verified(contact) && (p.UsernameIs(contact) || p.AliasIs(contact))
		if value != "" && named {
			add(contact, value)
		}
	}
	if value := u.Attributes[user.NamePreferredUsername]; value != "" && p.AliasIs(user.NamePreferredUsername) {
		add(user.NamePreferredUsername, value)
	}
	return list
}

// terms lists what a user is found by in searches: every attribute, user name, status, and whether enabled.
func terms(p *pool.Pool, u *user.User) []user.Term {
	list := []user.Term{
		{Name: user.TermUsername, Key: user.TermKey(folded(p, user.TermUsername, u.Username))},
		{Name: user.TermStatus, Key: user.TermKey(u.Status)},
		{Name: user.TermEnabled, Key: Enabled(u)},
	}
	for name, value := range u.Attributes {
		list = append(list, user.Term{Name: name, Key: user.TermKey(folded(p, name, value))})
	}
	return list
}

// folded is the form in which searches compare the values of an attribute: without regard to case, but for user names, which
// follow the pool, and for the two kinds of status.
func folded(p *pool.Pool, name, value string) string {
	switch name {
	case user.TermUsername:
		return p.Fold(value)
	case user.TermStatus, user.TermEnabled:
		return value
	}
	return strings.ToLower(value)
}

// Enabled is what the search attribute "status" says of a user.
func Enabled(u *user.User) string {
	if u.Enabled {
		return "Enabled"
	}
	return "Disabled"
}
