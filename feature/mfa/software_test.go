package mfa_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/record/softwaretoken"
	"cardea/server/servertest"
	"cardea/spec/id"
)

// factors are the members of GetUser or AdminGetUser about second factors.
func factors(out M) M {
	shown := M{}
	for _, name := range []string{"PreferredMfaSetting", "UserMFASettingList", "MFAOptions"} {
		if value, there := out[name]; there {
			shown[name] = value
		}
	}
	return shown
}

// expect compares what users and administrators are shown of alice's factors.
func (p *pool) expect(t *testing.T, bearer, want M) {
	t.Helper()
	if diff := cmp.Diff(want, factors(p.Must(t, "GetUser", bearer))); diff != "" {
		t.Errorf("GetUser (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, factors(p.Must(t, "AdminGetUser", p.user("alice")))); diff != "" {
		t.Errorf("AdminGetUser (-want +got):\n%s", diff)
	}
	delete(want, "MFAOptions")
	if diff := cmp.Diff(want, factors(p.Must(t, "GetUserAuthFactors", bearer))); diff != "" {
		t.Errorf("GetUserAuthFactors (-want +got):\n%s", diff)
	}
}

func TestSoftwareTokenIsSetUpWithAnAccessToken(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		bearer := p.bearer(t)
		verify := func(code string) M { return with(bearer, M{"UserCode": code, "FriendlyDeviceName": "phone"}) }
		w.Fails(t, "VerifySoftwareToken", verify("123456"), noToken, "Software Token MFA does not exist for the user.")

		first := w.Must(t, "AssociateSoftwareToken", bearer)
		secret := text(first, "SecretCode")
		if len(secret) != 52 || strings.ToUpper(secret) != secret || len(first) != 1 {
			t.Errorf("associated: %v", first)
		}
		p.expect(t, bearer, M{})
		code := w.SoftwareCode(t, secret)
		w.Fails(t, "VerifySoftwareToken", verify(wrong(code)), mismatch, "Code mismatch")

		second := text(w.Must(t, "AssociateSoftwareToken", bearer), "SecretCode")
		w.Fails(t, "VerifySoftwareToken", verify(code), mismatch, "Code mismatch") // of the first
		code = w.SoftwareCode(t, second)
		if diff := cmp.Diff(M{"Status": "SUCCESS"}, w.Must(t, "VerifySoftwareToken", verify(code))); diff != "" {
			t.Errorf("verified (-want +got):\n%s", diff)
		}
		p.expect(t, bearer, M{}) // no preference names it
		if got := p.challenge(t, "alice"); got != "SOFTWARE_TOKEN_MFA" {
			t.Errorf("challenge %q, want SOFTWARE_TOKEN_MFA", got)
		}
		w.Fails(t, "VerifySoftwareToken", verify(code), noToken, "")
	})
}

func TestCodesOfTheHalfMinutesAroundAreTaken(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		bearer := newPool(t, w).bearer(t)
		for later, want := range map[time.Duration]string{
			-60 * time.Second: mismatch, -30 * time.Second: "", 0: "", 30 * time.Second: "", 60 * time.Second: mismatch,
		} {
			secret := text(w.Must(t, "AssociateSoftwareToken", bearer), "SecretCode")
			w.Advance(-later)
			in := with(bearer, M{"UserCode": w.SoftwareCode(t, secret)})
			w.Advance(later)
			if want == "" {
				w.Must(t, "VerifySoftwareToken", in)
			} else {
				w.Fails(t, "VerifySoftwareToken", in, want, "")
			}
		}
		for _, code := range []string{"", "12345", "1234567", "12345a", "１２３４５６"} {
			w.Fails(t, "VerifySoftwareToken", with(bearer, M{"UserCode": code}), invalid, "")
		}
	})
}

func TestSoftwareTokensNeedAPoolThatOffersThem(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		bearer := p.bearer(t)
		session := p.session(t, p.client, "alice")
		w.SoftwareToken(t, bearer["AccessToken"])
		waiting := text(w.Must(t, "AssociateSoftwareToken", bearer), "SecretCode")

		p.mode(t, "OPTIONAL", M{"SoftwareTokenMfaConfiguration": nil})
		const message = "Software Token MFA has not been enabled by the userPool"
		code := M{"UserCode": w.SoftwareCode(t, waiting)}
		for _, credential := range []M{bearer, {"Session": session}} {
			w.Fails(t, "AssociateSoftwareToken", credential, noToken, message)
			w.Fails(t, "VerifySoftwareToken", with(credential, code), noToken, message)
		}
		prefer := M{"SoftwareTokenMfaSettings": M{"Enabled": true, "PreferredMfa": true}}
		w.Must(t, "SetUserMFAPreference", with(bearer, prefer)) // a registered one stays usable
		w.Must(t, "SetUserMFAPreference", with(bearer, M{"SoftwareTokenMfaSettings": M{"Enabled": false}}))
		w.Fails(t, "SetUserMFAPreference", with(bearer, prefer), invalid, "")
	})
}

