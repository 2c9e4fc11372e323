package samlkey_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/samlkey"
)

func TestAPoolHasOneKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := samlkey.Get(tx, "us-east-1_a"); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("before: %v", err)
			}
			first := &samlkey.Key{Pool: "us-east-1_a", Sealed: []byte("one"), Certificate: "first", Created: time.UnixMilli(1_700_000_000_123).UTC()}
			if err := samlkey.Insert(tx, first); err != nil {
				return err
			}
			if err := samlkey.Insert(tx, &samlkey.Key{Pool: "us-east-1_a", Sealed: []byte("two")}); !errors.Is(err, db.ErrExists) {
				t.Errorf("a second key: %v", err)
			}
			if err := samlkey.Insert(tx, &samlkey.Key{Pool: "us-east-1_b", Sealed: []byte("two")}); err != nil {
				t.Errorf("another pool's: %v", err)
			}
			got, err := samlkey.Get(tx, "us-east-1_a")
			if diff := cmp.Diff(first, got); diff != "" {
				t.Error(diff)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
