package issuer_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"flag"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"cardea/engine/issuer"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/pool"
	"cardea/spec/id"
	"cardea/spec/jose"
)

var update = flag.Bool("update", false, "write testdata anew")

const name = id.Pool("us-east-1_AbC123xyz")

// documents publishes one pool of a server whose public keys are made up.
func documents(t *testing.T, d *db.DB, names issuer.Names) *issuer.Documents {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error { return pool.Insert(tx, &pool.Pool{ID: name}) })
	if err != nil {
		t.Fatal(err)
	}
	return issuer.NewDocuments(d, names, func(*db.Tx, id.Pool) ([]jose.Key, error) {
		return []jose.Key{
			{ID: "first", Public: &rsa.PublicKey{N: big.NewInt(0xabcdef), E: 65537}},
			{ID: "second", Public: &rsa.PublicKey{N: big.NewInt(0xfedcba), E: 65537}},
		}, nil
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		names          issuer.Names
		issuer, public string
	}{
		{
			issuer.Names{PublicURL: "http://localhost:9229"},
			"http://localhost:9229/us-east-1_AbC123xyz", "http://localhost:9229/us-east-1_AbC123xyz",
		},
		{
			issuer.Names{PublicURL: "http://localhost:9229", Base: "https://cognito-idp.{region}.amazonaws.com"},
			"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC123xyz", "http://localhost:9229/us-east-1_AbC123xyz",
		},
	} {
		if got := c.names.Issuer(name); got != c.issuer {
			t.Errorf("issuer %s, want %s", got, c.issuer)
		}
		if got := c.names.Public(name); got != c.public {
			t.Errorf("public address %s, want %s", got, c.public)
		}
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	for file, names := range map[string]issuer.Names{
		"discovery.json":      {PublicURL: "https://auth.example.com"},
		"discovery.base.json": {PublicURL: "https://auth.example.com", Base: "https://cognito-idp.{region}.amazonaws.com"},
	} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			text, err := documents(t, d, names).Discovery(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, file, text)
		})
	}
}

func TestDiscoveryNamesTheEndpointsThatAnswer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		published := documents(t, d, named)
		published.Endpoints = []issuer.Endpoint{{Member: "token_endpoint", Path: "/oauth2/token"}}
		read := func() string {
			t.Helper()
			text, err := published.Discovery(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Token         string `json:"token_endpoint"`
				Authorization string `json:"authorization_endpoint"`
			}
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			return got.Token + got.Authorization
		}
		if got := read(); got != "" {
			t.Errorf("without a domain: %s", got)
		}
		if err := d.Write(t.Context(), giveDomain); err != nil {
			t.Fatal(err)
		}
		if got, want := read(), "https://shop.auth.us-east-1.example.com:8443/oauth2/token"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// giveDomain gives the pool a prefix domain.
func giveDomain(tx *db.Tx) error {
	p, err := pool.Get(tx, name)
	if err != nil {
		return err
	}
	p = p.Clone()
	p.Doc.Domain = "shop"
	return pool.Update(tx, p)
}

func TestKeySet(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		text, err := documents(t, d, issuer.Names{}).KeySet(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		var set gojose.JSONWebKeySet
		if err := json.Unmarshal(text, &set); err != nil || len(set.Keys) != 2 || set.Keys[1].KeyID != "second" {
			t.Errorf("got %s, %v", text, err)
		}
	})
}

func TestNamesThatAreNoPoolsAreNotFound(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		published := documents(t, d, issuer.Names{})
		for _, unknown := range []id.Pool{"", "us-east-1_000000000", "us-east-1_AbC123xy\x00", "us-east-1\x00_AbC123xyz", "\xff_AbC123xyz", "pool"} {
			for what, read := range map[string]func(context.Context, id.Pool) ([]byte, error){
				"key set": published.KeySet, "discovery": published.Discovery,
			} {
				if _, err := read(t.Context(), unknown); !errors.Is(err, db.ErrNotFound) {
					t.Errorf("%s of %q: got %v, want ErrNotFound", what, unknown, err)
				}
			}
		}
	})
}

// golden compares a document with a file under testdata, or writes it there.
func golden(t *testing.T, file string, text []byte) {
	t.Helper()
	var got bytes.Buffer
	if err := json.Indent(&got, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got.String(), want)
	}
}
