package passkey_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/access"
	"cardea/engine/passkey"
	"cardea/engine/passkey/passkeytest"
	"cardea/platform/db"
	"cardea/record/client"
	record "cardea/record/passkey"
	"cardea/spec/id"
)

func encode(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }

func parse(t testing.TB, options string) (got map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(options), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestOptionsOfASignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		key := &passkeytest.Authenticator{Origin: origin, Transports: []string{"usb"}}
		w.register(t, key)
		options, ceremony, err := w.signIn(t).Begin()
		if err != nil || len(ceremony) != 32 {
			t.Fatalf("ceremony of %d bytes, %v", len(ceremony), err)
		}
		want := map[string]any{
			"challenge": encode(ceremony), "timeout": 180000.0, "rpId": rp, "userVerification": "preferred",
			"allowCredentials": []any{map[string]any{"type": "public-key", "id": encode(key.ID), "transports": []any{"usb"}}},
		}
		if diff := cmp.Diff(want, parse(t, options)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestSignInNeedsAPasskeyForTheRelyingParty(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		begin := func() error {
			_, _, err := w.signIn(t).Begin()
			return err
		}
		expect(t, "without passkeys", begin(), passkey.ErrNone)
		key := w.registered(t)
		before := w.signIn(t)
		options, ceremony, err := before.Begin()
		expect(t, "with one", err, nil)
		w.pool.MFA.WebAuthnConfiguration.RelyingPartyId = "other.example"
		expect(t, "for another relying party", begin(), passkey.ErrNone)
		finish := func(key *passkeytest.Authenticator) error {
			after := w.signIn(t)
			after.Credentials = before.Credentials
			_, err := after.Finish(ceremony, key.Assert(t, options))
			return err
		}
		expect(t, "answered after the pool has changed", finish(key), passkey.ErrRefused)
		moved := *key
		moved.Origin, moved.RelyingParty = "https://other.example", "other.example"
		expect(t, "answered for the new relying party by a passkey of the old", finish(&moved), passkey.ErrRefused)
		w.pool.MFA.WebAuthnConfiguration = nil
		expect(t, "without a relying party", begin(), passkey.ErrNone)
		expect(t, "answered without a relying party", finish(key), passkey.ErrRefused)
	})
}

func TestBothAlgorithmsSignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, algorithm := range []int{passkeytest.ES256, passkeytest.RS256} {
			key := &passkeytest.Authenticator{Origin: origin, Algorithm: algorithm, Counter: 3}
			w.register(t, key)
			key.Counter = 4
			a, err := w.assert(t, key)
			if err != nil {
				t.Fatalf("algorithm %d: %v", algorithm, err)
			}
			if a.Credential.ID != encode(key.ID) || a.Counter != 4 || !a.Verified || a.BackedUp {
				t.Errorf("algorithm %d: %+v", algorithm, a)
			}
			expect(t, "commit", w.commit(t, a), nil)
			kept := w.signIn(t).Credentials
			last := kept[len(kept)-1]
			if last.SignCount != 4 || !last.Used.Equal(db.Time(w.clock.Load())) {
				t.Errorf("algorithm %d: kept %+v", algorithm, last)
			}
		}
	})
}

func TestSignInRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		genuine := *w.registered(t)
		alice := w.alice
		w.alice = newUser(w.pool, "bob")
		bobs := *w.registered(t)
		w.alice = alice
		forger := genuine
		forger.Key = bobs.Key

		said := func(member string, value any) func(*passkeytest.Authenticator) {
			return func(a *passkeytest.Authenticator) { a.ClientData = func(data passkeytest.M) { data[member] = value } }
		}
		sent := func(member string, value any) func(*passkeytest.Authenticator) {
			return func(a *passkeytest.Authenticator) {
				a.Envelope = func(m passkeytest.M) { m["response"].(passkeytest.M)[member] = value }
			}
		}
		for name, change := range map[string]func(a *passkeytest.Authenticator){
			"another origin":            func(a *passkeytest.Authenticator) { a.Origin = "https://evil.example" },
			"plain http":                func(a *passkeytest.Authenticator) { a.Origin = "http://example.com" },
			"an unlisted subdomain":     func(a *passkeytest.Authenticator) { a.Origin = "https://a.example.com" },
			"a frame of another origin": said("crossOrigin", true),
			"another challenge":         said("challenge", encode(make([]byte, 32))),
			"no challenge":              said("challenge", ""),
			"the other ceremony":        said("type", "webauthn.create"),
			"another relying party":     func(a *passkeytest.Authenticator) { a.RelyingParty = "evil.example" },
			"an absent user":            func(a *passkeytest.Authenticator) { a.Flags = passkeytest.UserVerified },
			"a new backup eligibility":  func(a *passkeytest.Authenticator) { a.Flags = passkeytest.UserPresent | passkeytest.BackupEligible },
			"an ineligible backup":      func(a *passkeytest.Authenticator) { a.Flags = passkeytest.UserPresent | passkeytest.BackedUp },
			"another user's passkey":    func(a *passkeytest.Authenticator) { *a = bobs },
			"another user's handle":     func(a *passkeytest.Authenticator) { a.Handle = bobs.Handle },
			"another key":               func(a *passkeytest.Authenticator) { *a = forger },
			"no signature":              sent("signature", ""),
			"a long signature":          sent("signature", encode(make([]byte, 2<<10))),
			"other authenticator data":  sent("authenticatorData", encode(make([]byte, 37))),
			"long authenticator data":   sent("authenticatorData", encode(make([]byte, 5<<10))),
			"long client data":          said("hint", strings.Repeat("x", 5<<10)),
			"a long handle":             func(a *passkeytest.Authenticator) { a.Handle = bytes.Repeat([]byte{1}, 65) },
			"an unknown passkey":        func(a *passkeytest.Authenticator) { a.ID = []byte("unknown") },
			"no id":                     func(a *passkeytest.Authenticator) { a.ID = nil },
			"a long document": func(a *passkeytest.Authenticator) {
				a.Envelope = func(m passkeytest.M) { m["extra"] = strings.Repeat("x", 16<<10) }
			},
		} {
			key := genuine
			change(&key)
			_, err := w.assert(t, &key)
			expect(t, name, err, passkey.ErrRefused)
		}
		s := w.signIn(t)
		for _, answer := range []string{"", "null", "[]", "{}", `{"id":"","rawId":"","type":"public-key","response":{}}`, strings.Repeat("[", 1<<14)} {
			_, err := s.Finish(make([]byte, 32), answer)
			expect(t, answer, err, passkey.ErrRefused)
		}
		_, err := s.Finish(nil, genuine.Assert(t, `{"challenge":"","rpId":"example.com"}`))
		expect(t, "without a ceremony", err, passkey.ErrRefused)

		genuine.Handle = nil
		_, err = w.assert(t, &genuine)
		expect(t, "an authenticator that names no user", err, nil)
	})
}

