package policy

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/principal"
	"cardea/spec/iam"
)

const prefix = "arn:aws:iam::123456789012:policy"

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// insert adds a policy whose first version has its name as its document.
func insert(t *testing.T, tx *db.Tx, path, name string) *Managed {
	t.Helper()
	m := &Managed{ARN: prefix + path + name, Name: name, Path: path}
	if err := Insert(tx, m, name); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPolicyIsReadAsStored(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		want := &Managed{ARN: prefix + "/a/P", Name: "P", Path: "/a/", Doc: Doc{Description: "d", Tags: []iam.Tag{{Key: "k", Value: "v"}}}}
		write(t, d, func(tx *db.Tx) error { return Insert(tx, want, "one") })
		if len(want.ID) != 21 || want.ID[:4] != "ANPA" {
			t.Errorf("id %q", want.ID)
		}
		write(t, d, func(tx *db.Tx) error {
			got, err := Get(tx, want.ARN)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("policy: %v (-want +got):\n%s", err, diff)
			}
			if _, err := Get(tx, prefix+"/a/p"); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("the ARN in another case: %v", err)
			}
			v, err := GetVersion(tx, want.ID, 1)
			if err != nil || v.Document != "one" || !v.Created.Equal(want.Created) {
				t.Errorf("first version %+v, %v", v, err)
			}
			if err := Insert(tx, &Managed{ARN: prefix + "/b/p", Name: "p", Path: "/b/"}, "two"); !errors.Is(err, db.ErrExists) {
				t.Errorf("the name in another case: %v, want ErrExists", err)
			}
			if n, err := Count(tx); n != 1 || err != nil {
				t.Errorf("%d policies, %v", n, err)
			}
			return nil
		})
	})
}

func TestOldPolicyIsNotUpdated(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			m := insert(t, tx, "/", "p")
			old := *m
			m.Default, m.Last, m.Doc.Description, m.Updated = 2, 3, "new", m.Created.Add(time.Hour)
			if err := Update(tx, m); err != nil {
				return err
			}
			if err := Update(tx, &old); !errors.Is(err, db.ErrStale) {
				t.Errorf("an old row: %v, want ErrStale", err)
			}
			got, err := Get(tx, m.ARN)
			if diff := cmp.Diff(m, got); diff != "" {
				t.Errorf("policy (-want +got):\n%s", diff)
			}
			return err
		})
	})
}

func TestVersionsGoWithTheirPolicy(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			m, other := insert(t, tx, "/", "p"), insert(t, tx, "/", "other")
			if err := errors.Join(AddVersion(tx, m.ID, 3, "three"), AddVersion(tx, m.ID, 2, "two"), DeleteVersion(tx, m.ID, 1)); err != nil {
				return err
			}
			if err := DeleteVersion(tx, m.ID, 1); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("once more: %v, want ErrNotFound", err)
			}
			list, err := Versions(tx, m.ID)
			if err != nil || len(list) != 2 || list[0].Document != "three" || list[1].Number != 2 {
				t.Errorf("versions %v, %v", list, err)
			}
			if err := Delete(tx, m); err != nil {
				return err
			}
			if err := Delete(tx, m); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("once more: %v, want ErrNotFound", err)
			}
			if _, err := GetVersion(tx, m.ID, 2); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("version of a policy that is gone: %v", err)
			}
			_, err = GetVersion(tx, other.ID, 1)
			return err
		})
	})
}

func TestPoliciesAreListedByNamePathAndUse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			for _, name := range []string{"b", "A", "c", "D"} {
				insert(t, tx, "/x/", name)
			}
			insert(t, tx, "/xy/", "e")
			if err := errors.Join(Attach(tx, "AROA1", prefix+"/x/b"), SetBoundary(tx, "AROA1", prefix+"/x/c"), Attach(tx, "AROA1", prefix+"/xy/e")); err != nil {
				return err
			}
			for want, q := range map[string]Query{
				"A b c D e": {Path: "/", Limit: 9},
				"A b c D":   {Path: "/x/", Limit: 9},
				"b c":       {Path: "/x/", After: "a", Limit: 2},
				"D e":       {Path: "/x", After: "C", Limit: 9},
				"b c e":     {Path: "/", Used: true, Limit: 9},
				"b e":       {Path: "/", Used: true, Use: AttachedUse, Limit: 9},
				"c":         {Path: "/", Used: true, Use: BoundaryUse, Limit: 9},
			} {
				list, err := List(tx, q)
				got := ""
				for _, m := range list {
					got += " " + m.Name
				}
				if got != " "+want || err != nil {
					t.Errorf("%+v: got%s, %v, want %s", q, got, err, want)
				}
			}
			return nil
		})
	})
}

