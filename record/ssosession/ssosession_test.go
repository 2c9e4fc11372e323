package ssosession_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/ssosession"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

var at = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

func of(name string, sub id.Sub) *ssosession.Session {
	return &ssosession.Session{
		Pool: pool, ID: name, Domain: "shop", Sub: sub, Hash: id.Digest("secret of " + name), Proofs: []string{"PASSWORD", "SMS_MFA"},
		PasswordSet: at.Add(-time.Hour), AuthTime: at, Expires: at.Add(time.Hour),
		Upstream: ssosession.Upstream{Provider: "Corp", NameID: "id of " + name, Format: "persistent", Index: "7"},
	}
}

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestSessionsAreKeptUntilTheyEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			for name, sub := range map[string]id.Sub{"a": "alice", "b": "alice", "c": "bob", "d": "bob"} {
				if err := ssosession.Insert(tx, of(name, sub)); err != nil {
					return err
				}
			}
			if err := ssosession.Insert(tx, of("a", "bob")); !errors.Is(err, db.ErrExists) {
				t.Errorf("inserted twice: %v", err)
			}
			got, err := ssosession.Get(tx, pool, "a")
			if diff := cmp.Diff(of("a", "alice"), got); diff != "" || err != nil {
				t.Error(diff, err)
			}
			if _, err := ssosession.Get(tx, "us-east-1_other0000", "a"); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("in another pool: %v", err)
			}
			if err := ssosession.Delete(tx, "us-east-1_other0000", "c"); err != nil {
				return err
			}
			if err := ssosession.DeleteUser(tx, "us-east-1_other0000", "bob"); err != nil {
				return err
			}
			if err := ssosession.DeleteUser(tx, pool, "alice"); err != nil {
				return err
			}
			return ssosession.Delete(tx, pool, "d")
		})
		write(t, d, func(tx *db.Tx) error {
			for name, want := range map[string]error{"a": db.ErrNotFound, "b": db.ErrNotFound, "c": nil, "d": db.ErrNotFound} {
				if _, err := ssosession.Get(tx, pool, name); !errors.Is(err, want) {
					t.Errorf("%s: %v, want %v", name, err, want)
				}
			}
			return nil
		})
	})
}

func TestSessionsArePrunedByTheirTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, name := range []string{"a", "b", "c"} {
			write(t, d, func(tx *db.Tx) error { return ssosession.Insert(tx, of(name, "alice")) })
		}
		for _, step := range []struct {
			before time.Time
			want   int
		}{{at.Add(time.Hour), 0}, {at.Add(time.Hour + 1e6), 2}, {at.Add(2 * time.Hour), 1}} {
			write(t, d, func(tx *db.Tx) error {
				n, err := ssosession.Prune(tx, step.before, 2)
				if n != step.want {
					t.Errorf("pruned %d, want %d", n, step.want)
				}
				return err
			})
		}
	})
}

func TestSessionsOfThePoolItselfHaveNoProvider(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := of("a", "alice")
		s.Upstream = ssosession.Upstream{}
		write(t, d, func(tx *db.Tx) error {
			if err := ssosession.Insert(tx, s); err != nil {
				return err
			}
			got, err := ssosession.Get(tx, pool, "a")
			if diff := cmp.Diff(s, got); diff != "" || err != nil {
				t.Error(diff, err)
			}
			return nil
		})
	})
}
