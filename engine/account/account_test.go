package account_test

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/account"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/group"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

type attrs = map[string]string

// aliasPool has all three aliases; change makes it another.
func aliasPool(change ...func(*cognitoidp.UserPoolType)) *pool.Pool {
	p := &pool.Pool{ID: id.NewPool("us-east-1")}
	p.Doc.AliasAttributes = []string{"email", "phone_number", "preferred_username"}
	for _, name := range []string{"email", "email_verified", "phone_number", "preferred_username", "name", "custom:team"} {
		p.Doc.SchemaAttributes = append(p.Doc.SchemaAttributes, cognitoidp.SchemaAttributeType{Name: name})
	}
	for _, fn := range change {
		fn(&p.Doc)
	}
	return p
}

func insensitive(doc *cognitoidp.UserPoolType) {
	doc.UsernameConfiguration = &cognitoidp.UsernameConfigurationType{CaseSensitive: new(false)}
}

func emailNames(doc *cognitoidp.UserPoolType) {
	doc.AliasAttributes, doc.UsernameAttributes = nil, []string{"email"}
}

// world is one pool on one engine.
type world struct {
	*testing.T
	db   *db.DB
	pool *pool.Pool
}

func each(t *testing.T, p func() *pool.Pool, body func(w world)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { body(world{t, d, p()}) })
}

func (w world) write(fn func(tx *db.Tx) error) {
	w.Helper()
	if err := w.db.Write(w.Context(), fn); err != nil {
		w.Fatal(err)
	}
}

func (w world) tryCreate(username string, a attrs, force bool) (*user.User, error) {
	u, err := account.New(w.pool, username, a, time.Now())
	if err != nil {
		return nil, err
	}
	return u, w.db.Write(w.Context(), func(tx *db.Tx) error { return account.Create(tx, w.pool, u, force) })
}

func (w world) create(username string, a attrs) *user.User {
	w.Helper()
	u, err := w.tryCreate(username, a, false)
	if err != nil {
		w.Fatal(err)
	}
	return u
}

// find answers the user name found by login, or "".
func (w world) find(login string) string {
	w.Helper()
	name := ""
	w.write(func(tx *db.Tx) error {
		u, err := account.Find(tx, w.pool, login)
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err == nil {
			name = u.Username
		}
		return err
	})
	return name
}

// change writes attributes as an administrator's or user's update does.
func (w world) change(u *user.User, a attrs) ([]string, error) {
	w.Helper()
	var verify []string
	err := w.db.Write(w.Context(), func(tx *db.Tx) error {
		fresh, err := user.Get(tx, w.pool.ID, u.Sub)
		if err != nil {
			return err
		}
		if verify, err = account.Change(w.pool, fresh, a); err != nil {
			return err
		}
		*u = *fresh
		return account.Save(tx, w.pool, u, false)
	})
	return verify, err
}

func (w world) expectFind(want map[string]string) {
	w.Helper()
	got := map[string]string{}
	for login := range want {
		got[login] = w.find(login)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.Errorf("found by name (-want +got):\n%s", diff)
	}
}

func (w world) expectTaken(err error, kind string) {
	w.Helper()
	taken, ok := errors.AsType[*account.TakenError](err)
	if !ok || taken.Kind != kind {
		w.Errorf("got %v, want %s taken", err, kind)
	}
}

func TestAliasesNameAUserOnceVerified(t *testing.T) {
	each(t, func() *pool.Pool { return aliasPool() }, func(w world) {
		u := w.create("alice", attrs{"email": "a@b.example", "phone_number": "+15550100", "phone_number_verified": "true", "preferred_username": "ally"})
		w.expectFind(attrs{
			"alice": "alice", "Alice": "", string(u.Sub): "alice", "a@b.example": "", "+15550100": "alice", "ally": "alice", "": "", "nul\x00": "",
		})

		if _, err := w.change(u, attrs{"email_verified": "true", "phone_number": "+15550199", "preferred_username": ""}); err != nil {
			w.Fatal(err)
		}
		w.expectFind(attrs{"a@b.example": "alice", "+15550100": "", "+15550199": "", "ally": "", "alice": "alice"})
	})
}

func TestCaseIsFoldedWherePoolSaysSo(t *testing.T) {
	each(t, func() *pool.Pool { return aliasPool(insensitive) }, func(w world) {
		w.create("Alice", attrs{"email": "A@b.example", "email_verified": "true", "preferred_username": "Ally"})
		w.expectFind(attrs{"ALICE": "alice", "alice": "alice", "a@B.example": "alice", "aLLY": "alice"})
		_, err := w.tryCreate("aLICE", nil, false)
		w.expectTaken(err, "username")
	})
}

