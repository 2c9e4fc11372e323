package trustprovider_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/trustprovider"
	"cardea/spec/iam"
)

func TestProviderIsStoredChangedAndDeleted(t *testing.T) {
	t.Parallel()
	noon := time.UnixMilli(1_800_000_000_000).UTC()
	dbtest.EachWith(t, db.Options{Now: func() time.Time { return noon }}, func(t *testing.T, d *db.DB) {
		reads := 0
		cache := db.Cache[int]{DB: d, Table: trustprovider.Table, Age: time.Hour, Max: 1}
		look := func() {
			t.Helper()
			if _, err := cache.Get(t.Context(), "", func(*db.Tx) (int, error) { reads++; return 0, nil }); err != nil {
				t.Fatal(err)
			}
		}
		write := func(want error, fn func(tx *db.Tx) error) {
			t.Helper()
			if err := d.Write(t.Context(), fn); !errors.Is(err, want) {
				t.Fatalf("got %v, want %v", err, want)
			}
			look()
		}
		list := func(kind trustprovider.Kind) (list []*trustprovider.Provider) {
			t.Helper()
			err := d.Read(t.Context(), func(tx *db.Tx) (err error) { list, err = trustprovider.List(tx, kind); return err })
			if err != nil {
				t.Fatal(err)
			}
			return list
		}

		look()
		b := &trustprovider.Provider{ARN: "b", Kind: trustprovider.OIDC, Doc: trustprovider.Doc{
			URL: "idp.example/x", ClientIDs: []string{"c"}, Thumbprints: []string{"t"}, Tags: []iam.Tag{{Key: "k"}},
		}}
		a := &trustprovider.Provider{ARN: "a", Kind: trustprovider.OIDC, Doc: trustprovider.Doc{URL: "a.example"}}
		s := &trustprovider.Provider{ARN: "s", Kind: trustprovider.SAML, Doc: trustprovider.Doc{Metadata: "<xml/>", UUID: "SAMLSP1", ValidUntil: 7}}
		for _, p := range []*trustprovider.Provider{b, a, s} {
			write(nil, func(tx *db.Tx) error { return trustprovider.Insert(tx, p) })
		}
		if b.Version != 1 || !b.Created.Equal(noon) {
			t.Errorf("inserted %+v", b)
		}
		write(db.ErrExists, func(tx *db.Tx) error {
			return trustprovider.Insert(tx, &trustprovider.Provider{ARN: "a", Kind: trustprovider.SAML})
		})
		if diff := cmp.Diff([]*trustprovider.Provider{a, b}, list(trustprovider.OIDC)); diff != "" {
			t.Errorf("OIDC (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]*trustprovider.Provider{s}, list(trustprovider.SAML)); diff != "" {
			t.Errorf("SAML (-want +got):\n%s", diff)
		}

		stale := *a
		a.Doc.ClientIDs = []string{"new"}
		write(nil, func(tx *db.Tx) error { return trustprovider.Update(tx, a) })
		write(db.ErrStale, func(tx *db.Tx) error { return trustprovider.Update(tx, &stale) })
		var got *trustprovider.Provider
		write(nil, func(tx *db.Tx) (err error) { got, err = trustprovider.Get(tx, "a"); return err })
		if diff := cmp.Diff(a, got); diff != "" || a.Version != 2 {
			t.Errorf("updated (-want +got):\n%s", diff)
		}

		write(nil, func(tx *db.Tx) error { return trustprovider.Delete(tx, "a") })
		write(db.ErrNotFound, func(tx *db.Tx) error { return trustprovider.Delete(tx, "a") })
		write(db.ErrNotFound, func(tx *db.Tx) error { _, err := trustprovider.Get(tx, "a"); return err })
		if want := 1 + len([]string{"insert", "insert", "insert", "update", "delete"}); reads != want {
			t.Errorf("%d reads, want %d: each change is to be announced, and nothing else", reads, want)
		}
	})
}
