package softwaretoken_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/softwaretoken"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, d *db.DB, sub id.Sub) (token *softwaretoken.Token, err error) {
	t.Helper()
	err = d.Read(t.Context(), func(tx *db.Tx) (err error) {
		token, err = softwaretoken.Get(tx, pool, sub)
		return err
	})
	return token, err
}

// register gives a user a token in force whose step 10 is used.
func register(t *testing.T, d *db.DB, sub id.Sub, secret string) *softwaretoken.Token {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		if err := softwaretoken.SetPending(tx, pool, sub, []byte(secret)); err != nil {
			return err
		}
		token, err := softwaretoken.Get(tx, pool, sub)
		if err != nil {
			return err
		}
		return softwaretoken.Confirm(tx, token, 10)
	})
	token, err := get(t, d, sub)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestOldTokenStaysInForceUntilANewOneIsConfirmed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		old := register(t, d, "alice", "old")
		if string(old.Secret) != "old" || old.Pending != nil || old.Verified.IsZero() || !old.Asked.IsZero() || old.LastStep != 10 {
			t.Errorf("registered: %+v", old)
		}
		write(t, d, func(tx *db.Tx) error { return softwaretoken.SetPending(tx, pool, "alice", []byte("first")) })
		first, _ := get(t, d, "alice")
		write(t, d, func(tx *db.Tx) error { return softwaretoken.SetPending(tx, pool, "alice", []byte("second")) })
		second, err := get(t, d, "alice")
		if err != nil || string(second.Secret) != "old" || string(second.Pending) != "second" || second.Asked.IsZero() {
			t.Errorf("while another waits: %+v, %v", second, err)
		}

		write(t, d, func(tx *db.Tx) error {
			if err := softwaretoken.Confirm(tx, first, 7); !errors.Is(err, db.ErrStale) {
				t.Errorf("a secret that another replaced was confirmed: %v", err)
			}
			return softwaretoken.Confirm(tx, second, 7)
		})
		want := &softwaretoken.Token{Pool: pool, Sub: "alice", Secret: []byte("second"), LastStep: 7}
		got, err := get(t, d, "alice")
		if err != nil {
			t.Fatal(err)
		}
		want.Verified = got.Verified
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("confirmed (-want +got):\n%s", diff)
		}
	})
}

func TestStepsOnlyGoForward(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		token := register(t, d, "alice", "secret")
		other := *token
		other.Secret = []byte("former secret")
		for _, c := range []struct {
			token *softwaretoken.Token
			step  int64
			want  error
		}{
			{token, 10, db.ErrStale}, {token, 9, db.ErrStale}, {token, 11, nil}, {token, 11, db.ErrStale}, {token, 13, nil},
			{token, 12, db.ErrStale}, {&other, 20, db.ErrStale}, {token, 14, nil},
		} {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				softwaretoken.Use(tx, c.token, c.step, db.ErrStale)
				return nil
			})
			if !errors.Is(err, c.want) {
				t.Errorf("step %d: %v, want %v", c.step, err, c.want)
			}
		}
	})
}

func TestOneOfAHundredWins(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		register(t, d, "alice", "old")
		write(t, d, func(tx *db.Tx) error { return softwaretoken.SetPending(tx, pool, "alice", []byte("new")) })
		waiting, err := get(t, d, "alice")
		if err != nil {
			t.Fatal(err)
		}
		race := func(what string, do func(tx *db.Tx) error) {
			var wins atomic.Int64
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() {
					err := d.Write(context.WithoutCancel(t.Context()), do)
					if err == nil {
						wins.Add(1)
					} else if !errors.Is(err, db.ErrStale) {
						t.Errorf("%s: %v, want db.ErrStale", what, err)
					}
				})
			}
			all.Wait()
			if wins.Load() != 1 {
				t.Errorf("%s: %d of 100 won, want 1", what, wins.Load())
			}
		}
		race("confirm", func(tx *db.Tx) error { return softwaretoken.Confirm(tx, waiting, 10) })
		token, err := get(t, d, "alice")
		if err != nil {
			t.Fatal(err)
		}
		race("use", func(tx *db.Tx) error {
			softwaretoken.Use(tx, token, 11, db.ErrStale)
			return nil
		})
	})
}

func TestDeleteTakesOneUsersToken(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, sub := range []id.Sub{"alice", "bob", "carol"} {
			register(t, d, sub, "secret")
		}
		write(t, d, func(tx *db.Tx) error {
			return errors.Join(softwaretoken.Delete(tx, pool, "alice"), softwaretoken.DeleteUser(tx, pool, "bob"), softwaretoken.DeleteUser(tx, pool, "unknown"))
		})
		err := d.Write(t.Context(), func(tx *db.Tx) error { return softwaretoken.Delete(tx, pool, "alice") })
		if !errors.Is(err, db.ErrNotFound) {
			t.Errorf("the second deletion: %v", err)
		}
		for sub, want := range map[id.Sub]error{"alice": db.ErrNotFound, "bob": db.ErrNotFound, "carol": nil} {
			if _, err := get(t, d, sub); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", sub, err, want)
			}
		}
	})
}
