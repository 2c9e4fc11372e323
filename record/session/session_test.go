package session_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/session"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

func each(t *testing.T, body func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, body)
}

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// add inserts a session of sub with its first refresh token.
func add(t *testing.T, d *db.DB, name string, sub id.Sub) *session.Session {
	t.Helper()
	at := time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
	s := &session.Session{
		Pool: pool, ID: name, Origin: "origin of " + name, Sub: sub, Client: "c", Kind: session.OAuth, Federated: true, Scopes: []string{"openid", "email"},
		DeviceKey: "us-east-1_device", SSO: "sso", AuthTime: at, Created: at.Add(time.Millisecond), Expires: at.Add(time.Hour),
		Activity: session.Activity{Active: at.Add(time.Minute), IP: "192.0.2.1", DeviceType: "Firefox on Windows"},
	}
	write(t, d, func(tx *db.Tx) error { return session.Insert(tx, s, refreshOf(name)) })
	return s
}

func refreshOf(name string) session.Refresh {
	return session.Refresh{Pool: pool, Session: name, Hash: "hash of " + name}
}

// laterOf is the refresh token that rotation gives the session after its first.
func laterOf(name string) session.Refresh {
	return session.Refresh{Pool: pool, Session: name, Hash: "later hash of " + name}
}

func TestSessionIsReadAsStored(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		want := add(t, d, "a", "alice")
		write(t, d, func(tx *db.Tx) error {
			got, err := session.Get(tx, pool, "a")
			if err != nil {
				return err
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			redeemed, token, err := session.Redeem(tx, refreshOf("a"))
			if err != nil {
				return err
			}
			if diff := cmp.Diff(want, redeemed); diff != "" {
				t.Error(diff)
			}
			if token.Hash != "hash of a" || !token.Replaced.IsZero() {
				t.Errorf("refresh token %+v", token)
			}
			if err := session.Insert(tx, want, refreshOf("a")); !errors.Is(err, db.ErrExists) {
				t.Errorf("inserted twice: %v", err)
			}
			_, _, err = session.Redeem(tx, session.Refresh{Pool: pool, Session: "a", Hash: "x"})
			if !errors.Is(err, db.ErrNotFound) {
				t.Errorf("redeemed another hash: %v", err)
			}
			return nil
		})
	})
}

func TestReplaceWorksOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		add(t, d, "a", "alice")
		write(t, d, func(tx *db.Tx) error {
			session.AddRefresh(tx, laterOf("a"))
			return nil
		})
		for _, token := range []session.Refresh{refreshOf("a"), laterOf("a")} {
			wantReplaced(t, d, token, false)
			var found *session.Refresh
			write(t, d, func(tx *db.Tx) (err error) {
				_, found, err = session.Redeem(tx, token)
				return err
			})
			replace := func(tx *db.Tx) error {
				session.Replace(tx, found)
				return nil
			}
			write(t, d, replace)
			err := d.Write(context.Background(), replace)
			if !errors.Is(err, db.ErrStale) {
				t.Errorf("%s replaced twice: %v", token.Hash, err)
			}
			wantReplaced(t, d, token, true)
		}
	})
}

func wantReplaced(t *testing.T, d *db.DB, token session.Refresh, want bool) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		s, found, err := session.Redeem(tx, token)
		if err != nil {
			return fmt.Errorf("%s: %w", token.Hash, err)
		}
		if got := !found.Replaced.IsZero(); got != want || s.ID != token.Session {
			t.Errorf("%s of session %s: replaced is %v, want %v", token.Hash, s.ID, got, want)
		}
		return nil
	})
}

func TestRevocation(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		for _, name := range []string{"a1", "a2", "a3"} {
			add(t, d, name, "alice")
		}
		add(t, d, "b1", "bob")
		write(t, d, func(tx *db.Tx) error { return session.Revoke(tx, pool, "a1") })
		wantRevoked(t, d, "a1")
		write(t, d, func(tx *db.Tx) error { return session.RevokeUser(tx, pool, "alice") })
		wantRevoked(t, d, "a1", "a2", "a3")
	})
}

