package signin_test

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newPassword signs the user in with the temporary password and gives the request that answers the challenge.
func (w *world) newPassword(t *testing.T, name string, responses M) (parameters, answer M) {
	t.Helper()
	out := w.Must(t, "InitiateAuth", w.byPassword(name, temporary))
	session, _ := out["Session"].(string)
	if out["ChallengeName"] != "NEW_PASSWORD_REQUIRED" || len(session) < 20 || len(session) > 2048 {
		t.Fatalf("a temporary password answers %v", out)
	}
	given := M{"USERNAME": name, "NEW_PASSWORD": password}
	maps.Copy(given, responses)
	return out["ChallengeParameters"].(M), M{
		"ClientId": w.client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session, "ChallengeResponses": given,
	}
}

func TestATemporaryPasswordMustBeChanged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.invited(t, "bob", M{"UserAttributes": []M{
			{"Name": "email", "Value": "bob@example.com"}, {"Name": "email_verified", "Value": "true"},
		}})
		parameters, answer := w.newPassword(t, "bob", M{"userAttributes.name": "Bob"})
		if parameters["USER_ID_FOR_SRP"] != "bob" || parameters["requiredAttributes"] != "[]" {
			t.Errorf("ChallengeParameters = %v", parameters)
		}
		var shown map[string]string
		if err := json.Unmarshal([]byte(parameters["userAttributes"].(string)), &shown); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"email": "bob@example.com", "email_verified": "true"}, shown); diff != "" {
			t.Errorf("userAttributes (-want +got):\n%s", diff)
		}
		tokens(t, w.Must(t, "RespondToAuthChallenge", answer))

		w.Fails(t, "RespondToAuthChallenge", answer,
			"NotAuthorizedException", "Invalid session for the user, session can only be used once.")
		w.Fails(t, "InitiateAuth", w.byPassword("bob", temporary), "NotAuthorizedException", wrong)
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("bob", password)))
		out := w.Must(t, "AdminGetUser", M{"UserPoolId": w.pool, "Username": "bob"})
		if out["UserStatus"] != "CONFIRMED" {
			t.Errorf("UserStatus = %v", out["UserStatus"])
		}
	})
}

func TestATemporaryPasswordIsChangedAfterSRPAndByAdministrators(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.invited(t, "bob", M{})
		out := w.Must(t, "RespondToAuthChallenge", w.answer(t, w.challenge(t, "bob"), temporary))
		if out["ChallengeName"] != "NEW_PASSWORD_REQUIRED" {
			t.Fatalf("SRP with a temporary password answers %v", out)
		}
		tokens(t, w.Must(t, "AdminRespondToAuthChallenge", M{
			"UserPoolId": w.pool, "ClientId": w.client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": out["Session"],
			"ChallengeResponses": M{"USERNAME": "bob", "NEW_PASSWORD": temporary}, // it may stay the same
		}))
	})
}

func TestANewPasswordSessionWorksOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.invited(t, "bob", M{})
		_, answer := w.newPassword(t, "bob", nil)
		attempts := w.atOnce(100, "RespondToAuthChallenge", answer)
		if n := winners(t, attempts, "session can only be used once."); n != 1 {
			t.Errorf("%d of 100 answers to one session got tokens, want 1", n)
		}
	})
}

