package account

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"cardea/engine/access"
	"cardea/engine/attributes"
	"cardea/engine/factor"
	"cardea/platform/audit"
	"cardea/platform/db"
	"cardea/record/attempt"
	"cardea/record/authcode"
	"cardea/record/code"
	"cardea/record/customauth"
	"cardea/record/device"
	"cardea/record/devicegrant"
	"cardea/record/group"
	"cardea/record/linkedidentity"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// New makes a user in memory: enabled, unconfirmed, without password, with a sub of their own. Where users sign in with an
// attribute, the user name given becomes that attribute's value and the sub is the user name. The attributes are checked
// apart; New answers *attributes.UsernameError and *MismatchError.
func New(p *pool.Pool, username string, attrs map[string]string, now time.Time) (*user.User, error) {
	attribute, err := attributes.CheckUsername(p, username)
	if err != nil {
		return nil, err
	}

	u := &user.User{
		Pool:       p.ID,
		Sub:        id.NewSub(),
		Username:   p.Fold(username),
		Status:     cognitoidp.UserStatusTypeUnconfirmed,
		Enabled:    true,
		Created:    now,
		Modified:   now,
		Attributes: map[string]string{},
		Pending:    map[string]string{},
	}
	maps.Copy(u.Attributes, attrs)
	maps.DeleteFunc(u.Attributes, func(_, value string) bool { return value == "" })
	foldEmail(p, u.Attributes)
	if attribute != "" {
		if given := u.Attributes[attribute]; given != "" && given != u.Username {
			return nil, &MismatchError{Attribute: attribute}
		}
		u.Attributes[attribute] = u.Username
		u.Username, u.Registered = string(u.Sub), u.Username
	}
	return u, nil
}

// foldEmail puts an e-mail address into the form in which a pool that ignores case stores it, as it does user names: in lower
// case.
func foldEmail(p *pool.Pool, attrs map[string]string) {
	if email := attrs[user.NameEmail]; email != "" {
		attrs[user.NameEmail] = p.Fold(email)
	}
}

// Find loads the user who signs in with a name: a user name, a verified alias, an attribute that is the user name, or a
// sub. It answers db.ErrNotFound.
func Find(tx *db.Tx, p *pool.Pool, login string) (*user.User, error) {
	u, err := user.ByName(tx, p.ID, user.NameKey(p.Fold(login)))
	if errors.Is(err, db.ErrNotFound) && isSub(login) {
		u, err = user.Get(tx, p.ID, id.Sub(login))
	}
	if err == nil {
		audit.About(tx.Context(), string(p.ID), string(u.Sub))
	}
	return u, err
}

// Admin finds the pool and the user that an administrator names.
func Admin(tx *db.Tx, poolID, username string) (*pool.Pool, *user.User, error) {
	p, err := access.Pool(tx, poolID)
	if err != nil {
		return nil, nil, err
	}
	u, err := Find(tx, p, username)
	if errors.Is(err, db.ErrNotFound) {
		return nil, nil, ErrNoUser
	}
	if err != nil {
		return nil, nil, fmt.Errorf("find user: %w", err)
	}
	return p, u, nil
}

// Create stores a new user. It answers *TakenError when one of their names is another's; with force, an e-mail or phone
// number alias is taken from its owner instead, for whom it becomes unverified.
func Create(tx *db.Tx, p *pool.Pool, u *user.User, force bool) error {
	replaceRegistered(u)
	if err := claim(tx, p, u, names(p, u), force); err != nil {
		return err
	}
	if err := user.Insert(tx, u); err != nil {
		return fmt.Errorf("insert user: %w", err)
	}
	user.Index(tx, p.ID, u.Sub, terms(p, u))
	audit.About(tx.Context(), string(p.ID), string(u.Sub))
	return nil
}

// Save stores a user who was changed since loaded, and their names and search entries with them. With another password their
// single sign-on sessions end. It answers db.ErrStale, and *TakenError as Create does.
func Save(tx *db.Tx, p *pool.Pool, u *user.User, force bool) error {
	old, err := user.Get(tx, p.ID, u.Sub)
	if errors.Is(err, db.ErrNotFound) || err == nil && old.Version != u.Version {
		return db.ErrStale
	}
	if err != nil {
		return fmt.Errorf("get user: %w", err)
	}

	replaceRegistered(u)
	before, after := names(p, old), names(p, u)
	if err := claim(tx, p, u, minus(after, before), force); err != nil {
		return err
	}
	user.Release(tx, p.ID, u.Sub, minus(before, after))
	if err := user.Update(tx, u); err != nil {
		return fmt.Errorf("update user: %w", err)
	}
	if !old.PasswordSet.Equal(u.PasswordSet) {
		if err := EndAllSSO(tx, p.ID, u.Sub); err != nil {
			return err
		}
	}

	found, findable := terms(p, old), terms(p, u)
	user.Unindex(tx, p.ID, u.Sub, minus(found, findable))
	user.Index(tx, p.ID, u.Sub, minus(findable, found))
	return nil
}

