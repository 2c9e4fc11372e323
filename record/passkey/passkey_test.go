package passkey_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/passkey"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func sample(sub id.Sub, name string) *passkey.Credential {
	return &passkey.Credential{
		Pool: pool, Sub: sub, ID: name, RelyingParty: "example.com", UserHandle: []byte(sub), PublicKey: []byte("key of " + name),
		SignCount: 1<<32 - 2, Verified: true, BackupEligible: true, BackedUp: true, AAGUID: make([]byte, 16), Attestation: "packed",
		Attachment: "platform", Transports: []string{"hybrid", "internal"}, Name: "Passkey", Client: "c", Created: noon, Used: noon.Add(time.Hour),
	}
}

func each(t *testing.T, body func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Parallel()
	dbtest.EachWith(t, db.Options{Now: func() time.Time { return noon.Add(24 * time.Hour) }}, body)
}

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, d *db.DB, sub id.Sub) (all []passkey.Credential) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		all, err = passkey.List(tx, pool, sub)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestCredentialIsReadAsStored(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		old, bare := sample("alice", "old"), &passkey.Credential{
			Pool: pool, Sub: "alice", ID: "bare", UserHandle: []byte{1}, PublicKey: []byte{2}, AAGUID: []byte{3}, Created: noon.Add(time.Second),
		}
		write(t, d, func(tx *db.Tx) error {
			return errors.Join(passkey.Insert(tx, bare), passkey.Insert(tx, old), passkey.Insert(tx, sample("bob", "bob's")))
		})
		bare.Transports = []string{}
		if diff := cmp.Diff([]passkey.Credential{*old, *bare}, list(t, d, "alice")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		write(t, d, func(tx *db.Tx) error {
			n, err := passkey.Count(tx, pool, "alice")
			if n != 2 {
				t.Errorf("%d passkeys counted, want 2", n)
			}
			got, e := passkey.Get(tx, pool, "old")
			if diff := cmp.Diff(*old, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if _, err := passkey.Get(tx, "us-east-1_other", "old"); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("in another pool: %v", err)
			}
			return errors.Join(err, e)
		})
	})
}

func TestIDIsUniqueInThePool(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		elsewhere := sample("alice", "a")
		elsewhere.Pool = "us-east-1_other"
		write(t, d, func(tx *db.Tx) error {
			return errors.Join(passkey.Insert(tx, sample("alice", "a")), passkey.Insert(tx, elsewhere))
		})
		for _, sub := range []id.Sub{"alice", "bob"} {
			err := d.Write(t.Context(), func(tx *db.Tx) error { return passkey.Insert(tx, sample(sub, "a")) })
			if !errors.Is(err, db.ErrExists) {
				t.Errorf("again for %s: %v, want db.ErrExists", sub, err)
			}
		}
	})
}

func TestCounterOnlyGrows(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := sample("alice", "a")
		c.SignCount = 0
		write(t, d, func(tx *db.Tx) error { return passkey.Insert(tx, c) })
		for i, step := range []struct {
			counter uint32
			want    error
		}{
			{0, nil}, {0, nil}, {5, nil}, {5, db.ErrStale}, {4, db.ErrStale}, {0, db.ErrStale}, {6, nil}, {1<<32 - 1, nil},
		} {
			err := d.Write(t.Context(), func(tx *db.Tx) error { return passkey.Use(tx, c, step.counter, i%2 == 0) })
			if !errors.Is(err, step.want) || (err == nil) != (step.want == nil) {
				t.Errorf("step %d, counter %d: %v, want %v", i, step.counter, err, step.want)
			}
		}
		got := list(t, d, "alice")[0]
		if got.SignCount != 1<<32-1 || got.BackedUp || !got.Used.Equal(noon.Add(24*time.Hour)) {
			t.Errorf("after its uses: %+v", got)
		}
		for _, other := range []*passkey.Credential{sample("bob", "a"), sample("alice", "gone")} {
			err := d.Write(t.Context(), func(tx *db.Tx) error { return passkey.Use(tx, other, 1<<32-1, false) })
			if !errors.Is(err, db.ErrNotFound) {
				t.Errorf("%s of %s: %v, want db.ErrNotFound", other.ID, other.Sub, err)
			}
		}
	})
}

func TestOneOfManyUsesOfOneCounterWins(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := sample("alice", "a")
		c.SignCount = 7
		write(t, d, func(tx *db.Tx) error { return passkey.Insert(tx, c) })
		winners := race(t, d, db.ErrStale, func(tx *db.Tx) error { return passkey.Use(tx, c, 8, true) })
		if winners != 1 {
			t.Errorf("%d of 100 used the counter, want 1", winners)
		}
	})
}

// race runs fn in a hundred transactions at once and answers how many committed; the others must fail with loss.
func race(t *testing.T, d *db.DB, loss error, fn func(tx *db.Tx) error) int64 {
	t.Helper()
	var wins atomic.Int64
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			err := d.Write(context.WithoutCancel(t.Context()), fn)
			if err == nil {
				wins.Add(1)
			} else if !errors.Is(err, loss) {
				t.Errorf("got %v, want %v", err, loss)
			}
		})
	}
	all.Wait()
	return wins.Load()
}

func TestCountHoldsWhenManyAreAddedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		full := errors.New("full")
		var next atomic.Int64
		winners := race(t, d, full, func(tx *db.Tx) error {
			n, err := passkey.Count(tx, pool, "alice")
			if err != nil {
				return err
			}
			if n >= 20 {
				return full
			}
			return passkey.Insert(tx, sample("alice", fmt.Sprint(next.Add(1))))
		})
		if got := len(list(t, d, "alice")); winners != 20 || got != 20 {
			t.Errorf("%d won, %d are there, want 20", winners, got)
		}
	})
}

func TestOnlyTheOwnerDeletes(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error { return passkey.Insert(tx, sample("alice", "a")) })
		remove := func(sub id.Sub) error {
			return d.Write(t.Context(), func(tx *db.Tx) error { return passkey.Delete(tx, pool, sub, "a") })
		}
		if err := remove("bob"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("bob deletes alice's: %v", err)
		}
		if err := remove("alice"); err != nil || len(list(t, d, "alice")) != 0 {
			t.Errorf("alice deletes her own: %v", err)
		}
		if err := remove("alice"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("alice deletes her own again: %v", err)
		}
	})
}

func TestDeleteUserForgetsOnlyTheirs(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			return errors.Join(
				passkey.Insert(tx, sample("alice", "a")), passkey.Insert(tx, sample("alice", "b")), passkey.Insert(tx, sample("bob", "c")),
				passkey.Begin(tx, waiting("alice", 1, tx.Now)), passkey.Begin(tx, waiting("bob", 2, tx.Now)),
				passkey.DeleteUser(tx, pool, "alice"),
			)
		})
		if len(list(t, d, "alice")) != 0 || len(list(t, d, "bob")) != 1 {
			t.Errorf("alice has %v, bob %v", list(t, d, "alice"), list(t, d, "bob"))
		}
		for sub, want := range map[id.Sub]error{"alice": db.ErrNotFound, "bob": nil} {
			if _, err := waits(t, d, sub); !errors.Is(err, want) {
				t.Errorf("registration of %s: %v, want %v", sub, err, want)
			}
		}
	})
}
