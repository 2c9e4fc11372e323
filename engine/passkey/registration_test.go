package passkey_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/passkey"
	"cardea/engine/passkey/passkeytest"
	"cardea/platform/db"
	"cardea/record/client"
	record "cardea/record/passkey"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

func TestOptionsOfARegistration(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.registered(t)
		w.pool.Doc.UsernameAttributes = []string{"email"}
		w.alice.Attributes["email"] = "alice@example.com"
		w.pool.MFA.WebAuthnConfiguration.UserVerification = "required"
		var got map[string]any
		if err := json.Unmarshal(w.begin(t), &got); err != nil {
			t.Fatal(err)
		}
		challenge, _ := got["challenge"].(string)
		if len(challenge) != 43 {
			t.Errorf("challenge %q, want 32 bytes in base64url", challenge)
		}
		delete(got, "challenge")
		want := map[string]any{
			"rp":               map[string]any{"id": rp, "name": rp},
			"user":             map[string]any{"id": encode([]byte(w.alice.Sub)), "name": "alice@example.com", "displayName": "alice@example.com"},
			"pubKeyCredParams": []any{map[string]any{"type": "public-key", "alg": -7.0}, map[string]any{"type": "public-key", "alg": -257.0}},
			"timeout":          60000.0,
			"excludeCredentials": []any{
				map[string]any{"type": "public-key", "id": encode(first.ID), "transports": []any{}},
			},
			"authenticatorSelection": map[string]any{"requireResidentKey": true, "residentKey": "required", "userVerification": "required"},
			"attestation":            "none",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestCredentialIsKeptWithAllItTells(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		key := &passkeytest.Authenticator{
			Origin: origin, Algorithm: passkeytest.RS256, Counter: 41, Attachment: "cross-platform",
			Flags:      passkeytest.UserPresent | passkeytest.BackupEligible | passkeytest.BackedUp,
			Transports: []string{"usb", "internal", "pigeon", "cable"},
			Format:     "packed", Statement: passkeytest.M{"alg": -257, "sig": []byte("not verified")},
		}
		copy(key.AAGUID[:], "\xfb\xfc\x30\x07\x15\x4e\x4e\xcc\x8c\x0b\x6e\x02\x05\x57\xd7\xbd")
		w.register(t, key)
		got := w.signIn(t).Credentials
		want := []record.Credential{{
			Pool: w.pool.ID, Sub: w.alice.Sub, ID: encode(key.ID), RelyingParty: rp, UserHandle: []byte(w.alice.Sub), PublicKey: key.COSE(t),
			SignCount: 41, BackupEligible: true, BackedUp: true, AAGUID: key.AAGUID[:], Attestation: "packed",
			Attachment: "cross-platform", Transports: []string{"hybrid", "internal", "usb"}, Name: "iCloud Keychain",
			Client: w.client.ID, Created: db.Time(w.clock.Load()),
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestRegistrationRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		type authenticator = passkeytest.Authenticator
		said := func(member string, value any) func(passkeytest.M) {
			return func(data passkeytest.M) { data[member] = value }
		}
		for name, c := range map[string]struct {
			key  authenticator
			want error
		}{
			"another origin":             {authenticator{Origin: "https://evil.example"}, passkey.ErrOrigin},
			"a frame of another origin":  {authenticator{Origin: origin, ClientData: said("crossOrigin", true)}, passkey.ErrOrigin},
			"an unlisted subdomain":      {authenticator{Origin: "https://www.example.com"}, passkey.ErrOrigin},
			"another relying party":      {authenticator{Origin: origin, RelyingParty: "evil.example"}, passkey.ErrRelyingParty},
			"another challenge":          {authenticator{Origin: origin, ClientData: said("challenge", encode(make([]byte, 32)))}, passkey.ErrChallenge},
			"no challenge":               {authenticator{Origin: origin, ClientData: said("challenge", "")}, passkey.ErrChallenge},
			"the other ceremony":         {authenticator{Origin: origin, ClientData: said("type", "webauthn.get")}, passkey.ErrMalformed},
			"an absent user":             {authenticator{Origin: origin, Flags: passkeytest.UserVerified}, passkey.ErrMalformed},
			"an ineligible backup":       {authenticator{Origin: origin, Flags: passkeytest.UserPresent | passkeytest.BackedUp}, passkey.ErrMalformed},
			"an algorithm not asked for": {authenticator{Origin: origin, Algorithm: passkeytest.ES384}, passkey.ErrUnsupported},
			"another curve":              {authenticator{Origin: origin, Algorithm: passkeytest.EdDSA}, passkey.ErrUnsupported},
			"a small key":                {authenticator{Origin: origin, Algorithm: passkeytest.RS256, Bits: 1024}, passkey.ErrUnsupported},
			"another id outside": {authenticator{Origin: origin, Envelope: func(m passkeytest.M) {
				m["id"], m["rawId"] = encode([]byte("other")), encode([]byte("other"))
			}}, passkey.ErrMalformed},
			"a long id": {authenticator{Origin: origin, ID: bytes.Repeat([]byte{1}, 1024)}, passkey.ErrMalformed},
			"no attestation object": {authenticator{Origin: origin, Envelope: func(m passkeytest.M) {
				delete(m["response"].(passkeytest.M), "attestationObject")
			}}, passkey.ErrMalformed},
			"a long document": {authenticator{Origin: origin, Envelope: func(m passkeytest.M) {
				m["extra"] = string(bytes.Repeat([]byte("x"), 64<<10))
			}}, passkey.ErrMalformed},
		} {
			expect(t, name, w.complete(t, c.key.Register(t, w.begin(t))), c.want)
		}
		for _, answer := range []string{``, `null`, `"x"`, `[]`, `{}`, `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`} {
			w.begin(t)
			expect(t, answer, w.complete(t, []byte(answer)), passkey.ErrMalformed)
		}
		if list := w.signIn(t).Credentials; len(list) != 0 {
			t.Errorf("kept: %v", list)
		}
	})
}

func TestUserMustBeVerifiedWhereThePoolDemandsIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		config := w.pool.MFA.WebAuthnConfiguration
		demands := []cognitoidp.WebAuthnConfigurationType{
			{UserVerification: "required"}, {FactorConfiguration: "MULTI_FACTOR_WITH_USER_VERIFICATION"},
		}
		key := w.registered(t)
		present := &passkeytest.Authenticator{Origin: origin, Flags: passkeytest.UserPresent}
		expect(t, "registration, preferred", w.complete(t, present.Register(t, w.begin(t))), nil)
		for _, demand := range demands {
			config.UserVerification, config.FactorConfiguration = demand.UserVerification, demand.FactorConfiguration
			other := &passkeytest.Authenticator{Origin: origin, Flags: passkeytest.UserPresent}
			expect(t, "registration", w.complete(t, other.Register(t, w.begin(t))), passkey.ErrUnsupported)
			_, err := w.assert(t, present)
			expect(t, "sign-in", err, passkey.ErrRefused)
			a, err := w.assert(t, key)
			expect(t, "sign-in of a verified user", err, nil)
			if a != nil && !a.Verified {
				t.Error("the assertion does not tell that the user was verified")
			}
		}
		*config = cognitoidp.WebAuthnConfigurationType{RelyingPartyId: rp, UserVerification: "preferred"}
		a, err := w.assert(t, present)
		expect(t, "sign-in, preferred", err, nil)
		if a != nil && a.Verified {
			t.Error("the assertion tells that the user was verified")
		}
	})
}

