package accesskey_test

import (
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/accesskey"
)

func TestNewKeysLookLikeAWS(t *testing.T) {
	t.Parallel()
	if got := accesskey.NewID(); !regexp.MustCompile(`^AKIA[A-Z2-7]{16}$`).MatchString(got) {
		t.Errorf("got id %q", got)
	}
	if got := accesskey.NewSecret(); !regexp.MustCompile(`^[A-Za-z0-9+/]{40}$`).MatchString(got) {
		t.Errorf("got a secret of %d characters", len(got))
	}
}

func TestKeyIsCreatedDisabledAndDeleted(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_800_000_000_123).UTC()
	opts := db.Options{Now: func() time.Time { return at }}
	dbtest.EachWith(t, opts, func(t *testing.T, d *db.DB) {
		write := func(fn func(tx *db.Tx) error) error { return d.Write(t.Context(), fn) }
		get := func(keyID string) (k *accesskey.Key, err error) {
			err = d.Read(t.Context(), func(tx *db.Tx) (err error) { k, err = accesskey.Get(tx, keyID); return err })
			return k, err
		}

		key := &accesskey.Key{ID: accesskey.NewID(), Sealed: []byte{0, 1}, Status: accesskey.Active}
		insert := func(tx *db.Tx) error { return accesskey.Insert(tx, key) }
		if err := write(insert); err != nil {
			t.Fatal(err)
		}
		if err := write(insert); !errors.Is(err, db.ErrExists) {
			t.Errorf("second insert: got %v, want ErrExists", err)
		}

		want := &accesskey.Key{ID: key.ID, Sealed: []byte{0, 1}, Status: accesskey.Inactive, Created: at}
		err := write(func(tx *db.Tx) error { return accesskey.SetStatus(tx, key.ID, accesskey.Inactive) })
		if err != nil {
			t.Fatal(err)
		}
		got, err := get(key.ID)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
		var list []*accesskey.Key
		err = d.Read(t.Context(), func(tx *db.Tx) (err error) { list, err = accesskey.List(tx, ""); return err })
		if diff := cmp.Diff([]*accesskey.Key{want}, list); diff != "" || err != nil {
			t.Error(diff, err)
		}

		remove := func(tx *db.Tx) error { return accesskey.Delete(tx, key.ID) }
		if err := write(remove); err != nil {
			t.Fatal(err)
		}
		if err := write(remove); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("second delete: got %v, want ErrNotFound", err)
		}
		if _, err := get(key.ID); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("get: got %v, want ErrNotFound", err)
		}
	})
}
