package passkey_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/record/passkey"
	"cardea/spec/id"
)

func waiting(sub id.Sub, challenge byte, now time.Time) *passkey.Ceremony {
	return &passkey.Ceremony{Pool: pool, Sub: sub, Client: "c", Challenge: []byte{challenge}, Expires: now.Add(time.Minute)}
}

func waits(t *testing.T, d *db.DB, sub id.Sub) (c *passkey.Ceremony, err error) {
	t.Helper()
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		c, err = passkey.Waiting(tx, pool, sub)
		return err
	})
	return c, err
}

func TestNewestRegistrationReplacesTheFormer(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		var newer *passkey.Ceremony
		write(t, d, func(tx *db.Tx) error {
			newer = waiting("alice", 2, tx.Now)
			newer.Client = "other"
			return errors.Join(passkey.Begin(tx, waiting("alice", 1, tx.Now)), passkey.Begin(tx, newer))
		})
		got, err := waits(t, d, "alice")
		if diff := cmp.Diff(newer, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		write(t, d, func(tx *db.Tx) error {
			if err := passkey.Finish(tx, waiting("alice", 1, tx.Now)); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("the former was finished: %v", err)
			}
			return passkey.Finish(tx, newer)
		})
	})
}

func TestRegistrationIsFinishedOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error { return passkey.Begin(tx, waiting("alice", 1, tx.Now)) })
		winners := race(t, d, db.ErrNotFound, func(tx *db.Tx) error { return passkey.Finish(tx, waiting("alice", 1, tx.Now)) })
		if winners != 1 {
			t.Errorf("%d of 100 finished the registration, want 1", winners)
		}
	})
}

func TestExpiredRegistrationsAreNoneAndArePruned(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			late := waiting("alice", 1, tx.Now)
			late.Expires = tx.Now
			if err := errors.Join(passkey.Begin(tx, late), passkey.Begin(tx, waiting("bob", 2, tx.Now))); err != nil {
				return err
			}
			if err := passkey.Finish(tx, late); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("an expired registration was finished: %v", err)
			}
			return nil
		})
		if _, err := waits(t, d, "alice"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("an expired registration waits: %v", err)
		}
		write(t, d, func(tx *db.Tx) error {
			if _, err := passkey.Prune(tx, tx.Now.Add(time.Second), 10); err != nil {
				return err
			}
			n, err := db.One(tx, func(row db.Scanner) (n int, err error) {
				err = row.Scan(&n)
				return n, err
			}, "SELECT count(*) FROM passkey_ceremony")
			if n != 1 {
				t.Errorf("%d registrations are left, want bob's", n)
			}
			return err
		})
	})
}