// SaveCredentials stores what has changed of a user's password, factors and last sign-out, and nothing else: one statement,
// since neither names nor searches depend on them. It answers db.ErrStale.
func SaveCredentials(tx *db.Tx, u *user.User) error {
	if err := user.UpdateCredentials(tx, u); err != nil {
		return fmt.Errorf("update credentials: %w", err)
	}
	return nil
}

// minus gives what is in a and not in b. Names are told apart by key alone, so that a name stays its owner's when, say,
// a preferred user name comes to equal the user name.
func minus[T user.Name | user.Term](a, b []T) []T {
	same := func(x, y T) bool {
		if n, ok := any(x).(user.Name); ok {
			return n.Key == any(y).(user.Name).Key
		}
		return x == y
	}
	return slices.DeleteFunc(slices.Clone(a), func(x T) bool {
		return slices.ContainsFunc(b, func(y T) bool { return same(x, y) })
	})
}

// claim makes names the user's own. A name that is another user's sub is refused: the sub would no longer find that user.
func claim(tx *db.Tx, p *pool.Pool, u *user.User, wanted []user.Name, force bool) error {
	for _, name := range wanted {
		if !isSub(name.Key) || name.Key == string(u.Sub) {
			continue
		}
		if _, err := user.Get(tx, p.ID, id.Sub(name.Key)); err == nil {
			return &TakenError{Kind: name.Kind}
		} else if !errors.Is(err, db.ErrNotFound) {
			return fmt.Errorf("get user: %w", err)
		}
	}

	taken, err := user.Claim(tx, p.ID, u.Sub, wanted)
	if errors.Is(err, db.ErrExists) && force {
		if err := unverify(tx, p, taken, wanted); err != nil {
			return err
		}
		taken, err = user.Claim(tx, p.ID, u.Sub, wanted)
	}
	if errors.Is(err, db.ErrExists) {
		return &TakenError{Kind: kindOf(taken[0].Key, wanted)}
	}
	if err != nil {
		return fmt.Errorf("claim names: %w", err)
	}
	return nil
}

// unverify takes aliases from their owners. Only what is an alias of both users can be taken.
func unverify(tx *db.Tx, p *pool.Pool, taken []user.Owner, wanted []user.Name) error {
	for _, owner := range taken {
		if kindOf(owner.Key, wanted) != owner.Kind || !slices.Contains(Contacts, owner.Kind) || !p.AliasIs(owner.Kind) {
			return &TakenError{Kind: kindOf(owner.Key, wanted)}
		}
		u, err := user.Get(tx, p.ID, owner.Sub)
		if err != nil {
			return fmt.Errorf("get owner of alias: %w", err)
		}
		u.Attributes[owner.Kind+"_verified"] = "false"
		u.Touch(tx.Now)
		if err := Save(tx, p, u, false); err != nil {
			return fmt.Errorf("take alias from its owner: %w", err)
		}
	}
	return nil
}

func kindOf(key string, wanted []user.Name) string {
	i := slices.IndexFunc(wanted, func(n user.Name) bool { return n.Key == key })
	return wanted[i].Kind
}

// subLength is how many characters a sub has.
const subLength = 36

// isSub tells whether a name has the form of a sub.
func isSub(name string) bool {
	return len(name) == subLength && name[8] == '-' && name[13] == '-' && name[18] == '-' && name[23] == '-'
}

// Delete removes a user and everything that belongs to them: sessions, devices, factors, codes, group memberships, failed
// attempts, custom sign-ins, identities at providers, names. Without the row their tokens are void.
func Delete(tx *db.Tx, p *pool.Pool, u *user.User) error {
	user.Release(tx, p.ID, u.Sub, names(p, u))
	user.Unindex(tx, p.ID, u.Sub, terms(p, u))
	for _, remove := range []func(*db.Tx, id.Pool, id.Sub) error{
		EndAllSSO, session.DeleteUser, device.DeleteUser, factor.DeleteUser, code.DeleteUser, authcode.DeleteUser, devicegrant.DeleteUser, group.DeleteUser,
		attempt.DeleteUser, customauth.DeleteUser, linkedidentity.DeleteUser, user.Delete,
	} {
		if err := remove(tx, p.ID, u.Sub); err != nil {
			return fmt.Errorf("delete user: %w", err)
		}
	}
	return nil
}