func TestRegistrationBelongsToUserAndApp(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		key := &passkeytest.Authenticator{Origin: origin}
		answer := key.Register(t, w.begin(t))
		app, alice := w.client, w.alice
		w.client = &client.Client{ID: id.NewClient(), Pool: w.pool.ID}
		expect(t, "in another app", w.complete(t, answer), passkey.ErrClient)
		w.client, w.alice = app, newUser(w.pool, "bob")
		expect(t, "by another user", w.complete(t, answer), passkey.ErrChallenge)
		w.begin(t)
		expect(t, "by another user who registers, too", w.complete(t, answer), passkey.ErrChallenge)
		w.alice = alice
		expect(t, "by alice", w.complete(t, answer), nil)
		expect(t, "by alice again", w.complete(t, answer), passkey.ErrChallenge)
	})
}

func TestRegistrationWaitsFiveMinutes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		late := (&passkeytest.Authenticator{Origin: origin}).Register(t, w.begin(t))
		w.advance(5 * time.Minute)
		expect(t, "after five minutes", w.complete(t, late), passkey.ErrChallenge)
		former := (&passkeytest.Authenticator{Origin: origin}).Register(t, w.begin(t))
		newer := (&passkeytest.Authenticator{Origin: origin}).Register(t, w.begin(t))
		expect(t, "the former", w.complete(t, former), passkey.ErrChallenge)
		w.advance(5*time.Minute - time.Millisecond)
		expect(t, "the newer", w.complete(t, newer), nil)
	})
}

func TestAnswerThatWasJudgedInTimeIsKeptInTimeToo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		answer := (&passkeytest.Authenticator{Origin: origin}).Register(t, w.begin(t))
		w.advance(5*time.Minute - time.Millisecond)
		var made *passkey.Candidate
		err := w.Read(t.Context(), func(tx *db.Tx) (err error) {
			made, err = w.registration().Judge(tx, answer)
			return err
		})
		expect(t, "judged before five minutes have passed", err, nil)
		w.advance(time.Millisecond)
		expect(t, "kept after", w.Write(t.Context(), made.Keep), passkey.ErrChallenge)
	})
}