func TestUsernameAttributesNameAUserUnverified(t *testing.T) {
	each(t, func() *pool.Pool { return aliasPool(emailNames) }, func(w world) {
		u := w.create("a@b.example", nil)
		if u.Username != string(u.Sub) || u.Attributes["email"] != "a@b.example" {
			w.Errorf("username %s, email %s; want the sub and the name given", u.Username, u.Attributes["email"])
		}
		w.expectFind(attrs{"a@b.example": u.Username, u.Username: u.Username})

		_, err := w.tryCreate("a@b.example", nil, true)
		w.expectTaken(err, "email")
		if _, err := w.change(u, attrs{"email": "new@b.example"}); err != nil {
			w.Fatal(err)
		}
		w.expectFind(attrs{"a@b.example": u.Username, "new@b.example": ""}) // it may be somebody else's
		if _, err := w.change(u, attrs{"email_verified": "true"}); err != nil {
			w.Fatal(err)
		}
		w.expectFind(attrs{"a@b.example": "", "new@b.example": u.Username})
		if _, err := w.change(u, attrs{"email": "third@b.example"}); err != nil {
			w.Fatal(err)
		}
		w.expectFind(attrs{"a@b.example": "", "new@b.example": u.Username, "third@b.example": ""})
	})
}

func TestOnlyTheContactRegisteredWithNamesAUserUnverified(t *testing.T) {
	both := func(doc *cognitoidp.UserPoolType) {
		doc.AliasAttributes, doc.UsernameAttributes = nil, []string{"email", "phone_number"}
	}
	each(t, func() *pool.Pool { return aliasPool(both) }, func(w world) {
		eve := w.create("eve@b.example", attrs{"phone_number": "+15550100"})
		w.expectFind(attrs{"eve@b.example": eve.Username, "+15550100": ""})

		owner := w.create("+15550100", attrs{"email": "o@b.example"})
		w.expectFind(attrs{"+15550100": owner.Username, "o@b.example": ""})
		_, err := w.change(eve, attrs{"phone_number_verified": "true"})
		w.expectTaken(err, "phone_number")
		_, err = w.tryCreate("third@b.example", attrs{"phone_number": "+15550100", "phone_number_verified": "true"}, true)
		w.expectTaken(err, "phone_number")

		if _, err := w.change(owner, attrs{"email_verified": "true"}); err != nil {
			w.Fatal(err)
		}
		w.expectFind(attrs{"+15550100": owner.Username, "o@b.example": owner.Username})
		if _, err := w.change(owner, attrs{"email": "p@b.example", "phone_number": "+15550199"}); err != nil {
			w.Fatal(err)
		}
		w.expectFind(attrs{"o@b.example": "", "p@b.example": "", "+15550100": owner.Username, "+15550199": ""})
	})
}

func TestTheNamesOfOthersAreRefused(t *testing.T) {
	each(t, func() *pool.Pool { return aliasPool() }, func(w world) {
		alice := w.create("alice", attrs{"email": "a@b.example", "email_verified": "true", "preferred_username": "ally"})
		bob := w.create("bob", nil)

		_, err := w.tryCreate("alice", nil, true)
		w.expectTaken(err, "username")
		_, err = w.tryCreate("ally", nil, true) // an alias must not be hidden by a user name
		w.expectTaken(err, "username")
		_, err = w.tryCreate(string(alice.Sub), nil, true) // nor a sub
		w.expectTaken(err, "username")
		_, err = w.tryCreate("carol", attrs{"email": "a@b.example", "email_verified": "true"}, false)
		w.expectTaken(err, "email")
		_, err = w.change(bob, attrs{"preferred_username": "alice"})
		w.expectTaken(err, "preferred_username")
		_, err = w.change(bob, attrs{"preferred_username": string(alice.Sub)})
		w.expectTaken(err, "preferred_username")
		_, err = w.change(bob, attrs{"email": "a@b.example", "email_verified": "true"})
		w.expectTaken(err, "email")

		if _, err := w.change(bob, attrs{"email": "a@b.example"}); err != nil {
			w.Errorf("an unverified alias conflicts: %v", err)
		}
		w.expectFind(attrs{"alice": "alice", "ally": "alice", "a@b.example": "alice", "carol": "", "bob": "bob"})
		if _, err := w.change(alice, attrs{"preferred_username": "alice"}); err != nil {
			w.Errorf("one's own name is free: %v", err)
		}
	})
}

