package code_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/code"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

var expires = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func sample(sub id.Sub, purpose string) *code.Code {
	return &code.Code{Pool: pool, Sub: sub, Purpose: purpose, Attribute: "email", Hash: []byte("hash of " + purpose), Expires: expires}
}

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, d *db.DB, sub id.Sub, purpose string) (c *code.Code, err error) {
	t.Helper()
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		c, err = code.Get(tx, pool, sub, purpose)
		return err
	})
	return c, err
}

func TestNewestCodeReplacesTheFormer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		newer := sample("a", "reset")
		newer.Hash, newer.Attribute = []byte("newer"), "phone_number"
		write(t, d, func(tx *db.Tx) error {
			first := sample("a", "reset")
			return errors.Join(code.Put(tx, first), code.Miss(tx, first), code.Put(tx, sample("a", "signup")), code.Put(tx, newer))
		})
		got, err := get(t, d, "a", "reset")
		if diff := cmp.Diff(newer, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if got, err := get(t, d, "a", "signup"); err != nil || got.Attribute != "email" {
			t.Errorf("the code for another purpose is gone: %v, %v", got, err)
		}
	})
}

func TestCodeIsUsedOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error { return code.Put(tx, sample("a", "reset")) })
		var wins atomic.Int64
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				err := d.Write(context.WithoutCancel(t.Context()), func(tx *db.Tx) error {
					return code.Spend(tx, sample("a", "reset"))
				})
				if err == nil {
					wins.Add(1)
				} else if !errors.Is(err, db.ErrNotFound) {
					t.Errorf("got %v, want db.ErrNotFound", err)
				}
			})
		}
		all.Wait()
		if wins.Load() != 1 {
			t.Errorf("%d of 100 spent the code, want 1", wins.Load())
		}
	})
}

func TestDeleteUserForgetsOnlyTheirCodes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			return errors.Join(code.Put(tx, sample("a", "reset")), code.Put(tx, sample("a", "signup")),
				code.Put(tx, sample("b", "reset")), code.DeleteUser(tx, pool, "a"))
		})
		for purpose := range map[string]bool{"reset": true, "signup": true} {
			if _, err := get(t, d, "a", purpose); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("%s of the deleted user: %v", purpose, err)
			}
		}
		if _, err := get(t, d, "b", "reset"); err != nil {
			t.Errorf("another user's code: %v", err)
		}
	})
}

func TestPruneRemovesExpiredCodes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			fresh := sample("fresh", "reset")
			fresh.Expires = expires.Add(time.Second)
			return errors.Join(code.Put(tx, sample("a", "reset")), code.Put(tx, sample("b", "reset")), code.Put(tx, sample("c", "reset")),
				code.Put(tx, fresh))
		})
		for _, want := range []int{2, 1, 0} {
			write(t, d, func(tx *db.Tx) error {
				n, err := code.Prune(tx, expires.Add(time.Millisecond), 2)
				if n != want {
					t.Errorf("removed %d codes, want %d", n, want)
				}
				return err
			})
		}
		if _, err := get(t, d, "fresh", "reset"); err != nil {
			t.Errorf("a code that has not expired: %v", err)
		}
	})
}
