package accesskey_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/accesskey"
)

func TestUsesAreWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		noon := time.UnixMilli(1_800_000_000_000).UTC()
		key := &accesskey.Key{ID: accesskey.NewID(), Owner: "AIDAAAAAAAAAAAAAAAAA", Sealed: []byte{1}, Status: accesskey.Active}
		other := &accesskey.Key{ID: accesskey.NewID(), Sealed: []byte{1}, Status: accesskey.Active}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := accesskey.Insert(tx, other); err != nil {
				return err
			}
			return accesskey.Insert(tx, key)
		})
		if err != nil {
			t.Fatal(err)
		}
		first := accesskey.Use{At: noon, Service: "iam", Region: "us-east-1"}
		for _, c := range []struct {
			use, want accesskey.Use
		}{
			{first, first},
			{accesskey.Use{At: noon.Add(59 * time.Second), Service: "sts", Region: "eu-west-1"}, first},
			{accesskey.Use{At: noon.Add(-time.Hour), Service: "sts", Region: "eu-west-1"}, first},
			{accesskey.Use{At: noon.Add(time.Minute), Service: "sts", Region: "eu-west-1"}, accesskey.Use{At: noon.Add(time.Minute), Service: "sts", Region: "eu-west-1"}},
		} {
			err := d.Write(t.Context(), func(tx *db.Tx) error { return accesskey.Note(tx, key.ID, c.use) })
			if err != nil {
				t.Fatal(err)
			}
			var list []*accesskey.Key
			err = d.Read(t.Context(), func(tx *db.Tx) (err error) { list, err = accesskey.List(tx, key.Owner); return err })
			if err != nil || len(list) != 1 || list[0].Owner != key.Owner {
				t.Fatalf("got %v, %v, want the one key of the owner", list, err)
			}
			if diff := cmp.Diff(c.want, list[0].Last); diff != "" {
				t.Errorf("after %v (-want +got):\n%s", c.use, diff)
			}
			var root *accesskey.Key
			err = d.Read(t.Context(), func(tx *db.Tx) (err error) { root, err = accesskey.Get(tx, other.ID); return err })
			if err != nil || !root.Last.At.IsZero() {
				t.Errorf("the other key was used: %v, %v", root, err)
			}
		}
	})
}

func TestUsesAreOutdatedAfterAMinute(t *testing.T) {
	t.Parallel()
	noon := time.UnixMilli(1_800_000_000_000).UTC()
	used := accesskey.Use{At: noon}
	if used.Outdated(accesskey.Use{At: noon.Add(59 * time.Second)}) || !used.Outdated(accesskey.Use{At: noon.Add(time.Minute)}) {
		t.Error("a use is to be written once a minute")
	}
	if !(accesskey.Use{}).Outdated(used) {
		t.Error("the first use is to be written")
	}
}
