package identity

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cardea/engine/attributes"
	"cardea/platform/db"
	"cardea/record/linkedidentity"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/id"
)

// Most is how many identities can be linked with a user, beside the one that a federated user has come with.
const Most = 5

// maxValue bounds the value of an identity, in bytes: index rows of both engines are limited.
const maxValue = 1024

// The conditions of identities.
var (
	ErrMany      = errors.New("the user has as many linked identities as a user can have")
	ErrValue     = errors.New("the value of the identity is empty, too long or no text")
	ErrAmbiguous = errors.New("administrators have linked the identity with several users")
	ErrDoubted   = errors.New("an administrator has linked the identity by an address that its provider has not verified")
)

// LinkedError says that an identity is a user's.
type LinkedError struct {
	Sub     id.Sub // the user's
	Primary bool   // the user has come with it
}

func (e *LinkedError) Error() string {
	return "the identity is the user's whose sub is " + string(e.Sub)
}

// Arrival is somebody who has signed in at a provider.
type Arrival struct {
	Provider   string
	Subject    string
	Attributes map[string]string // what the provider says of them now, by the attributes of the pool that it is mapped to
	Doubted    []string          // those of the attributes of which the provider says that it has not verified them
}

// Find finds whose identity somebody has who has signed in: by the provider's own name for them or, before their first sign-in, by
// an attribute by which an administrator has linked them, which Settle must then replace. An address that anybody could have given
// the provider links nobody. Find answers db.ErrNotFound, ErrValue, ErrAmbiguous and ErrDoubted.
func Find(tx *db.Tx, p *pool.Pool, a Arrival) (*linkedidentity.Identity, error) {
	own := linkedidentity.Key{Provider: a.Provider, Attribute: linkedidentity.Subject, Value: a.Subject}
	if !Valid(own.Value) {
		return nil, ErrValue
	}
	found, err := linkedidentity.Find(tx, p.ID, own)
	if err == nil || !errors.Is(err, db.ErrNotFound) {
		return found, err
	}
	for name, value := range a.Attributes {
		key := KeyOf(p, a.Provider, name, value)
		if !Links(name) || !Valid(key.Value) {
			continue
		}
		next, err := linkedidentity.Find(tx, p.ID, key)
		switch {
		case errors.Is(err, db.ErrNotFound):
		case err != nil:
			return nil, err
		case slices.Contains(a.Doubted, name):
			return nil, ErrDoubted
		case found != nil && found.Sub != next.Sub:
			return nil, ErrAmbiguous
		default:
			found = next
		}
	}
	if found == nil {
		return nil, db.ErrNotFound
	}
	return found, nil
}

// Links tells whether administrators may link identities by an attribute. Those that say that an address is verified have the same
// value for many people.
func Links(attribute string) bool { return !strings.HasSuffix(attribute, "_verified") }

// KeyOf names an identity by the value of an attribute.
func KeyOf(p *pool.Pool, provider, attribute, value string) linkedidentity.Key {
	if attribute == user.NameEmail {
		value = FoldAddress(p, value)
	}
	return linkedidentity.Key{Provider: provider, Attribute: attribute, Value: value}
}

// SameAddress tells whether two e-mail addresses are one, as KeyOf compares them.
func SameAddress(p *pool.Pool, a, b string) bool { return FoldAddress(p, a) == FoldAddress(p, b) }

// FoldAddress is the form in which e-mail addresses of identities are compared: that of the pool's names, unless it has lost a
// character beyond ASCII. Some of those have lower cases within it, so that different mailboxes would be taken for one.
func FoldAddress(p *pool.Pool, address string) string {
	beyond := func(text string) bool {
		return strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
	}
	folded := p.Fold(address)
	if beyond(address) && !beyond(folded) {
		return address
	}
	return folded
}

