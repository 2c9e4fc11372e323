package session_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/record/session"
	"cardea/spec/id"
)

// noon is the present of these tests.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// used inserts a session of sub that lives and was used some minutes before noon.
func used(t *testing.T, d *db.DB, name string, sub id.Sub, minutes int) *session.Session {
	t.Helper()
	s := &session.Session{
		Pool: pool, ID: name, Origin: "origin of " + name, Sub: sub, Client: "c",
		AuthTime: noon.Add(-24 * time.Hour), Created: noon.Add(-24 * time.Hour), Expires: noon.Add(time.Hour),
		Activity: session.Activity{Active: noon.Add(-time.Duration(minutes) * time.Minute), IP: "192.0.2.1"},
	}
	write(t, d, func(tx *db.Tx) error { return session.Insert(tx, s, refreshOf(name)) })
	return s
}

// atNoon writes at noon.
func atNoon(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		tx.Now = noon
		return fn(tx)
	})
}

// list names the sessions that a query gives at noon.
func list(t *testing.T, d *db.DB, q session.Query) (names []string) {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	q.Pool = pool
	atNoon(t, d, func(tx *db.Tx) error {
		found, err := session.List(tx, q)
		names = nil
		for _, s := range found {
			names = append(names, s.ID)
		}
		return err
	})
	return names
}

func want(t *testing.T, what string, got, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestListGivesLiveSessionsTheMostRecentlyUsedFirst(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		for name, minutes := range map[string]int{"b": 5, "a": 5, "old": 90, "new": 1, "revoked": 2} {
			used(t, d, name, "alice", minutes)
		}
		used(t, d, "another's", "bob", 3)
		add(t, d, "expired", "alice")
		write(t, d, func(tx *db.Tx) error { return session.Revoke(tx, pool, "revoked") })

		want(t, "all", list(t, d, session.Query{Sub: "alice"}), []string{"new", "b", "a", "old"})
		want(t, "since then", list(t, d, session.Query{Sub: "alice", Since: noon.Add(-24 * time.Hour)}), nil)
		want(t, "of a user without sessions", list(t, d, session.Query{Sub: "carol"}), nil)

		var pages []string
		var last *session.Session
		for range 5 {
			atNoon(t, d, func(tx *db.Tx) error {
				page, err := session.List(tx, session.Query{Pool: pool, Sub: "alice", After: last, Limit: 1})
				for _, s := range page {
					last = &session.Session{ID: s.ID, Activity: session.Activity{Active: s.Active}}
					pages = append(pages, s.ID)
				}
				return err
			})
		}
		want(t, "page by page", pages, []string{"new", "b", "a", "old"})
	})
}

func TestEvictionLeavesTheMostRecentlyUsed(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		for name, minutes := range map[string]int{"one": 1, "two": 2, "three": 3, "four": 4} {
			used(t, d, name, "alice", minutes)
		}
		used(t, d, "another's", "bob", 9)
		for _, step := range []struct {
			keep int64
			want []string
		}{
			{5, []string{"one", "two", "three", "four"}}, {4, []string{"one", "two", "three", "four"}}, {3, []string{"one", "two", "three"}},
			{1, []string{"one"}}, {0, nil},
		} {
			atNoon(t, d, func(tx *db.Tx) error {
				session.Evict(tx, pool, "alice", step.keep)
				return nil
			})
			want(t, fmt.Sprint("keeping ", step.keep), list(t, d, session.Query{Sub: "alice"}), step.want)
		}
		want(t, "another's", list(t, d, session.Query{Sub: "bob"}), []string{"another's"})
	})
}

func TestUseIsNotedOncePerMinuteAndPlace(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		s := used(t, d, "a", "alice", 10)
		then := func(after time.Duration, ip, device string) session.Activity {
			return session.Activity{Active: s.Active.Add(after), IP: ip, DeviceType: device}
		}
		for _, step := range []struct {
			name  string
			use   session.Activity
			noted bool
		}{
			{"too soon", then(59*time.Second, "192.0.2.1", "Chrome on Linux"), false},
			{"elsewhere", then(59*time.Second, "192.0.2.2", "Chrome on Linux"), true},
			{"a minute later", then(119*time.Second, "192.0.2.2", ""), true},
			{"soon again", then(120*time.Second, "192.0.2.2", "curl"), false},
		} {
			before := get(t, d, "a")
			if got := before.Outdated(step.use); got != step.noted {
				t.Errorf("%s: outdated is %v, want %v", step.name, got, step.noted)
			}
			write(t, d, func(tx *db.Tx) error { return session.Note(tx, s, step.use) })
			wanted := before.Activity
			if step.noted {
				wanted = step.use
			}
			if diff := cmp.Diff(wanted, get(t, d, "a").Activity); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step.name, diff)
			}
		}

		write(t, d, func(tx *db.Tx) error { return session.Revoke(tx, pool, "a") })
		before := get(t, d, "a")
		write(t, d, func(tx *db.Tx) error { return session.Note(tx, s, then(time.Hour, "192.0.2.3", "")) })
		if diff := cmp.Diff(before, get(t, d, "a")); diff != "" {
			t.Errorf("a session that is over was used:\n%s", diff)
		}
	})
}

func get(t *testing.T, d *db.DB, name string) (s *session.Session) {
	t.Helper()
	write(t, d, func(tx *db.Tx) (err error) {
		s, err = session.Get(tx, pool, name)
		return err
	})
	return s
}

func TestLinkedSessionsEndTogether(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		for _, s := range []session.Session{
			{ID: "first", Sub: "alice", SSO: "one"}, {ID: "second", Sub: "alice", SSO: "one"}, {ID: "other", Sub: "alice", SSO: "two"},
			{ID: "none", Sub: "alice"}, {ID: "another's", Sub: "bob", SSO: "one"},
		} {
			s.Pool, s.Created, s.Expires, s.Active = pool, noon, noon.Add(time.Hour), noon
			write(t, d, func(tx *db.Tx) error { return session.Insert(tx, &s, refreshOf(s.ID)) })
		}
		write(t, d, func(tx *db.Tx) error { return session.RevokeLinked(tx, pool, "alice", "") })
		want(t, "linked to nothing", list(t, d, session.Query{Sub: "alice"}), []string{"second", "other", "none", "first"})
		write(t, d, func(tx *db.Tx) error { return session.RevokeLinked(tx, pool, "alice", "one") })
		want(t, "linked", list(t, d, session.Query{Sub: "alice"}), []string{"other", "none"})
		want(t, "another's", list(t, d, session.Query{Sub: "bob"}), []string{"another's"})
	})
}

func TestNoMoreThanTheLimitAreLeftByManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		const limit = 3
		errs := make([]error, 100)
		var wait sync.WaitGroup
		for i := range errs {
			wait.Go(func() {
				errs[i] = d.Write(context.Background(), func(tx *db.Tx) error {
					tx.Now = noon
					session.Evict(tx, pool, "alice", limit-1)
					name := fmt.Sprintf("%03d", i)
					return session.Insert(tx, &session.Session{
						Pool: pool, ID: name, Sub: "alice", Created: noon, Expires: noon.Add(time.Hour), Activity: session.Activity{Active: noon},
					}, refreshOf(name))
				})
			})
		}
		wait.Wait()
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := list(t, d, session.Query{Sub: "alice"}); len(got) != limit {
			t.Errorf("left: %v, want %d", got, limit)
		}
	})
}
