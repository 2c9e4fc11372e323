package passkeys_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/passkey/passkeytest"
	"cardea/server/servertest"
	"cardea/spec/awsjson"
)

const invalid = "InvalidParameterException"

func TestUserRegistersListsAndDeletesAPasskey(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, _, who := alice(t, w)
		if list := ids(t, w, who); len(list) != 0 {
			t.Errorf("before: %v", list)
		}
		key := &passkeytest.Authenticator{Origin: origin, Attachment: "platform", Transports: []string{"internal", "hybrid"}}
		options := w.Must(t, "StartWebAuthnRegistration", who)
		if text(options, "CredentialCreationOptions.rp.id") != rp || text(options, "CredentialCreationOptions.user.name") != "alice" {
			t.Errorf("options: %v", options)
		}
		w.Must(t, "CompleteWebAuthnRegistration", made(t, w, who, key))

		out := w.Must(t, "ListWebAuthnCredentials", who)
		shown := out["Credentials"].([]any)[0].(M)
		id := text(shown, "CredentialId")
		want := M{"Credentials": []any{M{
			"CredentialId": id, "FriendlyCredentialName": "Passkey", "RelyingPartyId": rp, "AuthenticatorAttachment": "platform",
			"AuthenticatorTransports": []any{"hybrid", "internal"}, "CreatedAt": float64(w.Now().UnixMilli()) / 1000,
		}}}
		if diff := cmp.Diff(want, out); diff != "" || id == "" {
			t.Errorf("(-want +got):\n%s", diff)
		}

		second := register(t, w, who)
		if out := w.Must(t, "DeleteWebAuthnCredential", with(who, M{"CredentialId": id})); len(out) != 0 {
			t.Errorf("deletion answered %v", out)
		}
		w.Fails(t, "DeleteWebAuthnCredential", with(who, M{"CredentialId": id}), "ResourceNotFoundException", "The passkey does not exist.")
		if diff := cmp.Diff([]string{second}, ids(t, w, who)); diff != "" {
			t.Errorf("left (-want +got):\n%s", diff)
		}
	})
}

func TestCompletionRefuses(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		type authenticator = passkeytest.Authenticator
		pool := poolWith(t, w, M{"UserVerification": "required"})
		client := w.Client(t, pool, M{"CallbackURLs": []string{"https://app.example.com/cb", "https://evil.example/cb"}})
		who := bearer(t, w, pool, client, "alice")
		for name, c := range map[string]struct {
			key  authenticator
			code string
		}{
			"another origin":        {authenticator{Origin: "https://evil.example"}, "WebAuthnOriginNotAllowedException"},
			"an unlisted subdomain": {authenticator{Origin: "https://www.example.com"}, "WebAuthnOriginNotAllowedException"},
			"another relying party": {authenticator{Origin: origin, RelyingParty: "evil.example"}, "WebAuthnRelyingPartyMismatchException"},
			"another challenge": {authenticator{Origin: origin, ClientData: func(data M) { data["challenge"] = strings.Repeat("A", 43) }},
				"WebAuthnChallengeNotFoundException"},
			"an unverified user":   {authenticator{Origin: origin, Flags: passkeytest.UserPresent}, "WebAuthnCredentialNotSupportedException"},
			"another algorithm":    {authenticator{Origin: origin, Algorithm: passkeytest.ES384}, "WebAuthnCredentialNotSupportedException"},
			"the other ceremony":   {authenticator{Origin: origin, ClientData: func(data M) { data["type"] = "webauthn.get" }}, invalid},
			"another type":         {authenticator{Origin: origin, Envelope: func(m M) { m["type"] = "password" }}, invalid},
			"a document too large": {authenticator{Origin: origin, Envelope: func(m M) { m["x"] = strings.Repeat("x", 100<<10) }}, invalid},
		} {
			w.Fails(t, "CompleteWebAuthnRegistration", made(t, w, who, &c.key), c.code, "")
			if t.Failed() {
				t.Fatal(name)
			}
		}
		for _, document := range []any{"x", 1, true, M{}, []int{}, M{"id": M{}}} {
			w.Fails(t, "CompleteWebAuthnRegistration", with(who, M{"Credential": document}), invalid, "")
		}
		if list := ids(t, w, who); len(list) != 0 {
			t.Errorf("kept: %v", list)
		}
		w.Must(t, "CompleteWebAuthnRegistration", made(t, w, who, &authenticator{Origin: "https://app.example.com"}))
	})
}

func TestChallengeIsTheUsersTheAppsAndTheNewest(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, who := alice(t, w)
		bob := bearer(t, w, pool, client, "bob")
		other := M{"AccessToken": w.SignIn(t, w.Client(t, pool, nil), "alice")["AccessToken"]}
		const gone = "WebAuthnChallengeNotFoundException"
		former := made(t, w, who, &passkeytest.Authenticator{Origin: origin})
		newer := made(t, w, who, &passkeytest.Authenticator{Origin: origin})
		w.Fails(t, "CompleteWebAuthnRegistration", former, gone, "")
		w.Fails(t, "CompleteWebAuthnRegistration", with(newer, bob), gone, "")
		w.Fails(t, "CompleteWebAuthnRegistration", with(newer, other), "WebAuthnClientMismatchException", "")
		w.Must(t, "CompleteWebAuthnRegistration", newer)
		w.Fails(t, "CompleteWebAuthnRegistration", newer, gone, "")

		late := made(t, w, who, &passkeytest.Authenticator{Origin: origin})
		w.Advance(5 * time.Minute)
		w.Fails(t, "CompleteWebAuthnRegistration", late, gone, "")
		if err := w.Server.RunJob(t.Context(), "prune passkey registrations"); err != nil {
			t.Error(err)
		}
		if n := len(ids(t, w, who)); n != 1 {
			t.Errorf("%d passkeys, want 1", n)
		}
	})
}

