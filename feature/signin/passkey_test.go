package signin_test

import (
	"encoding/json"
	"slices"
	"testing"

	"cardea/engine/passkey/passkeytest"
	"cardea/server/servertest"
)

// passkey registers a passkey for alice.
func (w *world) passkey(t *testing.T, a *passkeytest.Authenticator) *passkeytest.Authenticator {
	t.Helper()
	if a == nil {
		a = &passkeytest.Authenticator{}
	}
	w.registerPasskey(t, a, tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))["AccessToken"])
	return a
}

// registerPasskey registers a passkey for the bearer of an access token.
func (w *world) registerPasskey(t *testing.T, a *passkeytest.Authenticator, access any) {
	t.Helper()
	a.Origin = "http://localhost:3000"
	options := w.Must(t, "StartWebAuthnRegistration", M{"AccessToken": access})["CredentialCreationOptions"]
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	w.Must(t, "CompleteWebAuthnRegistration", M{"AccessToken": access, "Credential": a.Register(t, text)})
}

func TestChoiceOfAPasskey(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		a := w.passkey(t, &passkeytest.Authenticator{Counter: 1})
		if got := available(t, w.choose(t, nil)); !slices.Contains(got, "WEB_AUTHN") {
			t.Errorf("available: %v", got)
		}
		factors := w.Must(t, "AdminGetUserAuthFactors", M{"UserPoolId": w.pool, "Username": "alice"})
		if got := servertest.At(factors, "ConfiguredUserAuthFactors.1"); got != "WEB_AUTHN" {
			t.Errorf("configured: %v", factors)
		}
		out := w.choose(t, M{"PREFERRED_CHALLENGE": "WEB_AUTHN"})
		answer := func(out M) M {
			return M{"CREDENTIAL": a.Assert(t, expect(t, out, "WEB_AUTHN")["CREDENTIAL_REQUEST_OPTIONS"].(string))}
		}
		a.Counter = 2
		right := answer(out)
		w.refused(t, out, M{"CREDENTIAL": "{}"}, "NotAuthorizedException", wrong)
		tokens(t, w.answers(t, out, right))
		w.refused(t, out, right, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")

		next := w.answers(t, w.choose(t, nil), M{"ANSWER": "WEB_AUTHN"})
		w.refused(t, next, right, "NotAuthorizedException", wrong) // another challenge's answer
		a.Counter = 2
		w.refused(t, next, answer(next), "NotAuthorizedException", wrong) // a copy's counter
		a.Counter = 9
		if n := winners(t, w.atOnce(100, "RespondToAuthChallenge", w.reply(next, answer(next))), "session can only be used once"); n != 1 {
			t.Errorf("%d of 100 got tokens", n)
		}
	})
}

func TestUserWhoCancelsThePasskeyMayChooseAgain(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		a := w.passkey(t, nil)
		asked := w.answers(t, w.choose(t, nil), M{"ANSWER": "WEB_AUTHN"})
		expect(t, asked, "WEB_AUTHN")
		again := w.answers(t, M{"ChallengeName": "SELECT_CHALLENGE", "Session": asked["Session"]}, M{"ANSWER": "WEB_AUTHN"})
		w.refused(t, asked, M{"CREDENTIAL": "{}"}, "NotAuthorizedException", wrong) // choosing has not used it up
		options := expect(t, again, "WEB_AUTHN")["CREDENTIAL_REQUEST_OPTIONS"].(string)
		choice := M{"ChallengeName": "SELECT_CHALLENGE", "Session": again["Session"]}
		w.refused(t, choice, M{"ANSWER": "EMAIL_OTP"}, "InvalidParameterException", "")
		tokens(t, w.answers(t, again, M{"CREDENTIAL": a.Assert(t, options)}))
		w.refused(t, choice, M{"ANSWER": "PASSWORD", "PASSWORD": password}, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")

		preferred := w.choose(t, M{"PREFERRED_CHALLENGE": "WEB_AUTHN"})
		tokens(t, w.answers(t, M{"ChallengeName": "SELECT_CHALLENGE", "Session": preferred["Session"]}, M{"ANSWER": "PASSWORD", "PASSWORD": password}))
	})
}

func TestPasskeyIsBothFactorsWhereThePoolSaysSo(t *testing.T) {
	eachFactor(t, "OPTIONAL", func(t *testing.T, w *world) {
		a := w.passkey(t, nil)
		w.give(t, "alice", "phone_number", phone)
		w.prefer(t, "alice", M{"SMSMfaSettings": preferred})
		if got := available(t, w.choose(t, nil)); slices.Contains(got, "WEB_AUTHN") {
			t.Errorf("a passkey that was not switched on would skip the second factor: %v", got)
		}
		w.prefer(t, "alice", M{"WebAuthnMfaSettings": on})
		out := w.choose(t, M{"PREFERRED_CHALLENGE": "WEB_AUTHN"})
		options := expect(t, out, "WEB_AUTHN")["CREDENTIAL_REQUEST_OPTIONS"].(string)
		unverified := *a
		unverified.Flags = passkeytest.UserPresent
		w.refused(t, out, M{"CREDENTIAL": unverified.Assert(t, options)}, "NotAuthorizedException", wrong)
		tokens(t, w.answers(t, out, M{"CREDENTIAL": a.Assert(t, options)}))
	})
}

func TestPasskeyOfAnotherUserOpensNothing(t *testing.T) {
	eachFactor(t, "OFF", func(t *testing.T, w *world) {
		a := w.passkey(t, nil)
		w.user(t, "bob", M{})
		w.Must(t, "UpdateUserPoolClient", M{"UserPoolId": w.pool, "ClientId": w.client, "PreventUserExistenceErrors": "ENABLED",
			"ExplicitAuthFlows": []string{"ALLOW_USER_AUTH"}})
		out := w.choose(t, M{"PREFERRED_CHALLENGE": "WEB_AUTHN"})
		answer := a.Assert(t, out["ChallengeParameters"].(M)["CREDENTIAL_REQUEST_OPTIONS"].(string))
		w.refused(t, out, M{"USERNAME": "bob", "CREDENTIAL": answer}, "NotAuthorizedException", "Invalid session for the user.")

		unknown := 0
		for _, name := range []string{"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "n10", "n11"} {
			out := w.Must(t, "InitiateAuth", w.start("USER_AUTH", name, M{"PREFERRED_CHALLENGE": "WEB_AUTHN"}))
			if out["ChallengeName"] != "WEB_AUTHN" {
				continue
			}
			unknown++
			answer := a.Assert(t, out["ChallengeParameters"].(M)["CREDENTIAL_REQUEST_OPTIONS"].(string))
			w.refused(t, out, M{"USERNAME": name, "CREDENTIAL": answer}, "NotAuthorizedException", wrong)
		}
		if unknown == 0 || unknown == 12 {
			t.Errorf("%d of 12 unknown users have a passkey", unknown)
		}
	})
}
