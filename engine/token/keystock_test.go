package token_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/signingkey"
	"cardea/record/signingkey/signingkeytest"
	"cardea/spec/id"
	"cardea/spec/jose"
)

func TestStockIsRefilledAndEachKeyGivenOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		made := 0
		keys := &token.KeyStock{DB: w.db, Ring: w.ring, Spare: 2, Maker: func() (*rsa.PrivateKey, error) {
			made++
			return rsa.GenerateKey(rand.Reader, 2048)
		}}
		for range 2 {
			if err := keys.Refill(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		if made != 4 {
			t.Errorf("%d keys made, want 4", made)
		}

		kids := map[string]bool{}
		for _, name := range []id.Pool{"us-east-1_aaaaaaaaa", "us-east-1_bbbbbbbbb", "us-east-1_ccccccccc"} {
			pair, err := keys.Prepare(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			w.write(t, func(tx *db.Tx) error {
				if err := keys.Assign(tx, name, pair); err != nil {
					return err
				}
				assigned, err := signingkey.ForPool(tx, name)
				for _, key := range assigned {
					kids[key.ID] = true
				}
				return err
			})
		}
		if len(kids) != 6 || made != 6 { // the third pool's were made when they were asked for
			t.Errorf("%d different keys, %d made; want 6 and 6", len(kids), made)
		}
	})
}

func TestEachUseHasItsOwnKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		public, err := w.publicKeys(w.pool.ID)
		if err != nil || len(public) != 2 || public[0].ID == public[1].ID {
			t.Fatalf("keys %+v, %v", public, err)
		}
		result := w.signIn(t)
		kids := map[string]bool{}
		for _, jwt := range []string{result.IdToken, result.AccessToken} {
			parsed, err := gojose.ParseSignedCompact(jwt, []gojose.SignatureAlgorithm{gojose.RS256})
			if err != nil {
				t.Fatal(err)
			}
			kids[parsed.Signatures[0].Header.KeyID] = true
		}
		if len(kids) != 2 {
			t.Error("ID and access token are signed with the same key")
		}
		if _, err := w.publicKeys("us-east-1_000000000"); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("unknown pool: %v", err)
		}
	})
}

func TestSigningKeysAreSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqlite(t))
	err := w.db.Read(context.Background(), func(tx *db.Tx) error {
		keys, err := signingkey.ForPool(tx, w.pool.ID)
		if err != nil {
			return err
		}
		var purposes []string
		for _, key := range keys {
			purposes = append(purposes, key.Purpose)
			if len(key.Sealed) < 1000 || key.Sealed[0] == 0x30 { // a DER sequence
				t.Errorf("key %s lies open", key.ID)
			}
		}
		if diff := cmp.Diff(map[string]bool{"id": true, "access": true}, setOf(purposes)); diff != "" {
			t.Error(diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func setOf(list []string) map[string]bool {
	set := map[string]bool{}
	for _, s := range list {
		set[s] = true
	}
	return set
}

func TestNodesHaveOneServerKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var group sync.WaitGroup
		kids := make([]string, 8)
		for i := range kids {
			group.Go(func() {
				node := &token.KeyStock{DB: w.db, Ring: w.ring, Maker: func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }}
				key, err := node.ServerKey(context.Background(), signingkey.IdentityTokens)
				if err != nil {
					t.Error(err)
					return
				}
				kids[i] = jose.KeyID(&key.PublicKey)
			})
		}
		group.Wait()
		again, err := w.keys.ServerKey(context.Background(), signingkey.IdentityTokens)
		if err != nil {
			t.Fatal(err)
		}
		for _, kid := range kids {
			if kid != jose.KeyID(&again.PublicKey) {
				t.Errorf("got %q, want %q", kid, jose.KeyID(&again.PublicKey))
			}
		}
	})
}

// Each purpose has a key of its own, also from a maker that gives one twice, and what is stored of it is sealed.
func TestServerKeysAreSealedAndForOnePurpose(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first, err := signingkeytest.Make()
		if err != nil {
			t.Fatal(err)
		}
		asked := 0
		keys := &token.KeyStock{DB: w.db, Ring: w.ring, Maker: func() (*rsa.PrivateKey, error) {
			if asked++; asked <= 2 {
				return first, nil
			}
			return rsa.GenerateKey(rand.Reader, 2048)
		}}
		ctx := t.Context()
		want := map[string]string{}
		for range 2 {
			for _, purpose := range []string{signingkey.IdentityTokens, signingkey.PrincipalsRSA, signingkey.PrincipalsECDSA} {
				var key crypto.Signer
				if purpose == signingkey.PrincipalsECDSA {
					key, err = keys.ServerCurveKey(ctx, purpose)
				} else {
					key, err = keys.ServerKey(ctx, purpose)
				}
				if err != nil {
					t.Fatal(err)
				}
				kid := jose.KeyID(key.Public())
				if want[purpose] != "" && want[purpose] != kid {
					t.Errorf("%s has had the key %s, and now %s", purpose, want[purpose], kid)
				}
				want[purpose] = kid
			}
		}
		got := map[string]string{}
		err = w.db.Read(ctx, func(tx *db.Tx) error {
			stored, err := signingkey.ForPool(tx, signingkey.Server)
			for _, key := range stored {
				got[key.Purpose] = key.ID
				if _, err := x509.ParsePKCS8PrivateKey(key.Sealed); err == nil || key.Sealed[0] == 0x30 {
					t.Errorf("the key for %s lies open", key.Purpose)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || len(setOf(slices.Collect(maps.Values(got)))) != 3 {
			t.Error(diff, got)
		}
		if _, err := keys.ServerKey(ctx, signingkey.PrincipalsECDSA); err == nil {
			t.Error("a key of a curve is given as an RSA key")
		}
	})
}
