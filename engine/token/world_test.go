package token_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/bearer"
	"cardea/engine/factor"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/client"
	"cardea/record/datakey"
	"cardea/record/group"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/signingkey/signingkeytest"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/jose"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// issuer is the base of all issuers in these tests.
const issuer = "https://auth.example.com/"

// world is a pool with a client and a confirmed user.
type world struct {
	db            *db.DB
	ring          *datakey.Ring
	keys          *token.KeyStock
	tokens        *token.Minter
	authenticator *bearer.Authenticator
	clock         *clock
	writes        atomic.Int64 // write transactions so far

	pool   *pool.Pool
	client *client.Client
	user   *user.User
}

// clock is a clock that is set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// each runs body in a new world on both engines.
func each(t *testing.T, body func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) { body(t, newWorld(t, url)) })
}

func newWorld(t testing.TB, url string) *world {
	t.Helper()
	w := &world{clock: &clock{now: time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)}}
	d, err := db.Open(context.Background(), url, db.Options{Now: w.clock.Now, Fast: true, Observe: func(_ context.Context, t db.Transaction) {
		if t.Kind == "write" {
			w.writes.Add(1)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	master, err := seal.NewMaster(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	w.db, w.ring = d, &datakey.Ring{Master: master}
	w.keys = &token.KeyStock{DB: d, Ring: w.ring, Maker: signingkeytest.Make}
	w.tokens = &token.Minter{DB: d, Ring: w.ring, Issuer: func(p id.Pool) string { return issuer + string(p) }}
	w.authenticator = &bearer.Authenticator{Tokens: w.tokens}
	w.found(t)
	return w
}

// found makes the pool, the client and the user.
func (w *world) found(t testing.TB) {
	t.Helper()
	w.pool = &pool.Pool{ID: "us-east-1_AbC123xyz"}
	w.client = &client.Client{ID: "1example23456789abcdefghij", Pool: w.pool.ID}
	w.user = &user.User{
		Pool: w.pool.ID, Sub: "34c84488-e0e1-70ae-d2ee-991ad1a898c8", Username: "alice",
		Status: cognitoidp.UserStatusTypeConfirmed, Enabled: true,
		Created: w.clock.Now(), Modified: w.clock.Now(),
		Attributes: map[string]string{
			"email": "alice@example.com", "email_verified": "true", "name": "Alice \"Ali\" Müller", "address": "1 Main St",
			"updated_at": "1700000000", "custom:level": "7", "nickname": "",
			"phone_number": "+15550100", "phone_number_verified": "false",
		},
	}
	pair, err := w.keys.Prepare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, func(tx *db.Tx) error {
		if err := pool.Insert(tx, w.pool); err != nil {
			return err
		}
		if err := w.keys.Assign(tx, w.pool.ID, pair); err != nil {
			return err
		}
		if err := client.Insert(tx, w.client); err != nil {
			return err
		}
		return account.Create(tx, w.pool, w.user, false)
	})
}

func (w *world) write(t testing.TB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := w.db.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// setUser changes the user's row.
func (w *world) setUser(t testing.TB, change func(u *user.User)) {
	t.Helper()
	w.write(t, func(tx *db.Tx) error {
		u, err := user.Get(tx, w.pool.ID, w.user.Sub)
		if err != nil {
			return err
		}
		change(u)
		return account.Save(tx, w.pool, u, false)
	})
}

// setClient changes the client for all that follows.
func (w *world) setClient(t testing.TB, change func(c *cognitoidp.UserPoolClientType)) {
	t.Helper()
	next := w.client.Clone()
	change(&next.Doc)
	w.write(t, func(tx *db.Tx) error { return client.Update(tx, next) })
	w.client = next
}

// track has the pool track sessions, at most so many for each user.
func (w *world) track(t testing.TB, most int64) {
	t.Helper()
	next := w.pool.Clone()
	next.Sessions.UserSessionTracking = cognitoidp.UserSessionTrackingTypeEnabled
	next.Sessions.TokenSession = &cognitoidp.UserPoolTokenSessionConfigType{MaxPerUser: &most}
	w.write(t, func(tx *db.Tx) error { return pool.Update(tx, next) })
	w.pool = next
}

func (w *world) rotate(t testing.TB, grace int64) {
	t.Helper()
	w.setClient(t, func(c *cognitoidp.UserPoolClientType) {
		c.RefreshTokenRotation = &cognitoidp.RefreshTokenRotationType{
			Feature: cognitoidp.FeatureTypeEnabled, RetryGracePeriodSeconds: &grace,
		}
	})
}

func (w *world) join(t testing.TB, g group.Group) {
	t.Helper()
	g.Pool = w.pool.ID
	w.write(t, func(tx *db.Tx) error {
		if err := group.Insert(tx, &g); err != nil {
			return err
		}
		return group.Add(tx, g.Pool, g.Name, w.user.Sub)
	})
}

// grant is a finished sign-in through the API.
func (w *world) grant() token.Grant {
	return token.Grant{App: access.App{Pool: w.pool, Client: w.client}, Kind: session.API,
		Proofs: []factor.Proof{factor.Password}}
}

// mint opens the session of a grant to alice and signs its tokens. before, unless nil, runs first in the same transaction,
// as the rest of a sign-in does.
func (w *world) mint(g token.Grant, before func(tx *db.Tx, u *user.User) error) (*cognitoidp.AuthenticationResultType, error) {
	var made *token.Opened
	err := w.db.Write(context.Background(), func(tx *db.Tx) (err error) {
		if g.User, err = user.Get(tx, w.pool.ID, w.user.Sub); err != nil {
			return err
		}
		if before != nil {
			if err := before(tx, g.User); err != nil {
				return err
			}
		}
		made, err = w.tokens.Open(tx, g)
		return err
	})
	if err != nil {
		return nil, err
	}
	return w.tokens.Sign(context.Background(), made)
}

func (w *world) signIn(t testing.TB) *cognitoidp.AuthenticationResultType {
	t.Helper()
	result, err := w.mint(w.grant(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func (w *world) refresh(refreshToken string) (*cognitoidp.AuthenticationResultType, error) {
	return w.tokens.Refresh(context.Background(), token.RefreshRequest{App: access.App{Pool: w.pool, Client: w.client}, RefreshToken: refreshToken})
}

func (w *world) mustRefresh(t testing.TB, refreshToken string) *cognitoidp.AuthenticationResultType {
	t.Helper()
	result, err := w.refresh(refreshToken)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// bearer asks the authenticator about an access token.
func (w *world) bearer(accessToken string) (b *access.Subject, err error) {
	err = w.authenticator.Read(context.Background(), accessToken, func(_ *db.Tx, who *access.Subject) error {
		b = who
		return nil
	})
	return b, err
}

// claims verifies a token by the published key set, as another server would, and reads it.
func (w *world) claims(t testing.TB, jwt string) map[string]any {
	t.Helper()
	var claims map[string]any
	if err := json.Unmarshal(w.payload(t, jwt), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func (w *world) payload(t testing.TB, jwt string) []byte {
	t.Helper()
	public, err := w.publicKeys(w.pool.ID)
	if err != nil {
		t.Fatal(err)
	}
	var set gojose.JSONWebKeySet
	if err := json.Unmarshal(jose.Set(public...), &set); err != nil {
		t.Fatal(err)
	}
	parsed, err := gojose.ParseSignedCompact(jwt, []gojose.SignatureAlgorithm{gojose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := parsed.Verify(set)
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

func (w *world) publicKeys(name id.Pool) (keys []jose.Key, err error) {
	err = w.db.Read(context.Background(), func(tx *db.Tx) error {
		keys, err = w.tokens.PublicKeys(tx, name)
		return err
	})
	return keys, err
}

// wantFault fails the test unless err is the fault.
func wantCondition(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

// golden compares text with a file under testdata, or writes it there.
func golden(t testing.TB, name string, text []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(text) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, text, want)
	}
}