func TestForceMovesAnAlias(t *testing.T) {
	each(t, func() *pool.Pool { return aliasPool() }, func(w world) {
		old := w.create("old", attrs{"email": "a@b.example", "email_verified": "true"})
		if _, err := w.tryCreate("new", attrs{"email": "a@b.example", "email_verified": "true"}, true); err != nil {
			w.Fatal(err)
		}
		w.expectFind(attrs{"a@b.example": "new", "old": "old"})
		w.write(func(tx *db.Tx) error {
			u, err := user.Get(tx, w.pool.ID, old.Sub)
			if err == nil && (u.Verified("email") || u.Attributes["email"] != "a@b.example") {
				w.Errorf("old owner's attributes: %v", u.Attributes)
			}
			return err
		})
	})
}

func TestDeletedUserLeavesNothingAndFreesNames(t *testing.T) {
	each(t, func() *pool.Pool { return aliasPool() }, func(w world) {
		a := attrs{"email": "a@b.example", "email_verified": "true", "preferred_username": "ally", "custom:team": "red"}
		first := w.create("alice", a)
		w.write(func(tx *db.Tx) error {
			return errors.Join(group.Add(tx, w.pool.ID, "g", first.Sub), account.Delete(tx, w.pool, first))
		})
		w.expectFind(attrs{"alice": "", "ally": "", "a@b.example": "", string(first.Sub): ""})
		w.write(func(tx *db.Tx) error {
			n, err := user.Count(tx, w.pool.ID)
			if err != nil || n != 0 {
				return fmt.Errorf("%d users left: %w", n, err)
			}
			owners, err := user.Owners(tx, w.pool.ID, []string{"alice", "ally", "a@b.example"})
			if err != nil || len(owners) != 0 {
				return fmt.Errorf("names left: %v: %w", owners, err)
			}
			members, err := group.Members(tx, w.pool.ID, "g", "", 1)
			if err != nil || len(members) != 0 {
				return fmt.Errorf("members left: %v: %w", members, err)
			}
			return nil
		})
		if again := w.create("alice", a); again.Sub == first.Sub {
			w.Error("a user created anew has the old sub")
		}
	})
}

func TestSaveRefusesAStaleUser(t *testing.T) {
	each(t, func() *pool.Pool { return aliasPool() }, func(w world) {
		u := w.create("alice", nil)
		stale := u.Clone()
		if _, err := w.change(u, attrs{"name": "A"}); err != nil {
			w.Fatal(err)
		}
		err := w.db.Write(w.Context(), func(tx *db.Tx) error { return account.Save(tx, w.pool, stale, false) })
		if !errors.Is(err, db.ErrStale) {
			w.Errorf("got %v, want ErrStale", err)
		}
	})
}

func TestSavingCredentialsChangesNothingElse(t *testing.T) {
	each(t, func() *pool.Pool { return aliasPool() }, func(w world) {
		sub := w.create("alice", attrs{"email": "alice@example.com"}).Sub
		get := func() (u *user.User) {
			w.write(func(tx *db.Tx) (err error) {
				u, err = user.Get(tx, w.pool.ID, sub)
				return err
			})
			return u
		}
		u, want, stale := get(), get(), get()
		for _, each := range []*user.User{u, want} {
			each.Password, each.PasswordSet, each.History = []byte("new"), u.Created, [][]byte{[]byte("old")}
			each.SignedOut, each.MFA.Software = u.Created, true
		}
		want.Version++
		u.Attributes["email"], u.Status, u.Enabled = "other@example.com", "ARCHIVED", false
		w.write(func(tx *db.Tx) error { return account.SaveCredentials(tx, u) })
		if diff := cmp.Diff(want, get()); diff != "" {
			w.Errorf("(-want +got):\n%s", diff)
		}
		if err := w.db.Write(w.Context(), func(tx *db.Tx) error { return account.SaveCredentials(tx, stale) }); !errors.Is(err, db.ErrStale) {
			w.Errorf("a stale user: %v, want ErrStale", err)
		}
	})
}