func TestPasskeyIsRegisteredOnceInThePool(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		key := w.registered(t)
		expect(t, "again", w.complete(t, key.Register(t, w.begin(t))), passkey.ErrKnown)
		w.alice = newUser(w.pool, "bob")
		expect(t, "for another user", w.complete(t, key.Register(t, w.begin(t))), passkey.ErrKnown)
	})
}

func TestDecoysAreTakenAsUsersPasskeysAre(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 20 {
			decoy := passkey.Decoys(w.box, w.pool, party(t, w.pool), fmt.Sprint("unknown", i))[0]
			taken, err := base64.RawURLEncoding.DecodeString(decoy.ID)
			if err != nil {
				t.Fatal(err)
			}
			answer := (&passkeytest.Authenticator{Origin: origin, ID: taken}).Register(t, w.begin(t))
			expect(t, "a decoy", w.complete(t, answer), passkey.ErrKnown)
			taken[len(taken)-1] ^= 1
			answer = (&passkeytest.Authenticator{Origin: origin, ID: taken}).Register(t, w.begin(t))
			expect(t, "another id", w.complete(t, answer), nil)
			err = w.Write(t.Context(), func(tx *db.Tx) error { return record.DeleteUser(tx, w.pool.ID, w.alice.Sub) })
			expect(t, "delete", err, nil)
		}
	})
}

func TestUserHasTwentyPasskeysAtMost(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range passkey.Most - 1 {
			w.registered(t)
		}
		last := (&passkeytest.Authenticator{Origin: origin}).Register(t, w.begin(t))
		err := w.Write(t.Context(), func(tx *db.Tx) error {
			return record.Insert(tx, &record.Credential{
				Pool: w.pool.ID, Sub: w.alice.Sub, ID: "imported", RelyingParty: "former.example", UserHandle: []byte{1}, PublicKey: []byte{1}, AAGUID: []byte{1},
			})
		})
		expect(t, "insert the 20th", err, nil)
		expect(t, "complete the 21st", w.complete(t, last), passkey.ErrMany)
		err = w.Write(t.Context(), func(tx *db.Tx) error {
			_, err := w.registration().Begin(tx)
			return err
		})
		expect(t, "begin the 21st", err, passkey.ErrMany)
		if n := len(w.signIn(t).Credentials); n != passkey.Most-1 {
			t.Errorf("%d usable, want %d: one is for another relying party", n, passkey.Most-1)
		}
	})
}

func TestOneOfManyCompletionsWins(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		answer := (&passkeytest.Authenticator{Origin: origin}).Register(t, w.begin(t))
		var made *passkey.Candidate
		err := w.Read(t.Context(), func(tx *db.Tx) (err error) {
			made, err = w.registration().Judge(tx, answer)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var wins atomic.Int64
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				err := w.Write(context.WithoutCancel(t.Context()), made.Keep)
				if err == nil {
					wins.Add(1)
				} else if !errors.Is(err, passkey.ErrChallenge) {
					t.Errorf("a loser got %v", err)
				}
			})
		}
		all.Wait()
		if n := len(w.signIn(t).Credentials); wins.Load() != 1 || n != 1 {
			t.Errorf("%d won, %d passkeys, want 1", wins.Load(), n)
		}
	})
}

func TestPoolMustAllowPasskeys(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		begin := func() error {
			return w.Write(t.Context(), func(tx *db.Tx) error {
				_, err := w.registration().Begin(tx)
				return err
			})
		}
		answer := (&passkeytest.Authenticator{Origin: origin}).Register(t, w.begin(t))
		factors := w.pool.Doc.Policies.SignInPolicy
		factors.AllowedFirstAuthFactors = factors.AllowedFirstAuthFactors[:1]
		expect(t, "no factor", begin(), passkey.ErrDisabled)
		expect(t, "no factor any more", w.complete(t, answer), passkey.ErrDisabled)
		config := w.pool.MFA.WebAuthnConfiguration
		config.FactorConfiguration = "MULTI_FACTOR_WITH_USER_VERIFICATION"
		expect(t, "a second factor without MFA", begin(), passkey.ErrDisabled)
		w.pool.MFA.MfaConfiguration = "OPTIONAL"
		expect(t, "a second factor", begin(), nil)
		w.pool.MFA.WebAuthnConfiguration = nil
		w.pool.Doc.Policies = newPool().Doc.Policies
		expect(t, "no relying party", begin(), passkey.ErrUnconfigured)
		expect(t, "no relying party any more", w.complete(t, answer), passkey.ErrDisabled)
	})
}
