package provider_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/provider"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

const pool, other = id.Pool("us-east-1_aaaaaaaaa"), id.Pool("us-east-1_bbbbbbbbb")

// example is a provider with all that there may be.
func example(pool id.Pool, name string, identifiers ...string) *provider.Provider {
	return &provider.Provider{
		Pool: pool, Name: name, Sealed: []byte("sealed"), Found: map[string]string{"token_url": "https://op.example/token"},
		Doc: cognitoidp.IdentityProviderType{
			ProviderType: "OIDC", ProviderDetails: map[string]string{"client_id": "id"}, AttributeMapping: map[string]string{"username": "sub"},
			IdpIdentifiers: append([]string{}, identifiers...), AcrMapping: map[string]string{"Level1": "low"},
			CreationDate: awsjson.At(time.UnixMilli(1_700_000_000_123)), LastModifiedDate: awsjson.At(time.UnixMilli(1_700_000_000_456)),
		},
	}
}

// each runs body in one write transaction on each engine.
func each(t *testing.T, body func(t *testing.T, tx *db.Tx)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			body(t, tx)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func is(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestProvidersAreReadAsTheyWereWritten(t *testing.T) {
	each(t, func(t *testing.T, tx *db.Tx) {
		want := example(pool, "Corp", "a", "b")
		is(t, "insert", provider.Insert(tx, want), nil)
		is(t, "the same name", provider.Insert(tx, example(pool, "Corp")), db.ErrExists)
		is(t, "the same name in another pool", provider.Insert(tx, example(other, "Corp", "a")), nil)
		got, err := provider.Get(tx, pool, "Corp")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v: %s", err, diff)
		}
		for identifier, want := range map[string]error{"a": nil, "b": nil, "A": db.ErrNotFound, "c": db.ErrNotFound} {
			_, err := provider.ByIdentifier(tx, pool, identifier)
			is(t, "identifier "+identifier, err, want)
		}
		_, err = provider.ByIdentifier(tx, other, "b")
		is(t, "another pool's identifier", err, db.ErrNotFound)
		_, err = provider.Get(tx, pool, "corp")
		is(t, "in other letters", err, db.ErrNotFound)
	})
}

func TestAnIdentifierIsOfOneProvider(t *testing.T) {
	each(t, func(t *testing.T, tx *db.Tx) {
		is(t, "insert", provider.Insert(tx, example(pool, "First", "a", "b")), nil)
		second := example(pool, "Second", "c")
		is(t, "insert", provider.Insert(tx, second), nil)
		taken, ok := errors.AsType[*provider.IdentifierError](provider.Insert(tx, example(pool, "Third", "d", "b")))
		if !ok || taken.Identifier != "b" {
			t.Errorf("got %+v", taken)
		}
		second.Doc.IdpIdentifiers = []string{"c", "a"}
		if _, ok := errors.AsType[*provider.IdentifierError](provider.Update(tx, second)); !ok {
			t.Error("a change took another's identifier")
		}
	})
}

func TestChangesNeedTheVersionThatWasRead(t *testing.T) {
	each(t, func(t *testing.T, tx *db.Tx) {
		is(t, "insert", provider.Insert(tx, example(pool, "Corp", "a", "b")), nil)
		is(t, "insert", provider.Insert(tx, example(other, "Corp", "a")), nil)
		first, err := provider.Get(tx, pool, "Corp")
		is(t, "get", err, nil)
		second, err := provider.Get(tx, pool, "Corp")
		is(t, "get", err, nil)
		first.Doc.IdpIdentifiers, first.Found, first.Sealed = []string{"b", "c"}, nil, nil
		is(t, "update", provider.Update(tx, first), nil)
		is(t, "update of what was", provider.Update(tx, second), db.ErrStale)
		got, err := provider.Get(tx, pool, "Corp")
		if diff := cmp.Diff(first, got, cmpopts.EquateEmpty()); err != nil || diff != "" || got.Version != 2 {
			t.Errorf("%v: %s", err, diff)
		}
		for identifier, want := range map[string]error{"a": db.ErrNotFound, "b": nil, "c": nil} {
			_, err := provider.ByIdentifier(tx, pool, identifier)
			is(t, "identifier "+identifier, err, want)
		}
		unchanged, err := provider.Get(tx, other, "Corp")
		if err != nil || unchanged.Version != 1 {
			t.Errorf("another pool's: %+v, %v", unchanged, err)
		}
		is(t, "update of none", provider.Update(tx, example(pool, "None")), db.ErrStale)
	})
}

func TestADeletedProviderLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, tx *db.Tx) {
		for _, of := range []id.Pool{pool, other} {
			is(t, "insert", provider.Insert(tx, example(of, "Corp", "a")), nil)
			is(t, "metadata", provider.PutMetadata(tx, &provider.Metadata{Pool: of, Name: "Corp", XML: "<x/>"}), nil)
		}
		is(t, "insert", provider.Insert(tx, example(pool, "Else", "else")), nil)
		is(t, "delete", provider.Delete(tx, pool, "Corp"), nil)
		is(t, "delete again", provider.Delete(tx, pool, "Corp"), db.ErrNotFound)
		_, err := provider.ByIdentifier(tx, pool, "a")
		is(t, "its identifier", err, db.ErrNotFound)
		_, err = provider.GetMetadata(tx, pool, "Corp")
		is(t, "its metadata", err, db.ErrNotFound)
		_, err = provider.GetMetadata(tx, other, "Corp")
		is(t, "another pool's metadata", err, nil)
		_, err = provider.ByIdentifier(tx, other, "a")
		is(t, "another pool's identifier", err, nil)
		_, err = provider.ByIdentifier(tx, pool, "else")
		is(t, "another's identifier", err, nil)
		is(t, "its identifier, by another", provider.Insert(tx, example(pool, "New", "a")), nil)
	})
}

func TestProvidersAreListedAndCounted(t *testing.T) {
	each(t, func(t *testing.T, tx *db.Tx) {
		for _, name := range []string{"c", "a", "b", "d"} {
			is(t, "insert", provider.Insert(tx, example(pool, name)), nil)
		}
		is(t, "insert", provider.Insert(tx, example(other, "e")), nil)
		for _, c := range []struct {
			after string
			limit int
			want  []string
		}{{"", 10, []string{"a", "b", "c", "d"}}, {"a", 2, []string{"b", "c"}}, {"d", 10, nil}} {
			list, err := provider.List(tx, pool, c.after, c.limit)
			var got []string
			for _, p := range list {
				got = append(got, p.Name)
			}
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("after %q: %v: %s", c.after, err, diff)
			}
		}
		if n, err := provider.Count(tx, pool); err != nil || n != 4 {
			t.Errorf("%d, %v", n, err)
		}
	})
}

func TestMetadataAreReplaced(t *testing.T) {
	each(t, func(t *testing.T, tx *db.Tx) {
		m := &provider.Metadata{Pool: pool, Name: "ADFS", URL: "https://idp.example", XML: "<one/>", Fetched: time.UnixMilli(1_700_000_000_123).UTC()}
		is(t, "put", provider.PutMetadata(tx, m), nil)
		m.XML, m.URL, m.Fetched = "<two/>", "", time.UnixMilli(1_700_000_001_123).UTC()
		is(t, "put again", provider.PutMetadata(tx, m), nil)
		got, err := provider.GetMetadata(tx, pool, "ADFS")
		if diff := cmp.Diff(m, got); err != nil || diff != "" {
			t.Errorf("%v: %s", err, diff)
		}
	})
}