// Link makes an identity the user's, of whom the caller stores the changed attributes. It answers *LinkedError, ErrMany and
// ErrValue.
func Link(tx *db.Tx, u *user.User, i linkedidentity.Identity) error {
	if !Valid(i.Value) {
		return ErrValue
	}
	own, err := linkedidentity.OfUser(tx, u.Pool, u.Sub)
	if err != nil {
		return fmt.Errorf("identities of user: %w", err)
	}
	i.Pool, i.Sub, i.Created = u.Pool, u.Sub, tx.Now
	err = linkedidentity.Insert(tx, &i)
	switch {
	case errors.Is(err, db.ErrExists):
		return taken(tx, u.Pool, i.Key)
	case err != nil:
		return err
	case !i.Primary && Linked(own) >= Most:
		return ErrMany
	}
	return show(u, append(own, &i))
}

// Linked counts identities but for the one that their user has come with.
func Linked(own []*linkedidentity.Identity) (n int) {
	for _, i := range own {
		if !i.Primary {
			n++
		}
	}
	return n
}

// taken says whose an identity is.
func taken(tx *db.Tx, pool id.Pool, k linkedidentity.Key) error {
	owned, err := linkedidentity.Find(tx, pool, k)
	if err != nil {
		return fmt.Errorf("find linked identity: %w", err)
	}
	return &LinkedError{Sub: owned.Sub, Primary: owned.Primary}
}

// Settle has a linked identity of the user's be known by the provider's own name for it from now on, and notes the provider's name
// of itself. The caller stores the user's changed attributes. Settle answers *LinkedError and ErrValue.
func Settle(tx *db.Tx, u *user.User, i *linkedidentity.Identity, subject, issuer string) error {
	if i.Attribute == linkedidentity.Subject && i.Value == subject && i.Issuer == issuer {
		return nil
	}
	if !Valid(subject) {
		return ErrValue
	}
	settled := *i
	settled.Attribute, settled.Value, settled.Issuer = linkedidentity.Subject, subject, issuer
	if err := linkedidentity.Delete(tx, u.Pool, i.Key); err != nil {
		return err
	}
	err := linkedidentity.Insert(tx, &settled)
	if errors.Is(err, db.ErrExists) {
		return taken(tx, u.Pool, settled.Key)
	}
	if err != nil {
		return err
	}
	return refresh(tx, u)
}

// Unlink takes an identity from its user, of whom the caller stores the changed attributes. It answers db.ErrNotFound.
func Unlink(tx *db.Tx, u *user.User, k linkedidentity.Key) error {
	if err := linkedidentity.Delete(tx, u.Pool, k); err != nil {
		return err
	}
	return refresh(tx, u)
}

// Fixed is an attribute of a user that the pool does not let change, so that no provider can have its say; empty: there is none.
func Fixed(p *pool.Pool, u *user.User) string {
	for _, attribute := range p.Doc.SchemaAttributes {
		fixed := attribute.Mutable != nil && !*attribute.Mutable && !attributes.Assigned(attribute.Name)
		if fixed && u.Attributes[attribute.Name] != "" {
			return attribute.Name
		}
	}
	return ""
}

// UserOf gives the user whose identity one is, or db.ErrNotFound.
func UserOf(tx *db.Tx, pool id.Pool, k linkedidentity.Key) (*user.User, error) {
	if !Valid(k.Value) {
		return nil, db.ErrNotFound
	}
	found, err := linkedidentity.Find(tx, pool, k)
	if err != nil {
		return nil, err
	}
	return user.Get(tx, pool, found.Sub)
}

// refresh writes the user's attribute anew.
func refresh(tx *db.Tx, u *user.User) error {
	own, err := linkedidentity.OfUser(tx, u.Pool, u.Sub)
	if err != nil {
		return fmt.Errorf("identities of user: %w", err)
	}
	return show(u, own)
}

// Valid tells whether a value is one that databases hold, and find.
func Valid(value string) bool {
	return value != "" && len(value) <= maxValue && utf8.ValidString(value) && strings.IndexByte(value, 0) < 0
}