func wantRevoked(t *testing.T, d *db.DB, want ...string) {
	t.Helper()
	var got []string
	write(t, d, func(tx *db.Tx) error {
		got = nil
		for _, name := range []string{"a1", "a2", "a3", "b1"} {
			s, err := session.Get(tx, pool, name)
			if err != nil {
				return err
			}
			if !s.Revoked.IsZero() {
				got = append(got, name)
			}
		}
		return nil
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDeleteUserLeavesNothingOfThem(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		add(t, d, "a", "alice")
		add(t, d, "b", "bob")
		write(t, d, func(tx *db.Tx) error {
			session.AddRefresh(tx, laterOf("a"))
			session.AddRefresh(tx, laterOf("b"))
			return nil
		})
		write(t, d, func(tx *db.Tx) error { return session.DeleteUser(tx, pool, "alice") })
		wantLeft(t, d, "b")
	})
}

func TestPruneRemovesExpiredSessionsInBatches(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		for i := range 5 {
			add(t, d, fmt.Sprint(i), "alice")
			write(t, d, func(tx *db.Tx) error {
				session.AddRefresh(tx, laterOf(fmt.Sprint(i)))
				return nil
			})
		}
		end := time.Date(2026, 11, 20, 10, 30, 0, 0, time.UTC)
		for _, step := range []struct {
			before time.Time
			want   int
		}{{end, 0}, {end.Add(time.Millisecond), 3}, {end.Add(time.Millisecond), 2}} {
			var n int
			write(t, d, func(tx *db.Tx) (err error) {
				n, err = session.Prune(tx, step.before, 3)
				return err
			})
			if n != step.want {
				t.Errorf("pruned %d, want %d", n, step.want)
			}
		}
		wantLeft(t, d)
	})
}

// wantLeft compares the sessions that are left, and checks that exactly these still have refresh tokens.
func wantLeft(t *testing.T, d *db.DB, want ...string) {
	t.Helper()
	for _, query := range []string{`SELECT id FROM session ORDER BY id`, `SELECT session_id FROM refresh_token ORDER BY session_id`} {
		var got []string
		err := d.Read(context.Background(), func(tx *db.Tx) (err error) {
			got, err = db.All(tx, func(row db.Scanner) (s string, err error) { return s, row.Scan(&s) }, query)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
}

func TestSessionsOfADeviceExpireAlone(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		add(t, d, "a", "alice")
		other := add(t, d, "other user", "bob")
		bound := *other
		bound.ID, bound.Sub, bound.DeviceKey = "other device", "alice", "us-east-1_other"
		over := *other
		over.ID, over.Sub, over.Expires = "over", "alice", time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
		write(t, d, func(tx *db.Tx) error {
			return errors.Join(session.Insert(tx, &bound, refreshOf(bound.ID)), session.Insert(tx, &over, refreshOf(over.ID)))
		})

		write(t, d, func(tx *db.Tx) error {
			tx.Now = other.Created
			return session.ExpireDevice(tx, pool, "alice", "us-east-1_device")
		})
		for name, want := range map[string]time.Time{
			"a": other.Created, "other user": other.Expires, "other device": other.Expires, "over": over.Expires,
		} {
			write(t, d, func(tx *db.Tx) error {
				s, err := session.Get(tx, pool, name)
				if err == nil && (!s.Expires.Equal(want) || !s.Revoked.IsZero()) {
					t.Errorf("%s expires %v, revoked %v; want %v and never", name, s.Expires, s.Revoked, want)
				}
				return err
			})
		}
	})
}

func TestASweepEndsAllInSteps(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		for i := range 10 {
			add(t, d, fmt.Sprintf("s%d", i), "alice")
		}
		first := add(t, d, "s3x", "alice")
		for _, test := range []struct {
			before time.Time
			want   int64
		}{{first.Created, 0}, {first.Created.Add(time.Millisecond), 11}, {first.AuthTime.Add(time.Second), 0}} {
			w := session.Sweep{Pool: pool, Before: test.before, Limit: 3}
			var sum, steps int64
			for more := true; more; steps++ {
				write(t, d, func(tx *db.Tx) error {
					tx.Now = first.Created.Add(time.Minute)
					n, left, err := w.End(tx)
					sum, more = sum+n, left
					return err
				})
			}
			if sum != test.want || steps != 4 {
				t.Errorf("before %v: ended %d in %d steps, want %d in 4", test.before, sum, steps, test.want)
			}
		}
	})
}