func TestParallelClaimsHaveOneWinner(t *testing.T) {
	each(t, func() *pool.Pool { return aliasPool() }, func(w world) {
		for _, race := range []struct {
			kind     string
			username func(i int) string
			attrs    attrs
		}{
			{"username", func(int) string { return "alice" }, nil},
			{"email", func(i int) string { return fmt.Sprint("user", i) }, attrs{"email": "a@b.example", "email_verified": "true"}},
		} {
			const runners = 100
			errs := make([]error, runners)
			var wg sync.WaitGroup
			for i := range runners {
				wg.Go(func() { _, errs[i] = w.tryCreate(race.username(i), race.attrs, false) })
			}
			wg.Wait()

			winners := 0
			for _, err := range errs {
				if err == nil {
					winners++
					continue
				}
				w.expectTaken(err, race.kind)
			}
			if winners != 1 {
				w.Errorf("%d of %d got the %s, want 1", winners, runners, race.kind)
			}
		}
	})
}

func TestChangeOfContactsFollowsTheRules(t *testing.T) {
	t.Parallel()
	auto := func(doc *cognitoidp.UserPoolType) { doc.AutoVerifiedAttributes = []string{"email"} }
	keep := func(doc *cognitoidp.UserPoolType) {
		doc.AutoVerifiedAttributes = []string{"email"}
		doc.UserAttributeUpdateSettings = &cognitoidp.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []string{"email"}}
	}
	plain := func(*cognitoidp.UserPoolType) {}
	verified := attrs{"email": "old@b.example", "email_verified": "true"}
	for name, c := range map[string]struct {
		pool                           func(*cognitoidp.UserPoolType)
		before, change, after, pending attrs
		verify                         []string
	}{
		"plain pool":         {plain, verified, attrs{"email": "new@b.example"}, attrs{"email": "new@b.example", "email_verified": "false"}, attrs{}, nil},
		"auto-verified":      {auto, verified, attrs{"email": "new@b.example"}, attrs{"email": "new@b.example", "email_verified": "false"}, attrs{}, []string{"email"}},
		"kept until then":    {keep, verified, attrs{"email": "new@b.example"}, verified, attrs{"email": "new@b.example"}, []string{"email"}},
		"kept, none before":  {keep, attrs{}, attrs{"email": "new@b.example"}, attrs{}, attrs{"email": "new@b.example"}, []string{"email"}},
		"declared verified":  {keep, verified, attrs{"email": "new@b.example", "email_verified": "true"}, attrs{"email": "new@b.example", "email_verified": "true"}, attrs{}, nil},
		"declared not":       {keep, verified, attrs{"email": "new@b.example", "email_verified": "false"}, verified, attrs{"email": "new@b.example"}, []string{"email"}},
		"same value":         {auto, verified, attrs{"email": "old@b.example"}, verified, attrs{}, nil},
		"flag alone":         {auto, verified, attrs{"email_verified": "false"}, attrs{"email": "old@b.example", "email_verified": "false"}, attrs{}, nil},
		"removed with flag":  {auto, verified, attrs{"email": "", "name": ""}, attrs{}, attrs{}, nil},
		"phone is unrelated": {keep, verified, attrs{"phone_number": "+15550100"}, attrs{"email": "old@b.example", "email_verified": "true", "phone_number": "+15550100", "phone_number_verified": "false"}, attrs{}, nil},
	} {
		u := &user.User{Attributes: maps.Clone(c.before), Pending: attrs{}}
		verify, err := account.Change(aliasPool(c.pool), u, c.change)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff([]any{c.after, c.pending, c.verify}, []any{u.Attributes, u.Pending, verify}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestPendingContactComesInForceVerified(t *testing.T) {
	t.Parallel()
	u := &user.User{Attributes: attrs{"email": "old@b.example", "email_verified": "true"}, Pending: attrs{"email": "new@b.example"}}
	account.Confirm(u, "email")
	if diff := cmp.Diff([]attrs{{"email": "new@b.example", "email_verified": "true"}, {}}, []attrs{u.Attributes, u.Pending}); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
}

func TestFlagsNeedTheirContact(t *testing.T) {
	t.Parallel()
	for _, contact := range account.Contacts {
		for _, given := range []attrs{{contact + "_verified": "true"}, {contact + "_verified": "false", contact: ""}} {
			err, ok := errors.AsType[*account.ContactError](account.CheckFlags(attrs{}, given))
			if !ok || err.Contact != contact {
				t.Errorf("%v: %v, want *ContactError of %s", given, err, contact)
			}
		}
		if err := account.CheckFlags(attrs{contact: "x"}, attrs{contact + "_verified": "true", contact: ""}); err == nil {
			t.Errorf("%s with its contact removed: no error", contact)
		}
	}
}
