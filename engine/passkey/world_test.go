package passkey_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"cardea/engine/access"
	"cardea/engine/passkey"
	"cardea/engine/passkey/passkeytest"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/client"
	record "cardea/record/passkey"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

const (
	rp     = "example.com"
	origin = "https://example.com"
)

// parties are those of a server whose pools have no domains.
var parties passkey.Parties

func party(t testing.TB, p *pool.Pool) passkey.Party {
	t.Helper()
	found, err := parties.Of(p, "")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// world is a pool whose users sign in with passkeys, an app of it, alice, and a clock.
type world struct {
	*db.DB
	clock  atomic.Int64
	pool   *pool.Pool
	client *client.Client
	alice  *user.User
	box    *seal.Box
}

func (w *world) advance(d time.Duration) { w.clock.Add(d.Milliseconds()) }

func newPool() *pool.Pool {
	p := &pool.Pool{ID: id.NewPool("us-east-1")}
	p.Doc.Policies = &cognitoidp.UserPoolPolicyType{SignInPolicy: &cognitoidp.SignInPolicyType{
		AllowedFirstAuthFactors: []string{cognitoidp.AuthFactorTypePassword, cognitoidp.AuthFactorTypeWebAuthn},
	}}
	p.MFA = cognitoidp.GetUserPoolMfaConfigResponse{
		MfaConfiguration:      cognitoidp.UserPoolMfaTypeOff,
		WebAuthnConfiguration: &cognitoidp.WebAuthnConfigurationType{RelyingPartyId: rp},
	}
	return p
}

func newBox(t testing.TB, p *pool.Pool) *seal.Box {
	t.Helper()
	box, err := seal.NewBox(string(p.ID), 1, seal.Key{ID: 1, Secret: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func newUser(p *pool.Pool, name string) *user.User {
	return &user.User{Pool: p.ID, Sub: id.NewSub(), Username: name, Enabled: true, Attributes: map[string]string{}}
}

func each(t *testing.T, body func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		p := newPool()
		w := &world{pool: p, client: &client.Client{ID: id.NewClient(), Pool: p.ID}, alice: newUser(p, "alice"), box: newBox(t, p)}
		w.advance(1000 * time.Hour)
		var err error
		w.DB, err = db.Open(t.Context(), url, db.Options{Fast: true, Now: func() time.Time { return db.Time(w.clock.Load()) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.Close() })
		body(t, w)
	})
}

func (w *world) registration() passkey.Registration {
	return passkey.Registration{Parties: parties, Subject: access.Subject{App: access.App{Pool: w.pool, Client: w.client, Box: w.box}, User: w.alice}}
}

// begin gives the options of a registration.
func (w *world) begin(t *testing.T) (options json.RawMessage) {
	t.Helper()
	err := w.Write(t.Context(), func(tx *db.Tx) (err error) {
		options, err = w.registration().Begin(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return options
}

// complete judges and keeps an answer.
func (w *world) complete(t *testing.T, answer []byte) error {
	t.Helper()
	return w.Write(t.Context(), func(tx *db.Tx) error {
		made, err := w.registration().Judge(tx, answer)
		if err != nil {
			return err
		}
		return made.Keep(tx)
	})
}

// register has an authenticator make a passkey for alice.
func (w *world) register(t *testing.T, key *passkeytest.Authenticator) {
	t.Helper()
	if err := w.complete(t, key.Register(t, w.begin(t))); err != nil {
		t.Fatal(err)
	}
}

// registered is a new authenticator with a passkey of alice's.
func (w *world) registered(t *testing.T) *passkeytest.Authenticator {
	t.Helper()
	key := &passkeytest.Authenticator{Origin: origin}
	w.register(t, key)
	return key
}

// signIn is a sign-in with alice's passkeys as they are now.
func (w *world) signIn(t *testing.T) passkey.SignIn {
	t.Helper()
	var list []record.Credential
	err := w.Read(t.Context(), func(tx *db.Tx) (err error) {
		list, err = parties.Usable(tx, w.pool, w.alice.Sub, "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	now, _ := parties.Of(w.pool, "") // the zero Party if there is none
	return passkey.SignIn{App: access.App{Pool: w.pool, Client: w.client}, Party: now, Credentials: list}
}

// assert has an authenticator sign in, without the commit.
func (w *world) assert(t *testing.T, key *passkeytest.Authenticator) (*passkey.Assertion, error) {
	t.Helper()
	s := w.signIn(t)
	options, ceremony, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	return s.Finish(ceremony, key.Assert(t, options))
}

func (w *world) commit(t *testing.T, a *passkey.Assertion) error {
	t.Helper()
	return w.Write(t.Context(), a.Commit)
}

func expect(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) || (got == nil) != (want == nil) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
