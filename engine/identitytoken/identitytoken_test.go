package identitytoken_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"cardea/engine/identitytoken"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/cutoff"
	"cardea/record/datakey"
	"cardea/record/signingkey/signingkeytest"
)

const address = "https://auth.example.com"

// clock is one that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

var start = time.Unix(1_800_000_000, 0).UTC()

// open makes the minter of a new server.
func open(t *testing.T, url string) (*identitytoken.Minter, *clock) {
	t.Helper()
	c := &clock{now: start}
	d, err := db.Open(t.Context(), url, db.Options{Fast: true, Now: c.read})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return minter(t, d, address), c
}

// minter makes another one of the same server.
func minter(t *testing.T, d *db.DB, at string) *identitytoken.Minter {
	t.Helper()
	master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	stock := &token.KeyStock{DB: d, Ring: &datakey.Ring{Master: master}, Maker: signingkeytest.Make}
	return &identitytoken.Minter{DB: d, Keys: stock, PublicURL: at}
}

func claims(elsewhere string) identitytoken.Claims {
	return identitytoken.Claims{
		Pool: "us-east-1:1", PoolARN: "arn:aws:cognito-identity:us-east-1:123456789012:identitypool/us-east-1:1", Identity: "us-east-1:2",
		Methods: []string{"authenticated", "dev", "dev:us-east-1:1:<ann>"}, Tags: map[string]string{"team": "red & blue"}, Transitive: []string{"team"},
		Issued: start, Expires: start.Add(10 * time.Minute), Elsewhere: elsewhere,
	}
}

func sign(t *testing.T, m *identitytoken.Minter, c identitytoken.Claims) string {
	t.Helper()
	jwt, err := m.Sign(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return jwt
}

func TestTokensAreReadAsTheyWereMade(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		m, _ := open(t, url)
		jwt := sign(t, m, claims(""))
		for _, node := range []*identitytoken.Minter{m, minter(t, m.DB, address)} {
			got, err := node.Verify(t.Context(), jwt)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(claims(""), *got); diff != "" {
				t.Error(diff)
			}
		}
	})
}

// Others verify tokens of every kind by the key set: each names a key of its own there, under its algorithm.
func TestTheKeySetVerifiesEveryToken(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		m, _ := open(t, url)
		raw, err := m.KeySet(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var set jose.JSONWebKeySet
		if err := json.Unmarshal(raw, &set); err != nil {
			t.Fatal(err)
		}
		named := map[string]bool{}
		for elsewhere, algorithm := range map[string]string{"": "RS512", "RS512": "RS512", "RS256": "RS256"} {
			signed, err := jose.ParseSignedCompact(sign(t, m, claims(elsewhere)), []jose.SignatureAlgorithm{jose.RS256, jose.RS512})
			if err != nil {
				t.Fatal(err)
			}
			header := signed.Signatures[0].Header
			keys := set.Key(header.KeyID)
			if len(keys) != 1 || keys[0].Algorithm != algorithm || header.Algorithm != algorithm || header.ExtraHeaders["typ"] != "JWS" {
				t.Fatalf("%q: header %+v, keys %+v", elsewhere, header, keys)
			}
			if _, err := signed.Verify(keys[0]); err != nil {
				t.Errorf("%q: %v", elsewhere, err)
			}
			named[header.KeyID] = true
		}
		if len(named) != 3 || len(set.Keys) != 3 {
			t.Errorf("%d keys are named, of %d", len(named), len(set.Keys))
		}
	})
}

func TestTokensForOthersAreNotAcceptedHere(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		m, _ := open(t, url)
		for _, algorithm := range []string{"RS256", "RS512"} {
			if _, err := m.Verify(t.Context(), sign(t, m, claims(algorithm))); !errors.Is(err, identitytoken.ErrForged) {
				t.Errorf("%s: got %v", algorithm, err)
			}
		}
	})
}

func TestTokensEnd(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		m, c := open(t, url)
		jwt := sign(t, m, claims(""))
		for after, want := range map[time.Duration]error{10*time.Minute - time.Second: nil, 10 * time.Minute: identitytoken.ErrExpired} {
			c.set(start.Add(after))
			if _, err := m.Verify(t.Context(), jwt); !errors.Is(err, want) {
				t.Errorf("after %v: got %v, want %v", after, err, want)
			}
		}
	})
}

// What ends temporary credentials ends the tokens that would be exchanged for new ones.
func TestTokensEndWithTemporaryCredentials(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		m, c := open(t, url)
		old := sign(t, m, claims(""))
		later := claims("")
		later.Issued = start.Add(time.Minute)
		young := sign(t, m, later)
		c.set(start.Add(2 * time.Minute))
		if _, err := m.Verify(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		other := minter(t, dbtest.Open(t, url, db.Options{Now: c.read}), address)
		if err := other.DB.Write(t.Context(), func(tx *db.Tx) error { return cutoff.Raise(tx, cutoff.Credentials, later.Issued) }); err != nil {
			t.Fatal(err)
		}
		c.set(start.Add(2*time.Minute + 2*time.Second)) // what a node remembers
		for _, node := range []*identitytoken.Minter{m, other} {
			if _, err := node.Verify(t.Context(), old); !errors.Is(err, identitytoken.ErrExpired) {
				t.Errorf("a token of before: got %v", err)
			}
			if _, err := node.Verify(t.Context(), young); err != nil {
				t.Errorf("a token of the moment itself: %v", err)
			}
		}
	})
}

func TestForgedTokens(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		m, _ := open(t, url)
		jwt := sign(t, m, claims(""))
		part := strings.Split(jwt, ".")
		theirs := claims("")
		theirs.Identity = "us-east-1:3"
		other := strings.Split(sign(t, m, theirs), ".")
		external := strings.Split(sign(t, m, claims("RS512")), ".")
		for name, forged := range map[string]string{
			"garbage":                "garbage",
			"another's claims":       part[0] + "." + other[1] + "." + part[2],
			"another's signature":    part[0] + "." + part[1] + "." + other[2],
			"header of one for here": part[0] + "." + external[1] + "." + external[2],
			"no signature":           part[0] + "." + part[1] + ".",
			"a foreign issuer":       sign(t, minter(t, m.DB, "https://other.example.com"), claims("")),
		} {
			if _, err := m.Verify(t.Context(), forged); !errors.Is(err, identitytoken.ErrForged) {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
}

func TestNodesHaveOneKey(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		m, _ := open(t, url)
		sets := make([][]byte, 4)
		var group sync.WaitGroup
		for i := range sets {
			group.Go(func() {
				set, err := minter(t, m.DB, address).KeySet(t.Context())
				if err != nil {
					t.Error(err)
				}
				sets[i] = set
			})
		}
		group.Wait()
		for _, set := range sets {
			if !bytes.Equal(set, sets[0]) {
				t.Error("two nodes have different keys")
			}
		}
	})
}
