package customauth_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/customauth"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func signIn(name, holder, source string, expires time.Time) *customauth.SignIn {
	return &customauth.SignIn{Pool: pool, ID: name, Holder: holder, Source: source, Round: 1, Sealed: []byte{0, 1}, Expires: expires}
}

func get(t *testing.T, d *db.DB, name string) (s *customauth.SignIn, err error) {
	t.Helper()
	err = d.Read(t.Context(), func(tx *db.Tx) (err error) {
		s, err = customauth.Get(tx, pool, name)
		return err
	})
	return s, err
}

func TestEachRoundIsLeftOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		end := time.UnixMilli(4102444800000)
		stored := signIn("one", "user/a", "here", end)
		write(t, d, func(tx *db.Tx) error { return customauth.Insert(tx, stored, 10) })
		got, err := get(t, d, "one")
		if diff := cmp.Diff(stored, got); err != nil || diff != "" {
			t.Fatalf("stored (-), got (+), %v:\n%s", err, diff)
		}

		next := *stored
		next.Round, next.Sealed, next.Expires = 2, []byte{2}, end.Add(time.Second)
		for _, want := range []error{nil, db.ErrStale} {
			err := d.Write(t.Context(), func(tx *db.Tx) error { return customauth.Update(tx, &next, 1) })
			if !errors.Is(err, want) {
				t.Errorf("leaving round 1: got %v, want %v", err, want)
			}
		}
		if got, err := get(t, d, "one"); err != nil || !cmp.Equal(got, &next) {
			t.Errorf("got %+v, %v, want %+v", got, err, &next)
		}
		for _, round := range []int64{1, 2, 2} {
			want := db.ErrStale
			if _, err := get(t, d, "one"); err == nil && round == 2 {
				want = nil
			}
			err := d.Write(t.Context(), func(tx *db.Tx) error { return customauth.Delete(tx, pool, "one", round) })
			if !errors.Is(err, want) {
				t.Errorf("ending in round %d: got %v, want %v", round, err, want)
			}
		}
	})
}

func TestNewSignInsTakeThePlaceOfTheOldest(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		end := time.Now().Add(time.Minute)
		write(t, d, func(tx *db.Tx) error {
			others := []*customauth.SignIn{signIn("0", "user/a", "there", end), signIn("00", "user/b", "here", end)}
			for i := range 5 {
				others = append(others, signIn(fmt.Sprint("a", i), "user/a", "here", end))
			}
			for _, s := range others {
				if err := customauth.Insert(tx, s, 3); err != nil {
					return err
				}
			}
			return nil
		})
		var left []string
		for _, name := range []string{"0", "00", "a0", "a1", "a2", "a3", "a4"} {
			if _, err := get(t, d, name); err == nil {
				left = append(left, name)
			}
		}
		if want := []string{"0", "00", "a2", "a3", "a4"}; !slices.Equal(left, want) {
			t.Errorf("left are %v, want %v", left, want)
		}
	})
}

func TestSignInsOfASourceAreCountedWhileTheyLive(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Now()
		write(t, d, func(tx *db.Tx) error {
			return errors.Join(
				customauth.Insert(tx, signIn("a", "user/a", "here", now.Add(time.Minute)), 10),
				customauth.Insert(tx, signIn("b", "user/b", "here", now.Add(time.Minute)), 10),
				customauth.Insert(tx, signIn("c", "user/b", "here", now.Add(-time.Minute)), 10),
				customauth.Insert(tx, signIn("d", "user/b", "there", now.Add(time.Minute)), 10))
		})
		count := func() (n int64) {
			write(t, d, func(tx *db.Tx) (err error) {
				n, err = customauth.Count(tx, pool, "here")
				return err
			})
			return n
		}
		if n := count(); n != 2 {
			t.Errorf("counted %d, want 2", n)
		}
		write(t, d, func(tx *db.Tx) error { return customauth.DeleteUser(tx, pool, "b") })
		if n := count(); n != 1 {
			t.Errorf("counted %d once a user was deleted, want 1", n)
		}
	})
}
