package account

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cardea/engine/identity"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
)

// names lists what a user may sign in with: their user name; the e-mail address or phone number that they registered with;
// other addresses that are user names or aliases, once verified; the preferred user name, where it is an alias. The sub is a
// name of every user and not listed.
//
// An address that a user has changed to is no name before it is verified: it may be somebody else's. The one that they
// registered with stays a name until then.
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
	if u.Registered != "" {
		add(kindOfAddress(u.Registered), u.Registered)
	}
	for _, contact := range Contacts {
		if value := u.Attributes[contact]; value != "" && u.Verified(contact) && p.SignsInBy(contact) {
			add(contact, value)
		}
	}
	if value := u.Attributes[user.NamePreferredUsername]; value != "" && p.AliasIs(user.NamePreferredUsername) {
		add(user.NamePreferredUsername, value)
	}
	return list
}

// CheckName answers *TakenError when the name that New gave a user is another's, so that no work is done in vain. Create has
// the last word.
func CheckName(tx *db.Tx, p *pool.Pool, u *user.User) error {
	if u.Registered != "" {
		return checkFree(tx, p, user.Name{Kind: kindOfAddress(u.Registered), Key: u.Registered})
	}
	return checkFree(tx, p, user.Name{Kind: user.NameUsername, Key: u.Username})
}

// CheckAlias answers *TakenError when a contact of a new user names another user.
func CheckAlias(tx *db.Tx, p *pool.Pool, u *user.User, contact string) error {
	if !p.AliasIs(contact) {
		return nil
	}
	return checkFree(tx, p, user.Name{Kind: contact, Key: u.Attributes[contact]})
}

func checkFree(tx *db.Tx, p *pool.Pool, name user.Name) error {
	_, err := Find(tx, p, name.Key)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find user: %w", err)
	}
	return &TakenError{Kind: name.Kind}
}

// kindOfAddress tells which attribute an address is a value of.
func kindOfAddress(address string) string {
	if strings.HasPrefix(address, "+") {
		return user.NamePhoneNumber
	}
	return user.NameEmail
}

// replaceRegistered has a verified address take the place of the one of its kind that the user registered with.
func replaceRegistered(u *user.User) {
	if u.Registered == "" {
		return
	}
	if kind := kindOfAddress(u.Registered); u.Verified(kind) {
		u.Registered, u.Unproven = u.Attributes[kind], false
	}
}

// Vouch has the address that is in force take the place of the one that the user registered with, verified or not: an
// administrator has changed the user, and knows whose address it is.
func Vouch(u *user.User) {
	if u.Registered == "" {
		return
	}
	if address := u.Attributes[kindOfAddress(u.Registered)]; address != "" && address != u.Registered {
		u.Registered, u.Unproven = address, false
	}
}

// SignInName is the name that a user signs in with, who has typed one of their names: the address that they registered with,
// where addresses are user names.
func SignInName(u *user.User, typed string) string { return cmp.Or(u.Registered, typed) }

// UnprovenName tells whether a contact of a user is the address that they signed up with, and nobody has proven yet that it
// is theirs.
func UnprovenName(u *user.User, contact string) bool {
	return u.Unproven && kindOfAddress(u.Registered) == contact && u.Attributes[contact] == u.Registered
}

// terms lists what a user is found by in searches: every attribute, user name, status, and whether enabled.
func terms(p *pool.Pool, u *user.User) []user.Term {
	list := []user.Term{
		{Name: user.TermUsername, Key: user.TermKey(folded(p, user.TermUsername, u.Username))},
		{Name: user.TermStatus, Key: user.TermKey(u.Status)},
		{Name: user.TermEnabled, Key: Enabled(u)},
	}
	for name, value := range u.Attributes {
		if name == identity.Attribute {
			continue // it cannot be searched by
		}
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