func TestCounterThatDoesNotGrowIsAClone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		key := &passkeytest.Authenticator{Origin: origin, Counter: 10}
		w.register(t, key)
		for _, step := range []struct {
			counter uint32
			want    error
		}{{10, passkey.ErrClone}, {9, passkey.ErrClone}, {0, passkey.ErrClone}, {11, nil}, {11, passkey.ErrClone}, {12, nil}} {
			key.Counter = step.counter
			a, err := w.assert(t, key)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, "commit", w.commit(t, a), step.want)
		}
		key.Counter++
		a, err := w.assert(t, key)
		if err != nil {
			t.Fatal(err)
		}
		err = w.Write(t.Context(), func(tx *db.Tx) error { return record.DeleteUser(tx, w.pool.ID, w.alice.Sub) })
		expect(t, "delete", err, nil)
		expect(t, "a passkey deleted meanwhile", w.commit(t, a), passkey.ErrRefused)
	})
}

func TestOneOfManyCommitsOfOneCounterWins(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			counter uint32
			want    int64
		}{{1, 1}, {0, 100}} { // authenticators that do not count cannot be told from their copies
			key := w.registered(t)
			key.Counter = c.counter
			a, err := w.assert(t, key)
			if err != nil {
				t.Fatal(err)
			}
			var wins atomic.Int64
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() {
					err := w.Write(context.WithoutCancel(t.Context()), a.Commit)
					if err == nil {
						wins.Add(1)
					} else if !errors.Is(err, passkey.ErrClone) {
						t.Errorf("a loser got %v", err)
					}
				})
			}
			all.Wait()
			if wins.Load() != c.want {
				t.Errorf("counter %d: %d won, want %d", c.counter, wins.Load(), c.want)
			}
		}
	})
}

func TestDecoysOfUnknownUsersAcceptNoAnswer(t *testing.T) {
	t.Parallel()
	p := newPool()
	box := newBox(t, p)
	begin := func(name string) (passkey.SignIn, string, []byte) {
		s := passkey.SignIn{App: access.App{Pool: p, Client: &client.Client{ID: id.NewClient()}}, Party: party(t, p), Credentials: passkey.Decoys(box, p, party(t, p), name)}
		options, ceremony, err := s.Begin()
		if err != nil {
			t.Fatal(err)
		}
		return s, options, ceremony
	}
	allowed := func(options string) string {
		text, _ := json.Marshal(parse(t, options)["allowCredentials"])
		return string(text)
	}
	s, options, ceremony := begin("mallory")
	_, again, other := begin("mallory")
	_, different, _ := begin("trudy")
	if allowed(options) != allowed(again) || allowed(options) == allowed(different) || bytes.Equal(ceremony, other) {
		t.Errorf("decoys:\n%s\n%s\n%s", options, again, different)
	}
	key := &passkeytest.Authenticator{Origin: origin, Flags: passkeytest.UserPresent | passkeytest.UserVerified | passkeytest.BackupEligible}
	key.Register(t, []byte(`{"rp":{"id":"example.com"},"user":{"id":""},"challenge":""}`))
	var err error
	key.ID, err = base64.RawURLEncoding.DecodeString(s.Credentials[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Finish(ceremony, key.Assert(t, options))
	expect(t, "answer to a decoy", err, passkey.ErrRefused)
	if !strings.Contains(err.Error(), "signature") {
		t.Errorf("the answer to a decoy was not judged to the end: %v", err)
	}
	s.Party = passkey.Party{}
	_, _, err = s.Begin()
	expect(t, "decoys without a relying party", err, passkey.ErrNone)
}

// BenchmarkFinish is what judging one answer costs.
func BenchmarkFinish(b *testing.B) {
	p := newPool()
	for name, algorithm := range map[string]int{"ES256": passkeytest.ES256, "RS256": passkeytest.RS256} {
		key := &passkeytest.Authenticator{Origin: origin, Algorithm: algorithm}
		key.Register(b, []byte(`{"rp":{"id":"example.com"},"user":{"id":""},"challenge":""}`))
		s := passkey.SignIn{App: access.App{Pool: p, Client: &client.Client{ID: id.NewClient()}}, Party: party(b, p), Credentials: []record.Credential{
			{ID: encode(key.ID), RelyingParty: rp, PublicKey: key.COSE(b)},
		}}
		options, ceremony, err := s.Begin()
		if err != nil {
			b.Fatal(err)
		}
		answer := key.Assert(b, options)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Finish(ceremony, answer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
