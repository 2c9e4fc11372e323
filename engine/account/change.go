package account

import (
	"maps"

	"cardea/engine/attributes"
	"cardea/engine/factor"
	"cardea/record/pool"
	"cardea/record/user"
)

// Contacts are the attributes that messages go to and that can be verified.
var Contacts = []string{user.NameEmail, user.NamePhoneNumber}

// Change writes checked attributes into a user: the empty value removes. A new e-mail address or phone number is
// unverified unless the same change says otherwise, which only administrators can; or, where the pool wants it verified
// before the update, it waits in Pending while the old value stays in force (docs/cognito/accounts.md, "Changing an
// address"). Change answers the contacts whose new value needs a code; codes that went to a former value are void,
// because they are bound to it. Its conditions are *ContactError and ErrRequiredFactor.
func Change(p *pool.Pool, u *user.User, attrs map[string]string) (verify []string, err error) {
	if err := CheckFlags(u.Attributes, attrs); err != nil {
		return nil, err
	}
	before := u.Clone()
	plain := maps.Clone(attrs)
	foldEmail(p, plain)
	for _, contact := range Contacts {
		value, given := plain[contact]
		flag, flagged := attrs[contact+"_verified"]
		delete(plain, contact)
		delete(plain, contact+"_verified")
		waits := false
		if given && move(p, u, entry{contact, value, flag == "true"}) {
			verify = append(verify, contact)
			waits = u.Pending[contact] != ""
		}
		if flagged && !waits { // else it speaks of a value that is not in force yet
			set(u, contact+"_verified", flag)
		}
	}
	for name, value := range plain {
		set(u, name, value)
	}
	if factor.Loses(p, before, u) {
		return nil, ErrRequiredFactor
	}
	return verify, nil
}

// entry is a new value of a contact.
type entry struct {
	contact, value string
	verified       bool // declared so by who writes it
}

// move sets a contact and tells whether the new value needs a code.
func move(p *pool.Pool, u *user.User, e entry) bool {
	delete(u.Pending, e.contact)
	switch {
	case e.value == "":
		delete(u.Attributes, e.contact)
		delete(u.Attributes, e.contact+"_verified")
		return false
	case e.value == u.Attributes[e.contact]:
		return false
	case e.verified:
		u.Attributes[e.contact] = e.value
		return false
	case p.VerifiesBeforeUpdate(e.contact):
		u.Pending[e.contact] = e.value
		return true
	}
	u.Attributes[e.contact] = e.value
	u.Attributes[e.contact+"_verified"] = "false"
	return p.AutoVerifies(e.contact)
}

func set(u *user.User, name, value string) {
	if value == "" {
		delete(u.Attributes, name)
		return
	}
	u.Attributes[name] = value
}

// CheckFlags refuses to call a contact verified, or not, of a user who has none, by a *ContactError. current are the
// attributes so far.
func CheckFlags(current, attrs map[string]string) error {
	for _, contact := range Contacts {
		if attrs[contact+"_verified"] == "" {
			continue
		}
		value, given := attrs[contact]
		if !given {
			value = current[contact]
		}
		if value != "" {
			continue
		}
		return &ContactError{Contact: contact}
	}
	return nil
}

// Confirm puts a contact that has been verified by code in force.
func Confirm(u *user.User, contact string) {
	if pending := u.Pending[contact]; pending != "" {
		u.Attributes[contact] = pending
		delete(u.Pending, contact)
	}
	u.Attributes[contact+"_verified"] = "true"
}

// Target is where a code to verify a contact goes: the value that waits for it, else the one in force, else "".
func Target(u *user.User, contact string) string {
	if pending := u.Pending[contact]; pending != "" {
		return pending
	}
	return u.Attributes[contact]
}

// CheckNew checks the attributes of a user who is being created, but for those that the pool requires. It answers the
// conditions of attributes.Check and *ContactError.
func CheckNew(p *pool.Pool, given attributes.Given, w attributes.Writer) error {
	if err := attributes.Check(p, given, w); err != nil {
		return err
	}
	return CheckFlags(nil, given.Values)
}

// MarkUnverified notes of each contact that a user who signs up has given that it is not verified, and of their name, if it
// is an address, that it is not proven to be theirs. Users whom an
// administrator creates have no such note unless the administrator makes it.
func MarkUnverified(u *user.User) {
	for _, contact := range Contacts {
		if u.Attributes[contact] != "" {
			u.Attributes[contact+"_verified"] = "false"
		}
	}
	u.Unproven = u.Registered != ""
}
