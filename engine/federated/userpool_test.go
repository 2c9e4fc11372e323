package federated_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"cardea/engine/federated"
	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/server/servertest"
	"cardea/spec/id"
)

func TestUserPoolsHaveOneNameWhateverTheyAreCalled(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		jwt := w.idToken(t)
		for _, provider := range []string{
			w.name, "issuer-" + w.name, "localhost:9229/" + w.pool, "http://localhost:9229/" + w.pool, "https://" + w.name,
		} {
			got, err := w.verify(t, provider, jwt)
			if err != nil {
				t.Errorf("%s: %v", provider, err)
				continue
			}
			if got.Provider != w.name || got.Audience != w.client || got.Subject == "" || got.Claims["cognito:username"][0] != "alice" ||
				got.Detail != w.name+":CognitoSignIn:"+got.Subject || got.Mapping() != w.name+":"+w.client {
				t.Errorf("%s: got %+v", provider, got)
			}
		}
		for _, provider := range []string{
			"cognito-idp.eu-west-1.amazonaws.com/" + w.pool, "evil.example/" + w.pool, "localhost:9229/" + w.pool + "/", w.pool,
			"cognito-idp.us-east-1.amazonaws.com/us-east-1_other0000",
		} {
			w.fails(t, provider, jwt, federated.ErrUnsupported)
		}
	})
}

func TestTokensThatAreNoIDTokensOfThePoolAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		tokens := w.SignIn(t, w.client, "alice")
		id := servertest.Text(tokens, "IdToken")
		var missing *federated.ClaimError
		if _, err := w.verify(t, w.name, servertest.Text(tokens, "AccessToken")); !errors.As(err, &missing) || missing.Claim != "aud" {
			t.Errorf("an access token: %v", err)
		}
		w.fails(t, w.name, "garbage", federated.ErrNotIdentity)
		w.fails(t, w.name, servertest.Text(tokens, "RefreshToken"), federated.ErrNotIdentity)
		w.fails(t, w.name, id+strings.Repeat("A", 50_000), federated.ErrNotIdentity)
		w.fails(t, w.name, changed(t, id, func(h, _ M) { h["alg"] = "none" }), federated.ErrSignature)
		w.fails(t, w.name, changed(t, id, func(h, _ M) { h["alg"] = "HS256" }), federated.ErrSignature)
		w.fails(t, w.name, changed(t, id, func(h, _ M) { h["kid"] = "foreign" }), federated.ErrSignature)
		w.fails(t, w.name, changed(t, id, func(_, c M) { c["cognito:groups"] = []string{"admins"} }), federated.ErrSignature)
		w.fails(t, w.name, changed(t, id, func(_, c M) { c["iss"] = "http://localhost:9229/us-east-1_other0000" }), federated.ErrIssuer)
		w.fails(t, w.name, changed(t, id, func(_, c M) { c["token_use"] = "access" }), federated.ErrNotIdentity)
		w.fails(t, w.name, changed(t, id, func(_, c M) { c["aud"] = "another" }), federated.ErrUnsupported)

		// An access token with an audience is none, whatever it says of itself: it is signed with another key.
		access := servertest.Text(tokens, "AccessToken")
		w.fails(t, w.name, changed(t, access, func(_, c M) { c["aud"], c["token_use"] = w.client, "id" }), federated.ErrSignature)
	})
}

// changed edits the header and the claims of a token, and keeps the signature.
func changed(t *testing.T, jwt string, edit func(header, claims M)) string {
	t.Helper()
	parts := strings.Split(jwt, ".")
	var objects [2]M
	for i := range objects {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &objects[i]); err != nil {
			t.Fatal(err)
		}
	}
	edit(objects[0], objects[1])
	for i, object := range objects {
		raw, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		parts[i] = base64.RawURLEncoding.EncodeToString(raw)
	}
	return strings.Join(parts, ".")
}