func TestOneOfManyCompletionsWins(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, _, who := alice(t, w)
		complete := made(t, w, who, &passkeytest.Authenticator{Origin: origin})
		const runners = 100
		errs := make([]error, runners)
		var wg sync.WaitGroup
		for i := range runners {
			wg.Go(func() { _, errs[i] = w.Call("CompleteWebAuthnRegistration", complete) })
		}
		wg.Wait()
		winners := 0
		for _, err := range errs {
			fault, failed := errors.AsType[*awsjson.Fault](err)
			switch {
			case err == nil:
				winners++
			case !failed || fault.Code != "WebAuthnChallengeNotFoundException":
				t.Errorf("a loser got %v", err)
			}
		}
		if n := len(ids(t, w, who)); winners != 1 || n != 1 {
			t.Errorf("%d of %d completed, %d passkeys, want 1", winners, runners, n)
		}
	})
}

func TestTwentyPasskeysAreEnough(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		_, _, who := alice(t, w)
		var last string
		for range 20 {
			last = register(t, w, who)
		}
		w.Fails(t, "StartWebAuthnRegistration", who, "LimitExceededException", "A user can have at most 20 passkeys.")
		w.Must(t, "DeleteWebAuthnCredential", with(who, M{"CredentialId": last}))
		register(t, w, who)
	})
}

func TestPasskeyCannotBeRegisteredTwice(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, client, who := alice(t, w)
		bob := bearer(t, w, pool, client, "bob")
		key := &passkeytest.Authenticator{Origin: origin}
		w.Must(t, "CompleteWebAuthnRegistration", made(t, w, who, key))
		for _, user := range []M{who, bob} {
			w.Fails(t, "CompleteWebAuthnRegistration", made(t, w, user, key), invalid, "The passkey is already registered.")
		}
		options := w.Must(t, "StartWebAuthnRegistration", who)
		if got := text(options, "CredentialCreationOptions.excludeCredentials.0.id"); got != ids(t, w, who)[0] {
			t.Errorf("excluded: %q", got)
		}
	})
}

func TestPoolMustAllowPasskeys(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		const disabled, missing = "WebAuthnNotEnabledException", "WebAuthnConfigurationMissingException"
		pool := w.Pool(t, nil)
		who := bearer(t, w, pool, w.Client(t, pool, nil), "alice")
		w.Fails(t, "StartWebAuthnRegistration", who, disabled, "")
		w.Fails(t, "CompleteWebAuthnRegistration", with(who, M{"Credential": M{}}), disabled, "")
		multi := M{"RelyingPartyId": rp, "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}
		configure(t, w, pool, multi)
		w.Fails(t, "StartWebAuthnRegistration", who, disabled, "")
		w.Must(t, "SetUserPoolMfaConfig", M{
			"UserPoolId": pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": M{"Enabled": true},
		})
		options := w.Must(t, "StartWebAuthnRegistration", who)
		if got := text(options, "CredentialCreationOptions.authenticatorSelection.userVerification"); got != "required" {
			t.Errorf("userVerification: %q", got)
		}
		w.Must(t, "ListWebAuthnCredentials", who)

		bare := w.Pool(t, M{"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "WEB_AUTHN"}}}})
		other := bearer(t, w, bare, w.Client(t, bare, nil), "alice")
		w.Fails(t, "StartWebAuthnRegistration", other, missing, "")
		w.Fails(t, "CompleteWebAuthnRegistration", with(other, M{"Credential": M{}}), disabled, "")
	})
}

func TestInvalidTokensAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool, _, who := alice(t, w)
		id := register(t, w, who)
		gone := who
		w.Must(t, "AdminDeleteUser", M{"UserPoolId": pool, "Username": "alice"})
		for operation, in := range map[string]M{
			"StartWebAuthnRegistration": {}, "CompleteWebAuthnRegistration": {"Credential": M{}},
			"ListWebAuthnCredentials": {}, "DeleteWebAuthnCredential": {"CredentialId": id},
		} {
			w.Fails(t, operation, with(in, M{"AccessToken": "eyJ.eyJ.x"}), "NotAuthorizedException", "")
			w.Fails(t, operation, with(in, gone), "NotAuthorizedException", "Access Token has been revoked")
		}
		client := w.Client(t, pool, nil)
		again := bearer(t, w, pool, client, "alice")
		if list := ids(t, w, again); len(list) != 0 {
			t.Errorf("passkeys outlive their user: %v", list)
		}
		w.Fails(t, "DeleteWebAuthnCredential", with(again, M{"CredentialId": fmt.Sprint(strings.Repeat("x", 5000))}), "ResourceNotFoundException", "")
	})
}
