package pushedrequest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/pushedrequest"
	"cardea/spec/id"
)

const pool = id.Pool("us-east-1_AbC123xyz")

var at = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

func TestRequestsAreKeptByTheHashOfTheirName(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := &pushedrequest.Request{
			Pool: pool, Hash: id.Digest("urn:x"), Client: "app", Query: "a=b", Created: at, Expires: at.Add(time.Minute),
		}
		write := func(fn func(tx *db.Tx) error) error { return d.Write(t.Context(), fn) }
		if err := write(func(tx *db.Tx) error { return pushedrequest.Insert(tx, r) }); err != nil {
			t.Fatal(err)
		}
		if err := write(func(tx *db.Tx) error { return pushedrequest.Insert(tx, r) }); !errors.Is(err, db.ErrExists) {
			t.Errorf("inserted twice: %v", err)
		}
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			got, err := pushedrequest.Get(tx, pool, r.Hash)
			if diff := cmp.Diff(r, got); diff != "" {
				t.Error(diff)
			}
			if _, err := pushedrequest.Get(tx, "us-east-1_other0000", r.Hash); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("in another pool: %v", err)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []error{nil, db.ErrStale} {
			if err := write(func(tx *db.Tx) error { return pushedrequest.Use(tx, r) }); !errors.Is(err, want) {
				t.Errorf("use: %v, want %v", err, want)
			}
		}
	})
}