func TestAttachmentsAreCountedAndListed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			const a, b = prefix + "/a", prefix + "/ab"
			role := &principal.Principal{Kind: principal.Role, Name: "r", Path: "/x/"}
			user := &principal.Principal{Kind: principal.User, Name: "u", Path: "/y/"}
			group := &principal.Principal{Kind: principal.Group, Name: "g", Path: "/x/"}
			for _, p := range []*principal.Principal{role, user, group} {
				if err := errors.Join(principal.Insert(tx, p), Attach(tx, p.ID, a), Attach(tx, p.ID, a)); err != nil {
					return err
				}
			}
			if err := errors.Join(SetBoundary(tx, role.ID, b), SetBoundary(tx, role.ID, a), SetBoundary(tx, user.ID, b), Attach(tx, user.ID, b)); err != nil {
				return err
			}

			all, err := Usages(tx, prefix, db.AfterPrefix(prefix))
			if diff := cmp.Diff(map[string]Usage{a: {3, 1}, b: {1, 1}}, all); diff != "" || err != nil {
				t.Errorf("usages: %v (-want +got):\n%s", err, diff)
			}
			if one, err := UsageOf(tx, a); one != all[a] || err != nil {
				t.Errorf("usage %v, %v", one, err)
			}
			if none, err := UsageOf(tx, prefix+"/none"); none != (Usage{}) || err != nil {
				t.Errorf("usage of none %v, %v", none, err)
			}

			ids := []string{role.ID, user.ID, group.ID}
			slices.Sort(ids)
			for name, c := range map[string]struct {
				q    HolderQuery
				want []string
			}{
				"all, once":         {HolderQuery{ARN: a}, ids},
				"boundaries":        {HolderQuery{ARN: a, Use: BoundaryUse}, []string{role.ID}},
				"policies":          {HolderQuery{ARN: b, Use: AttachedUse}, []string{user.ID}},
				"a kind":            {HolderQuery{ARN: a, Kind: string(principal.Group)}, []string{group.ID}},
				"a path":            {HolderQuery{ARN: a, Path: "/y/"}, []string{user.ID}},
				"a page":            {HolderQuery{ARN: a, After: ids[0], Limit: 1}, ids[1:2]},
				"of another policy": {HolderQuery{ARN: prefix + "/none"}, nil},
			} {
				if c.q.Limit == 0 {
					c.q.Limit = 9
				}
				list, err := Holders(tx, c.q)
				var got []string
				for _, h := range list {
					got = append(got, h.ID)
				}
				if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
					t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
				}
			}

			if err := errors.Join(Detach(tx, user.ID, b), SetBoundary(tx, role.ID, "")); err != nil {
				return err
			}
			if err := Detach(tx, user.ID, b); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("once more: %v, want ErrNotFound", err)
			}
			boundary, err := BoundaryOf(tx, user.ID)
			attached, err2 := AttachedTo(tx, user.ID)
			none, err3 := BoundaryOf(tx, role.ID)
			if boundary != b || none != "" || len(attached) != 1 || attached[0] != a {
				t.Errorf("after detaching: %s, %q, %v", boundary, none, attached)
			}
			return errors.Join(err, err2, err3)
		})
	})
}

func TestInlinePoliciesAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			for _, p := range []Inline{{"b", "1"}, {"a", "2"}, {"b", "3"}} {
				if err := PutInline(tx, "AROA1", p); err != nil {
					return err
				}
			}
			list, err := InlineOf(tx, "AROA1")
			if diff := cmp.Diff([]Inline{{"a", "2"}, {"b", "3"}}, list); diff != "" || err != nil {
				t.Errorf("inline policies: %v (-want +got):\n%s", err, diff)
			}
			if got, err := GetInline(tx, "AROA1", "b"); got.Document != "3" || err != nil {
				t.Errorf("b is %v, %v", got, err)
			}
			if _, err := GetInline(tx, "AROA2", "b"); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("another's: %v, want ErrNotFound", err)
			}
			if err := DeleteInline(tx, "AROA2", "b"); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("another's: %v, want ErrNotFound", err)
			}
			return DeleteInline(tx, "AROA1", "b")
		})
	})
}

// Authorizers keep what they have read until a transaction says that it has changed something.
func TestEveryChangeIsAnnounced(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var m, gone *Managed
		write(t, d, func(tx *db.Tx) error {
			m, gone = insert(t, tx, "/", "p"), insert(t, tx, "/", "gone")
			return errors.Join(PutInline(tx, "AROA1", Inline{"i", "1"}), Attach(tx, "AROA2", m.ARN))
		})
		cache := db.Cache[int]{DB: d, Table: Table, Age: time.Hour, Max: 1}
		reads := 0
		read := func(*db.Tx) (int, error) { reads++; return reads, nil }
		for name, change := range map[string]func(tx *db.Tx) error{
			"Attach":        func(tx *db.Tx) error { return Attach(tx, "AROA1", m.ARN) },
			"Detach":        func(tx *db.Tx) error { return Detach(tx, "AROA2", m.ARN) },
			"SetBoundary":   func(tx *db.Tx) error { return SetBoundary(tx, "AROA1", m.ARN) },
			"no boundary":   func(tx *db.Tx) error { return SetBoundary(tx, "AROA2", "") },
			"PutInline":     func(tx *db.Tx) error { return PutInline(tx, "AROA3", Inline{"i", "1"}) },
			"DeleteInline":  func(tx *db.Tx) error { return DeleteInline(tx, "AROA1", "i") },
			"AddVersion":    func(tx *db.Tx) error { return AddVersion(tx, m.ID, 2, "two") },
			"DeleteVersion": func(tx *db.Tx) error { return DeleteVersion(tx, m.ID, 1) },
			"Update":        func(tx *db.Tx) error { return Update(tx, m) },
			"Delete":        func(tx *db.Tx) error { return Delete(tx, gone) },
		} {
			before, err := cache.Get(t.Context(), "k", read)
			if err != nil {
				t.Fatal(err)
			}
			write(t, d, change)
			if after, err := cache.Get(t.Context(), "k", read); after == before || err != nil {
				t.Errorf("%s is not announced", name)
			}
		}
	})
}
