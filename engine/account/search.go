package account

import (
	"errors"
	"strings"

	"cardea/engine/attributes"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/userfilter"
)

// ErrUnsearchable says that a filter names an attribute that the pool does not have.
var ErrUnsearchable = errors.New("no such attribute to search by")

// Search loads a page of a pool's users that match a filter, from a cursor on; next is empty after the last page.
// A page can be short, even empty, before the last. Case counts in "status", and in user names where it does in the pool.
func Search(tx *db.Tx, p *pool.Pool, f userfilter.Filter, cursor string, limit int) (page []*user.User, next string, err error) {
	if f.All() {
		return listed(tx, p, "", cursor, limit)
	}
	if f.Attribute == "sub" {
		f.Value = strings.ToLower(f.Value)
		return bySub(tx, p, f, cursor, limit)
	}
	switch _, known := p.Attribute(f.Attribute); {
	case f.Attribute == user.TermStatus:
		f.Value = strings.ToUpper(f.Value)
	case !known && f.Attribute != user.TermUsername && f.Attribute != user.TermEnabled:
		return nil, "", ErrUnsearchable
	}

	f.Value = folded(p, f.Attribute, f.Value)
	query := user.Query{Name: f.Attribute, Key: user.TermKey(f.Value), Prefix: f.Prefix, Limit: limit + 1}
	if cut := strings.LastIndexByte(cursor, 0); cut >= 0 {
		query.AfterKey, query.AfterSub = cursor[:cut], id.Sub(cursor[cut+1:])
	}
	hits, err := user.Search(tx, p.ID, query)
	if err != nil {
		return nil, "", err
	}
	if len(hits) > limit {
		hits = hits[:limit]
		last := hits[limit-1]
		next = last.Key + "\x00" + string(last.User.Sub)
	}
	for _, hit := range hits {
		if f.Match(value(p, hit.User, f.Attribute)) {
			page = append(page, hit.User)
		}
	}
	return page, next, nil
}

// value is what a filter on an attribute is compared with.
func value(p *pool.Pool, u *user.User, name string) string {
	switch name {
	case user.TermUsername:
		return folded(p, name, u.Username)
	case user.TermStatus:
		return u.Status
	case user.TermEnabled:
		return Enabled(u)
	}
	return folded(p, name, u.Attributes[name])
}

func bySub(tx *db.Tx, p *pool.Pool, f userfilter.Filter, cursor string, limit int) ([]*user.User, string, error) {
	if f.Prefix && len(f.Value) < subLength {
		return listed(tx, p, f.Value, cursor, limit)
	}
	u, err := user.Get(tx, p.ID, id.Sub(user.TermKey(f.Value)))
	if errors.Is(err, db.ErrNotFound) {
		return nil, "", nil
	}
	return []*user.User{u}, "", err
}

// listed pages through the users whose sub begins with a prefix shorter than any sub.
func listed(tx *db.Tx, p *pool.Pool, prefix, cursor string, limit int) ([]*user.User, string, error) {
	after := max(cursor, user.TermKey(prefix))
	page, err := user.List(tx, p.ID, id.Sub(after), limit+1)
	if err != nil {
		return nil, "", err
	}
	for i, u := range page {
		if !strings.HasPrefix(string(u.Sub), prefix) {
			return page[:i], "", nil
		}
	}
	if len(page) > limit {
		return page[:limit], string(page[limit-1].Sub), nil
	}
	return page, "", nil
}

// Describe writes a user as lists of users do, with these attributes.
func Describe(u *user.User, attrs map[string]string) cognitoidp.UserType {
	return cognitoidp.UserType{
		Username:             u.Username,
		Attributes:           attributes.List(u, attrs),
		UserCreateDate:       awsjson.At(u.Created),
		UserLastModifiedDate: awsjson.At(u.Modified),
		Enabled:              u.Enabled,
		UserStatus:           u.Status,
		MFAOptions:           u.MFA.Options(),
	}
}