func TestExactlyOneCredentialIsTaken(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		both := with(p.bearer(t), M{"Session": p.session(t, p.client, "alice")})
		code := M{"UserCode": "123456"}
		for _, credential := range []M{{}, both} {
			w.Fails(t, "AssociateSoftwareToken", credential, invalid, "")
			w.Fails(t, "VerifySoftwareToken", with(credential, code), invalid, "")
		}
		for _, credential := range []M{{"AccessToken": "eyJ.eyJ.x"}, {"Session": strings.Repeat("A", 40)}, {"Session": strings.Repeat("!", 2048)}} {
			w.Fails(t, "AssociateSoftwareToken", credential, refused, "")
			w.Fails(t, "VerifySoftwareToken", with(credential, code), refused, "")
		}
		w.Fails(t, "VerifySoftwareToken", with(code, M{"AccessToken": both["AccessToken"], "FriendlyDeviceName": strings.Repeat("☕", 257)}), invalid, "")
		w.Must(t, "DeleteUser", M{"AccessToken": both["AccessToken"]})
		w.Fails(t, "AssociateSoftwareToken", M{"AccessToken": both["AccessToken"]}, refused, "Access Token has been revoked")
		w.Fails(t, "VerifySoftwareToken", with(code, M{"AccessToken": both["AccessToken"]}), "UserNotFoundException", "")
		w.Fails(t, "AssociateSoftwareToken", M{"Session": both["Session"]}, refused, "Invalid session for the user.")
	})
}

func TestCodeVerifiesOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		bearer := p.bearer(t)
		secret := text(w.Must(t, "AssociateSoftwareToken", bearer), "SecretCode")
		race(t, w, "VerifySoftwareToken", with(bearer, M{"UserCode": w.SoftwareCode(t, secret)}), noToken)

		p.mode(t, "ON", nil)
		w.User(t, p.id, "bob")
		set := w.Must(t, "AssociateSoftwareToken", M{"Session": p.session(t, p.client, "bob")})
		code := w.SoftwareCode(t, text(set, "SecretCode"))
		race(t, w, "VerifySoftwareToken", M{"Session": set["Session"], "UserCode": code}, refused)
	})
}

func TestGuessesAreLimited(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		bearer := newPool(t, w).bearer(t)
		secret := text(w.Must(t, "AssociateSoftwareToken", bearer), "SecretCode")
		guess := func() M { return with(bearer, M{"UserCode": wrong(w.SoftwareCode(t, secret))}) }
		for range 5 {
			w.Fails(t, "VerifySoftwareToken", guess(), mismatch, "")
		}
		right := func() M { return with(bearer, M{"UserCode": w.SoftwareCode(t, secret)}) }
		for range 3 { // not counted
			w.Fails(t, "VerifySoftwareToken", guess(), refused, "Password attempts exceeded")
			w.Fails(t, "VerifySoftwareToken", right(), refused, "Password attempts exceeded")
		}
		w.Advance(time.Second)
		w.Fails(t, "VerifySoftwareToken", guess(), mismatch, "")
		w.Advance(time.Second)
		w.Fails(t, "VerifySoftwareToken", right(), refused, "")
		w.Advance(time.Second)
		w.Must(t, "VerifySoftwareToken", right())

		secret = text(w.Must(t, "AssociateSoftwareToken", bearer), "SecretCode")
		for range 4 {
			w.Fails(t, "VerifySoftwareToken", guess(), mismatch, "")
		}
		w.Must(t, "VerifySoftwareToken", right())
	})
}

func TestAdministratorsDeleteSoftwareTokens(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		bearer := p.bearer(t)
		const none = "Software token MFA has not been configured for this user"
		w.Fails(t, "AdminDeleteSoftwareToken", p.user("alice"), "ResourceNotFoundException", none)
		w.Must(t, "AssociateSoftwareToken", bearer)
		w.Fails(t, "AdminDeleteSoftwareToken", p.user("alice"), "ResourceNotFoundException", none)
		w.Fails(t, "AdminDeleteSoftwareToken", p.user("unknown"), "UserNotFoundException", "")
		w.Fails(t, "AdminDeleteSoftwareToken", M{"UserPoolId": "us-east-1_nowhere00", "Username": "alice"}, "ResourceNotFoundException", "")

		w.SoftwareToken(t, bearer["AccessToken"])
		w.Must(t, "SetUserMFAPreference", with(bearer, M{
			"SMSMfaSettings": M{"Enabled": true}, "SoftwareTokenMfaSettings": M{"Enabled": true, "PreferredMfa": true},
		}))
		waiting := text(w.Must(t, "AssociateSoftwareToken", bearer), "SecretCode")
		if out := w.Must(t, "AdminDeleteSoftwareToken", p.user("alice")); len(out) != 0 {
			t.Errorf("answer %v, want {}", out)
		}
		p.expect(t, bearer, M{"UserMFASettingList": []any{"SMS_MFA"}, "MFAOptions": []any{M{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}}})
		w.Fails(t, "VerifySoftwareToken", with(bearer, M{"UserCode": w.SoftwareCode(t, waiting)}), noToken, "")
		w.Fails(t, "AdminDeleteSoftwareToken", p.user("alice"), "ResourceNotFoundException", none)
		w.SoftwareToken(t, bearer["AccessToken"])
	})
}

func TestSoftwareTokenIsDeletedWithItsUser(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		bearer := p.bearer(t)
		sub := id.Sub(text(w.Must(t, "GetUser", bearer), "UserAttributes.0.Value"))
		w.SoftwareToken(t, bearer["AccessToken"])
		look := func() error {
			return w.DB.Read(t.Context(), func(tx *db.Tx) error {
				_, err := softwaretoken.Get(tx, id.Pool(p.id), sub)
				return err
			})
		}
		if err := look(); err != nil {
			t.Fatal(err)
		}
		w.Must(t, "AdminDeleteUser", p.user("alice"))
		if err := look(); !errors.Is(err, db.ErrNotFound) {
			t.Errorf("after the user: %v", err)
		}
	})
}