func TestIDTokensExpire(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		jwt := w.idToken(t)
		for range 2 { // verified, then remembered
			if _, err := w.verify(t, w.name, jwt); err != nil {
				t.Fatal(err)
			}
		}
		w.Advance(time.Hour - time.Minute)
		if _, err := w.verify(t, w.name, jwt); err != nil { // which is remembered for less than five minutes
			t.Fatal(err)
		}
		w.Advance(time.Minute)
		var expired *federated.ExpiredError
		if _, err := w.verify(t, w.name, jwt); !errors.As(err, &expired) || expired.Now < expired.Expired {
			t.Errorf("got %v", err)
		}
	})
}

func TestOnlyPoolsThatCheckSeeTheEndOfASignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ends := map[string]func(tokens M){
			"signed out": func(M) { w.Must(t, "AdminUserGlobalSignOut", M{"UserPoolId": w.pool, "Username": "alice"}) },
			"revoked": func(tokens M) {
				w.Must(t, "RevokeToken", M{"ClientId": w.client, "Token": tokens["RefreshToken"]})
			},
			"disabled": func(M) { w.Must(t, "AdminDisableUser", M{"UserPoolId": w.pool, "Username": "alice"}) },
			"deleted":  func(M) { w.Must(t, "AdminDeleteUser", M{"UserPoolId": w.pool, "Username": "alice"}) },
		}
		for _, name := range []string{"signed out", "revoked", "disabled", "deleted"} {
			tokens := w.SignIn(t, w.client, "alice")
			jwt := servertest.Text(tokens, "IdToken")
			w.identities.CognitoIdentityProviders[0].ServerSideTokenCheck = nil
			if _, err := w.verify(t, w.name, jwt); err != nil {
				t.Fatal(err)
			}
			w.check()
			if _, err := w.verify(t, w.name, jwt); err != nil {
				t.Fatalf("before they were %s: %v", name, err)
			}
			ends[name](tokens)
			w.fails(t, w.name, jwt, federated.ErrEnded)
			w.identities.CognitoIdentityProviders[0].ServerSideTokenCheck = nil
			if _, err := w.verify(t, w.name, jwt); err != nil {
				t.Errorf("%s, unchecked: %v", name, err)
			}
			if name == "disabled" {
				w.Must(t, "AdminEnableUser", M{"UserPoolId": w.pool, "Username": "alice"})
			}
		}
	})
}

func TestLoginsOfADeletedPoolEnd(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		jwt := w.idToken(t)
		if _, err := w.verify(t, w.name, jwt); err != nil {
			t.Fatal(err)
		}
		w.Must(t, "DeleteUserPool", M{"UserPoolId": w.pool})
		w.fails(t, w.name, jwt, federated.ErrUnsupported)
	})
}

func TestPoolsWithoutProvidersAcceptNoLogin(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.identities.CognitoIdentityProviders = nil
		w.fails(t, "accounts.google.com", w.idToken(t), federated.ErrNoProvider)
		w.fails(t, "cognito-identity.amazonaws.com", w.idToken(t), federated.ErrOwnToken)
	})
}

// Whether an identity pool asks for it or not, a user whose sessions were ended with all of their pool's signs in again.
func TestLoginsEndWithAllSessionsOfThePool(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		end := func() {
			t.Helper()
			if err := w.DB.Write(t.Context(), func(tx *db.Tx) error { return pool.SignOut(tx, id.Pool(w.pool), w.Now()) }); err != nil {
				t.Fatal(err)
			}
		}
		w.Advance(w.Now().Truncate(time.Second).Add(time.Second).Sub(w.Now())) // the beginning of a second
		earlier := w.idToken(t)
		w.Advance(2*time.Second + 400*time.Millisecond)
		old := w.idToken(t)
		for _, jwt := range []string{earlier, old} {
			if _, err := w.verify(t, w.name, jwt); err != nil { // and remembered
				t.Fatal(err)
			}
		}
		w.Advance(200 * time.Millisecond)
		end()
		young := w.idToken(t) // in the same second
		w.Advance(2 * time.Second)
		w.fails(t, w.name, earlier, federated.ErrEnded)
		w.fails(t, w.name, old, federated.ErrEnded)
		for range 2 {
			if _, err := w.verify(t, w.name, young); err != nil {
				t.Errorf("who has signed in since: %v", err)
			}
		}
	})
}
