package principal_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/principal"
	"cardea/spec/arn"
	"cardea/spec/iam"
)

var noon = time.UnixMilli(1_800_000_000_000).UTC()

// each runs a test on both engines, at noon.
func each(t *testing.T, body func(t *testing.T, s store)) {
	t.Helper()
	dbtest.EachWith(t, db.Options{Now: func() time.Time { return noon }}, func(t *testing.T, d *db.DB) { body(t, store{t, d}) })
}

type store struct {
	t *testing.T
	*db.DB
}

func (s store) write(fn func(tx *db.Tx) error) {
	s.t.Helper()
	if err := s.Write(s.t.Context(), fn); err != nil {
		s.t.Fatal(err)
	}
}

// refused writes what must give an error.
func (s store) refused(want error, fn func(tx *db.Tx) error) {
	s.t.Helper()
	if err := s.Write(s.t.Context(), fn); !errors.Is(err, want) {
		s.t.Errorf("got %v, want %v", err, want)
	}
}

// add inserts principals named "kind/path/name".
func (s store) add(all ...string) (added []*principal.Principal) {
	s.t.Helper()
	for _, text := range all {
		from, to := strings.Index(text, "/"), strings.LastIndex(text, "/")+1
		p := &principal.Principal{Kind: principal.Kind(text[:from]), Path: text[from:to], Name: text[to:]}
		s.write(func(tx *db.Tx) error { return principal.Insert(tx, p) })
		added = append(added, p)
	}
	return added
}

// names reads a list as "path+name".
func (s store) names(read func(tx *db.Tx) ([]*principal.Principal, error)) (names []string) {
	s.t.Helper()
	err := s.Read(s.t.Context(), func(tx *db.Tx) error {
		list, err := read(tx)
		for _, p := range list {
			names = append(names, p.Path+p.Name)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return names
}

func TestPrincipalIsStoredChangedAndDeleted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s store) {
		p := &principal.Principal{Kind: principal.Role, Name: "Reader", Path: "/app/", Doc: principal.Doc{
			Description: "reads", Trust: "{}", MaxSession: 3600, Tags: []iam.Tag{{Key: "k", Value: "v"}},
		}}
		s.write(func(tx *db.Tx) error { return principal.Insert(tx, p) })
		if !regexp.MustCompile(`^AROA[A-Z2-7]{16}$`).MatchString(p.ID) || !p.Created.Equal(noon) || p.Version != 1 {
			t.Errorf("inserted %+v", p)
		}
		if got := p.ARN(arn.Account{Partition: "aws", ID: "123456789012"}); got != "arn:aws:iam::123456789012:role/app/Reader" {
			t.Errorf("ARN %s", got)
		}
		stale := *p
		p.Name, p.Path, p.Doc.Tags = "Writer", "/", nil
		s.write(func(tx *db.Tx) error { return principal.Update(tx, p) })
		s.refused(db.ErrStale, func(tx *db.Tx) error { return principal.Update(tx, &stale) })

		var byName, byID *principal.Principal
		s.write(func(tx *db.Tx) (err error) {
			if byName, err = principal.Get(tx, principal.Role, "wRITER"); err != nil {
				return err
			}
			byID, err = principal.ByID(tx, p.ID)
			return err
		})
		if diff := cmp.Diff(p, byName) + cmp.Diff(p, byID); diff != "" || p.Version != 2 {
			t.Errorf("updated (-want +got):\n%s", diff)
		}
		s.refused(db.ErrNotFound, func(tx *db.Tx) error { _, err := principal.Get(tx, principal.Role, "Reader"); return err })
		s.refused(db.ErrNotFound, func(tx *db.Tx) error { _, err := principal.Get(tx, principal.User, "Writer"); return err })

		s.write(func(tx *db.Tx) error { return principal.Delete(tx, p.ID) })
		s.refused(db.ErrNotFound, func(tx *db.Tx) error { return principal.Delete(tx, p.ID) })
		s.refused(db.ErrNotFound, func(tx *db.Tx) error { _, err := principal.ByID(tx, p.ID); return err })
	})
}

// A name is taken by another principal of its kind in any case and under any path, and free for other kinds.
func TestNamesAreUniqueForTheirKind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s store) {
		added := s.add("user/Ann", "user/bob", "role/Ann", "group/Ann")
		for kind, prefix := range map[principal.Kind]string{principal.User: "AIDA", principal.Group: "AGPA"} {
			var p *principal.Principal
			s.write(func(tx *db.Tx) (err error) { p, err = principal.Get(tx, kind, "Ann"); return err })
			if !strings.HasPrefix(p.ID, prefix) {
				t.Errorf("id %s of a %s", p.ID, kind)
			}
		}
		s.refused(db.ErrExists, func(tx *db.Tx) error {
			return principal.Insert(tx, &principal.Principal{Kind: principal.User, Name: "aNN", Path: "/x/"})
		})
		bob := *added[1]
		bob.Name = "ANN"
		s.refused(db.ErrExists, func(tx *db.Tx) error { return principal.Update(tx, &bob) })
		ann := *added[0]
		ann.Name = "ANN"
		s.write(func(tx *db.Tx) error { return principal.Update(tx, &ann) })

		for kind, want := range map[principal.Kind]int{principal.User: 2, principal.Role: 1, principal.Group: 1} {
			s.write(func(tx *db.Tx) error {
				if got, err := principal.Count(tx, kind); err != nil || got != want {
					t.Errorf("%s: counted %d, %v, want %d", kind, got, err, want)
				}
				return nil
			})
		}
	})
}

func TestIDsAreNotUsedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s store) {
		first := s.add("user/ann")[0]
		s.write(func(tx *db.Tx) error { return principal.Delete(tx, first.ID) })
		if second := s.add("user/ann")[0]; second.ID == first.ID {
			t.Error("a new user has the id of a former one")
		}
	})
}

func TestPrincipalsAreListedByNameAndPath(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s store) {
		s.add("role/a/C", "role/a/b/d", "role/b", "role/A", "role/ab/e", "user/x")
		for _, c := range []struct {
			prefix, after string
			limit         int
			want          []string
		}{
			{"", "", 9, []string{"/A", "/b", "/a/C", "/a/b/d", "/ab/e"}},
			{"/", "", 2, []string{"/A", "/b"}},
			{"/", "B", 2, []string{"/a/C", "/a/b/d"}},
			{"/a", "", 9, []string{"/a/C", "/a/b/d", "/ab/e"}},
			{"/a/", "", 9, []string{"/a/C", "/a/b/d"}},
			{"/none/", "", 9, nil},
		} {
			got := s.names(func(tx *db.Tx) ([]*principal.Principal, error) {
				return principal.List(tx, principal.Role, c.prefix, c.after, c.limit)
			})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", c, diff)
			}
		}
	})
}

func TestMembershipEndsWithUserAndGroup(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s store) {
		all := s.add("user/u1", "user/U2", "user/u3", "group/g1", "group/G2")
		u1, u2, u3, g1, g2 := all[0].ID, all[1].ID, all[2].ID, all[3].ID, all[4].ID
		for _, pair := range [][2]string{{g1, u3}, {g1, u2}, {g1, u1}, {g1, u1}, {g2, u1}} {
			s.write(func(tx *db.Tx) error { return principal.Join(tx, pair[0], pair[1]) })
		}
		members := func(group, after string, limit int) []string {
			return s.names(func(tx *db.Tx) ([]*principal.Principal, error) { return principal.MembersOf(tx, group, after, limit) })
		}
		groups := func(user string) []string {
			return s.names(func(tx *db.Tx) ([]*principal.Principal, error) { return principal.GroupsOf(tx, user) })
		}
		for _, c := range []struct{ got, want []string }{
			{members(g1, "", 9), []string{"/u1", "/U2", "/u3"}},
			{members(g1, "", 2), []string{"/u1", "/U2"}},
			{members(g1, "u2", 2), []string{"/u3"}},
			{groups(u1), []string{"/g1", "/G2"}},
			{groups(u3), []string{"/g1"}},
		} {
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		s.write(func(tx *db.Tx) error { return principal.Leave(tx, g1, u3) })
		s.write(func(tx *db.Tx) error { return principal.Leave(tx, g1, u3) })
		s.write(func(tx *db.Tx) error { return principal.Delete(tx, u2) })
		s.write(func(tx *db.Tx) error { return principal.Delete(tx, g2) })
		for _, c := range []struct{ got, want []string }{
			{members(g1, "", 9), []string{"/u1"}},
			{members(g2, "", 9), nil},
			{groups(u1), []string{"/g1"}},
			{groups(u3), nil},
		} {
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Errorf("after the end (-want +got):\n%s", diff)
			}
		}
		for _, row := range dbtest.Rows(t, s.DB) {
			if strings.Contains(row, u2) || strings.Contains(row, g2) {
				t.Errorf("left: %s", row)
			}
		}
	})
}

// What a cache has read is read anew after each change.
func TestChangesAreAnnounced(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s store) {
		reads := 0
		cache := db.Cache[int]{DB: s.DB, Table: principal.Table, Age: time.Hour, Max: 1}
		look := func() {
			if _, err := cache.Get(t.Context(), "", func(*db.Tx) (int, error) { reads++; return 0, nil }); err != nil {
				t.Fatal(err)
			}
		}
		var user, group *principal.Principal
		look()
		for i, change := range []func(){
			func() { user = s.add("user/u")[0] },
			func() { group = s.add("group/g")[0] },
			func() { s.write(func(tx *db.Tx) error { return principal.Join(tx, group.ID, user.ID) }) },
			func() { s.write(func(tx *db.Tx) error { return principal.Leave(tx, group.ID, user.ID) }) },
			func() { s.write(func(tx *db.Tx) error { return principal.Update(tx, user) }) },
			func() { s.write(func(tx *db.Tx) error { return principal.Delete(tx, user.ID) }) },
		} {
			change()
			look()
			if reads != i+2 {
				t.Errorf("change %d was not announced", i)
			}
		}
	})
}
