package authcode_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/authcode"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

var at = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

func code(text string, sub id.Sub) *authcode.Code {
	return &authcode.Code{
		Pool: pool, Hash: id.Digest(text), Client: "app", Sub: sub, Created: at, Expires: at.Add(5 * time.Minute),
		Doc: authcode.Doc{
			RedirectURI: "https://app.example.com/cb", Challenge: "x", Scopes: []string{"openid"}, Proofs: []string{"PASSWORD"},
			AuthTime: at.Add(-time.Minute), PasswordSet: at.Add(-time.Hour), Nonce: "n", Resource: "https://api", SSO: "s", Implied: true,
		},
	}
}

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestCodesAreKeptByTheirHash(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := code("text", "alice")
		write(t, d, func(tx *db.Tx) error {
			if err := authcode.Insert(tx, c); err != nil {
				return err
			}
			if err := authcode.Insert(tx, c); !errors.Is(err, db.ErrExists) {
				t.Errorf("inserted twice: %v", err)
			}
			got, err := authcode.Get(tx, pool, id.Digest("text"))
			if diff := cmp.Diff(c, got); diff != "" {
				t.Error(diff)
			}
			if _, err := authcode.Get(tx, "us-east-1_other0000", c.Hash); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("in another pool: %v", err)
			}
			return err
		})
	})
}

func TestOneOfAHundredUsesACode(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := code("text", "alice")
		write(t, d, func(tx *db.Tx) error { return authcode.Insert(tx, c) })
		var won atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				switch err := d.Write(t.Context(), func(tx *db.Tx) error { return authcode.Use(tx, c, "session") }); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, db.ErrStale):
					t.Error(err)
				}
			})
		}
		all.Wait()
		write(t, d, func(tx *db.Tx) error {
			got, err := authcode.Get(tx, pool, c.Hash)
			if err == nil && (won.Load() != 1 || got.Session != "session" || got.Used.IsZero()) {
				t.Errorf("%d of 100 won; the code is %+v", won.Load(), got)
			}
			return err
		})
	})
}

func TestCodesGoWithTheirUserAndTheirTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for text, sub := range map[string]id.Sub{"a": "alice", "b": "alice", "c": "bob", "d": "bob", "e": "bob"} {
			write(t, d, func(tx *db.Tx) error { return authcode.Insert(tx, code(text, sub)) })
		}
		write(t, d, func(tx *db.Tx) error { return authcode.DeleteUser(tx, pool, "alice") })
		for _, step := range []struct {
			before time.Time
			want   int
		}{{at.Add(5 * time.Minute), 0}, {at.Add(6 * time.Minute), 2}, {at.Add(6 * time.Minute), 1}} {
			write(t, d, func(tx *db.Tx) error {
				n, err := authcode.Prune(tx, step.before, 2)
				if n != step.want {
					t.Errorf("pruned %d, want %d", n, step.want)
				}
				return err
			})
		}
	})
}