func TestANewPasswordSessionIsBound(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.invited(t, "bob", M{})
		w.invited(t, "eve", M{})
		const invalid = "Invalid session for the user."
		_, answer := w.newPassword(t, "bob", nil)
		responses, session := answer["ChallengeResponses"].(M), answer["Session"]

		responses["USERNAME"] = "eve"
		w.Fails(t, "RespondToAuthChallenge", answer, "NotAuthorizedException", invalid)
		responses["USERNAME"] = "bob"
		answer["Session"] = "this-is-no-session-at-all"
		w.Fails(t, "RespondToAuthChallenge", answer, "NotAuthorizedException", invalid)
		answer["Session"], answer["ClientId"] = session, w.Client(t, w.pool, nil)
		w.Fails(t, "RespondToAuthChallenge", answer, "NotAuthorizedException", invalid)
		answer["ClientId"] = w.client

		responses["NEW_PASSWORD"] = "short"
		w.Fails(t, "RespondToAuthChallenge", answer,
			"InvalidPasswordException", "Password did not conform with policy: Password not long enough")
		responses["NEW_PASSWORD"] = password
		w.Advance(3*time.Minute + time.Second)
		w.Fails(t, "RespondToAuthChallenge", answer, "NotAuthorizedException", "Invalid session for the user, session is expired.")

		_, answer = w.newPassword(t, "bob", nil)
		w.Advance(time.Second)
		w.Must(t, "AdminSetUserPassword", M{"UserPoolId": w.pool, "Username": "bob", "Password": "Another-Temp-1", "Permanent": false})
		w.Fails(t, "RespondToAuthChallenge", answer, "NotAuthorizedException", invalid)
	})
}

func TestRequiredAttributesAreAskedFor(t *testing.T) {
	schema := []M{
		{"Name": "name", "AttributeDataType": "String", "Required": true, "Mutable": true},
		{"Name": "badge", "AttributeDataType": "String", "Mutable": false},
	}
	eachWith(t, M{"Schema": schema}, nil, func(t *testing.T, w *world) {
		w.invited(t, "bob", M{"UserAttributes": []M{
			{"Name": "email", "Value": "bob@example.com"}, {"Name": "custom:badge", "Value": "7"},
		}})
		parameters, answer := w.newPassword(t, "bob", nil)
		if parameters["requiredAttributes"] != `["userAttributes.name"]` {
			t.Errorf("requiredAttributes = %v", parameters["requiredAttributes"])
		}
		responses := answer["ChallengeResponses"].(M)
		for _, c := range []struct{ name, value, code, text string }{
			{"", "", "InvalidParameterException", "Invalid attributes given, name is missing"},
			{"email", "eve@example.com", "NotAuthorizedException", "Cannot modify an already provided email"},
			{"email", "bob@example.com", "NotAuthorizedException", "Cannot modify an already provided email"},
			{"custom:badge", "8", "InvalidParameterException", "Cannot modify the non-mutable attribute custom:badge"},
			{"custom:badge", "7", "InvalidParameterException", "Cannot modify the non-mutable attribute custom:badge"},
			{"email_verified", "true", "InvalidParameterException", "Cannot modify the non-mutable attribute email_verified"},
		} {
			if c.name != "" {
				responses["userAttributes."+c.name] = c.value
			}
			w.Fails(t, "RespondToAuthChallenge", answer, c.code, c.text)
			delete(responses, "userAttributes."+c.name)
		}
		responses["userAttributes.name"] = "Bob"
		tokens(t, w.Must(t, "RespondToAuthChallenge", answer))
		out := w.Must(t, "AdminGetUser", M{"UserPoolId": w.pool, "Username": "bob"})
		found := false
		for _, a := range out["UserAttributes"].([]any) {
			found = found || a.(M)["Name"] == "name" && a.(M)["Value"] == "Bob"
		}
		if !found {
			t.Errorf("UserAttributes = %v", out["UserAttributes"])
		}
	})
}

func TestATemporaryPasswordExpires(t *testing.T) {
	policy := M{"PasswordPolicy": M{"MinimumLength": 8, "TemporaryPasswordValidityDays": 2}}
	eachWith(t, M{"Policies": policy}, nil, func(t *testing.T, w *world) {
		w.invited(t, "bob", M{})
		w.Advance(48 * time.Hour)
		w.newPassword(t, "bob", nil)
		w.Advance(time.Second)
		const text = "Temporary password has expired and must be reset by an administrator."
		w.Fails(t, "InitiateAuth", w.byPassword("bob", temporary), "NotAuthorizedException", text)
		w.Fails(t, "RespondToAuthChallenge", w.answer(t, w.challenge(t, "bob"), temporary), "NotAuthorizedException", text)
		w.Fails(t, "InitiateAuth", w.byPassword("bob", "wrong"), "NotAuthorizedException", wrong)
	})
}
