package mfa_test

import (
	"encoding/json"
	"slices"
	"testing"

	"cardea/server/servertest"
)

func TestUserWithoutAnyFactorThatThePoolAllowsIsToldSo(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		w.User(t, p.id, "bare")
		p.mode(t, "ON", M{"SoftwareTokenMfaConfiguration": nil, "EmailMfaConfiguration": nil})

		const none = "No MFA mechanism registerd in the account."
		w.Fails(t, "AdminInitiateAuth", p.byPassword("bare"), "MFAMethodNotFoundException", none)
		w.Fails(t, "InitiateAuth", M{ // its model has no code for that
			"ClientId": p.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": p.byPassword("bare")["AuthParameters"],
		}, refused, none)
		if got := p.challenge(t, "alice"); got != "SMS_MFA" {
			t.Errorf("challenge %q, want SMS_MFA", got)
		}
	})
}

func TestPhoneIsListedAmongWhatCanBeSetUp(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := newPool(t, w)
		w.User(t, p.id, "bare")
		p.mode(t, "ON", M{"EmailMfaConfiguration": nil})

		out := w.Must(t, "AdminInitiateAuth", p.byPassword("bare"))
		var list []string
		if err := json.Unmarshal([]byte(text(out, "ChallengeParameters.MFAS_CAN_SETUP")), &list); err != nil {
			t.Fatal(err)
		}
		if want := []string{"SMS_MFA", "SOFTWARE_TOKEN_MFA"}; !slices.Equal(list, want) {
			t.Errorf("can be set up: %v, want %v", list, want)
		}
		w.Fails(t, "AdminRespondToAuthChallenge", M{
			"UserPoolId": p.id, "ClientId": p.client, "ChallengeName": "MFA_SETUP", "Session": out["Session"],
			"ChallengeResponses": M{"USERNAME": "bare", "phone_number": "+15550100777"},
		}, noToken, "")
		w.Must(t, "AdminUpdateUserAttributes", with(p.user("bare"), M{"UserAttributes": servertest.Attributes("phone_number", "+15550100777")}))
		if got := p.challenge(t, "bare"); got != "SMS_MFA" {
			t.Errorf("with a number: challenge %q, want SMS_MFA", got)
		}
	})
}
