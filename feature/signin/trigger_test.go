package signin_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/server/servertest"
)

// eachTrigger is eachWith for a pool that has the triggers, which are all one scripted function.
func eachTrigger(t *testing.T, triggers []string, pool, client M, body func(t *testing.T, w *world, f *triggertest.Function)) {
	t.Helper()
	t.Parallel()
	settings := servertest.Triggers(triggers...)
	if functions := settings["LambdaConfig"].(M); functions["PreTokenGeneration"] != nil {
		functions["PreTokenGenerationConfig"] = M{"LambdaArn": triggertest.ARN("f"), "LambdaVersion": "V2_0"}
	}
	servertest.EachFunction(t, func(t *testing.T, s *servertest.World, f *triggertest.Function) {
		body(t, furnish(t, s, servertest.With(settings, pool), client), f)
	})
}

// atEnd are the triggers of a sign-in that has succeeded.
var atEnd = []string{"PostAuthentication", "PreTokenGeneration"}

// sources are the occasions that the function was asked at since the first calls.
func sources(f *triggertest.Function, since int) (all []string) {
	for _, call := range f.Calls()[since:] {
		all = append(all, call.Source())
	}
	return all
}

// refuseAt has the function refuse at one occasion.
func refuseAt(f *triggertest.Function, source string) {
	f.Handle(func(call triggertest.Invocation) triggertest.Answer {
		if call.Source() == source {
			return triggertest.Answer{Raise: "not today"}
		}
		return triggertest.Answer{}
	})
}

func TestTriggersAreAskedInOrder(t *testing.T) {
	eachTrigger(t, append([]string{"PreAuthentication"}, atEnd...), nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		begin := w.byPassword("alice", password)
		begin["ClientMetadata"] = M{"from": "the beginning"}
		tokens(t, w.Must(t, "InitiateAuth", begin))
		want := []string{"PreAuthentication_Authentication", "PostAuthentication_Authentication", "TokenGeneration_Authentication"}
		if diff := cmp.Diff(want, sources(f, 0)); diff != "" {
			t.Fatalf("a password (-want +got):\n%s", diff)
		}
		for i, call := range f.Calls() {
			var data any
			if i == 0 {
				data = M{"from": "the beginning"}
			}
			if request := call.Request(); request["clientMetadata"] != nil || !cmp.Equal(request["validationData"], data) {
				t.Errorf("%s: got %v", call.Source(), request)
			}
		}

		begun := len(f.Calls())
		answer := w.answer(t, w.challenge(t, "alice"), password)
		answer["ClientMetadata"] = M{"from": "the answer"}
		tokens(t, w.Must(t, "RespondToAuthChallenge", answer))
		if diff := cmp.Diff(want, sources(f, begun)); diff != "" {
			t.Fatalf("SRP (-want +got):\n%s", diff)
		}
		for _, call := range f.Calls()[begun+1:] {
			if !cmp.Equal(call.Request()["clientMetadata"], any(M{"from": "the answer"})) {
				t.Errorf("%s: got %v", call.Source(), call.Request())
			}
		}

		begun = len(f.Calls())
		w.Fails(t, "InitiateAuth", w.byPassword("alice", "wrong"), "NotAuthorizedException", wrong)
		if diff := cmp.Diff(want[:1], sources(f, begun)); diff != "" {
			t.Errorf("a wrong password (-want +got):\n%s", diff)
		}
	})
}

func TestPreAuthenticationRefuses(t *testing.T) {
	eachTrigger(t, []string{"PreAuthentication"}, nil, M{"PreventUserExistenceErrors": "ENABLED"}, func(t *testing.T, w *world, f *triggertest.Function) {
		refuseAt(f, "PreAuthentication_Authentication")
		for _, in := range []M{w.byPassword("alice", password), w.byPassword("alice", "wrong"), w.byPassword("nobody", "wrong")} {
			w.Fails(t, "InitiateAuth", in, "UserLambdaValidationException", "PreAuthentication failed with error not today.")
		}
		for i, call := range f.Calls() {
			if unknown := call.Request()["userNotFound"]; unknown != (i == 2) {
				t.Errorf("call %d: userNotFound is %v", i, unknown)
			}
		}
	})
}

func TestRefusalsAtTheEndLeaveNothing(t *testing.T) {
	for trigger, source := range map[string]string{
		"PostAuthentication": "PostAuthentication_Authentication", "PreTokenGeneration": "TokenGeneration_Authentication",
	} {
		t.Run(trigger, func(t *testing.T) {
			eachTrigger(t, atEnd, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
				answer := w.answer(t, w.challenge(t, "alice"), password)
				refuseAt(f, source)
				w.Fails(t, "RespondToAuthChallenge", answer, "UserLambdaValidationException", trigger+" failed with error not today.")
				f.Script(triggertest.Answer{})
				tokens(t, w.Must(t, "RespondToAuthChallenge", answer)) // the answer was not used up
				w.Fails(t, "RespondToAuthChallenge", answer, "NotAuthorizedException", wrong)
			})
		})
	}
}

func TestWhatChangesWhileAFunctionRunsIsSeen(t *testing.T) {
	eachTrigger(t, atEnd, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		f.Handle(func(triggertest.Invocation) triggertest.Answer {
			w.Must(t, "AdminDisableUser", M{"UserPoolId": w.pool, "Username": "alice"})
			return triggertest.Answer{}
		})
		w.Fails(t, "InitiateAuth", w.byPassword("alice", password), "NotAuthorizedException", "User is disabled.")
	})
}

func TestFunctionsRunOutsideOfTransactions(t *testing.T) {
	eachTrigger(t, atEnd, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		w.Must(t, "SetUserPoolMfaConfig", M{
			"UserPoolId": w.pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": M{"Enabled": true},
		})
		first := tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))
		secret := w.SoftwareToken(t, first["AccessToken"])
		w.prefer(t, "alice", M{"SoftwareTokenMfaSettings": preferred})
		w.Advance(time.Minute)
		begun := len(f.Calls())
		f.Handle(func(call triggertest.Invocation) triggertest.Answer {
			w.give(t, "alice", "nickname", call.Source()) // it waits for a transaction that is open
			return triggertest.Answer{}
		})
		challenge := w.Must(t, "InitiateAuth", w.byPassword("alice", password))
		expect(t, challenge, "SOFTWARE_TOKEN_MFA")
		if len(f.Calls()) != begun {
			t.Errorf("asked before the second factor: %v", sources(f, begun))
		}
		result := tokens(t, w.answers(t, challenge, M{"SOFTWARE_TOKEN_MFA_CODE": w.SoftwareCode(t, secret)}))
		if got := payload(t, result["IdToken"].(string))["nickname"]; got != "TokenGeneration_Authentication" {
			t.Errorf("the nickname is %v", got)
		}
	})
}

func TestTheOccasionOfTokensIsTold(t *testing.T) {
	eachTrigger(t, []string{"PreTokenGeneration"}, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		w.invited(t, "bob", M{})
		out := w.Must(t, "InitiateAuth", w.byPassword("bob", temporary))
		result := tokens(t, w.Must(t, "RespondToAuthChallenge", M{
			"ClientId": w.client, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": out["Session"],
			"ChallengeResponses": M{"USERNAME": "bob", "NEW_PASSWORD": password},
		}))
		metadata := M{"k": "v"}
		w.Must(t, "InitiateAuth", M{
			"ClientId": w.client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": M{"REFRESH_TOKEN": result["RefreshToken"]}, "ClientMetadata": metadata,
		})
		want := []string{"TokenGeneration_NewPasswordChallenge", "TokenGeneration_RefreshTokens"}
		if diff := cmp.Diff(want, sources(f, 0)); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		calls := f.Calls()
		if status := calls[0].Request()["userAttributes"].(map[string]any)["cognito:user_status"]; status != "CONFIRMED" {
			t.Errorf("after a new password, the user is %v", status)
		}
		if got := calls[1].Request()["clientMetadata"]; got != nil {
			t.Errorf("InitiateAuth passes %v on", got)
		}
	})
}

func TestDevicesAreTold(t *testing.T) {
	pool := M{
		"SmsConfiguration": texting(), "MfaConfiguration": "OPTIONAL",
		"DeviceConfiguration": M{"ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false},
	}
	eachTrigger(t, atEnd, pool, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		w.give(t, "alice", "phone_number", phone)
		w.prefer(t, "alice", M{"SMSMfaSettings": preferred})
		d := w.confirm(t, w.signIn(t, ""))
		begun := len(f.Calls())
		tokens(t, w.Must(t, "RespondToAuthChallenge", w.prove(t, d, w.onDevice(t, d))))
		if diff := cmp.Diff([]string{"PostAuthentication_Authentication", "TokenGeneration_AuthenticateDevice"}, sources(f, begun)); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		for i, isNew := range map[int]bool{0: true, begun: false} {
			if got := f.Calls()[i].Request()["newDeviceUsed"]; got != isNew {
				t.Errorf("call %d: newDeviceUsed is %v", i, got)
			}
		}
	})
}

func TestRefreshesAskForTheirClaims(t *testing.T) {
	rotation := M{
		"ExplicitAuthFlows":    []string{"ALLOW_USER_PASSWORD_AUTH"},
		"RefreshTokenRotation": M{"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
	}
	eachTrigger(t, []string{"PreTokenGeneration"}, nil, rotation, func(t *testing.T, w *world, f *triggertest.Function) {
		result := tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))
		in := M{"ClientId": w.client, "RefreshToken": result["RefreshToken"], "ClientMetadata": M{"k": "v"}}
		refuseAt(f, "TokenGeneration_RefreshTokens")
		w.Fails(t, "GetTokensFromRefreshToken", in, "UserLambdaValidationException", "PreTokenGeneration failed with error not today.")
		f.Script(triggertest.Answer{Response: M{"claimsAndScopeOverrideDetails": M{"idTokenGeneration": M{"claimsToAddOrOverride": M{"tenant": "t1"}}}}})
		out := w.Must(t, "GetTokensFromRefreshToken", in)
		if got := payload(t, servertest.Text(out, "AuthenticationResult.IdToken"))["tenant"]; got != "t1" {
			t.Errorf("tenant is %v", got)
		}
		calls := f.Calls()
		if got := calls[len(calls)-1].Request()["clientMetadata"]; !cmp.Equal(got, any(M{"k": "v"})) {
			t.Errorf("metadata is %v", got)
		}
		w.Fails(t, "GetTokensFromRefreshToken", in, "RefreshTokenReuseException", "")
	})
}

func TestTokensSayWhatTheFunctionHasThemSay(t *testing.T) {
	eachTrigger(t, []string{"PreTokenGeneration"}, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		w.give(t, "alice", "email", mailbox, "email_verified", "true", "name", "Alice")
		w.Must(t, "CreateGroup", M{"UserPoolId": w.pool, "GroupName": "staff"})
		w.Must(t, "AdminAddUserToGroup", M{"UserPoolId": w.pool, "Username": "alice", "GroupName": "staff"})
		plain := tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))
		if got := f.Calls()[0].Request()["groupConfiguration"]; !cmp.Equal(got.(map[string]any)["groupsToOverride"], any([]any{"staff"})) {
			t.Errorf("the function is told of the groups %v", got)
		}
		if got := f.Calls()[0].Request()["scopes"]; !cmp.Equal(got, any([]any{"aws.cognito.signin.user.admin"})) {
			t.Errorf("the function is told of the scopes %v", got)
		}

		f.Script(triggertest.Answer{Response: M{"claimsAndScopeOverrideDetails": M{
			"idTokenGeneration": M{
				"claimsToAddOrOverride": M{"tenant": "t1", "email": "other@example.com", "sub": "x", "level": 7, "tags": []string{"a", "b\"c"}},
				"claimsToSuppress":      []string{"name", "iss"},
			},
			"accessTokenGeneration": M{
				"claimsToAddOrOverride": M{"tenant": "t1"}, "scopesToAdd": []string{"api/read"}, "scopesToSuppress": []string{"aws.cognito.signin.user.admin"},
			},
			"groupOverrideDetails": M{"groupsToOverride": []string{"admins"}, "iamRolesToOverride": []string{"arn:aws:iam::123456789012:role/r"}, "preferredRole": "arn:aws:iam::123456789012:role/r"},
		}}})
		changed := tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))
		for token, want := range map[string]M{
			"IdToken": {
				"tenant": "t1", "email": "other@example.com", "level": 7.0, "tags": []any{"a", "b\"c"}, "name": nil,
				"cognito:groups": []any{"admins"}, "cognito:roles": []any{"arn:aws:iam::123456789012:role/r"}, "cognito:preferred_role": "arn:aws:iam::123456789012:role/r",
			},
			"AccessToken": {"tenant": "t1", "scope": "api/read", "cognito:groups": []any{"admins"}},
		} {
			before, after := payload(t, plain[token].(string)), payload(t, changed[token].(string))
			for _, always := range []string{"sub", "iss", "token_use"} {
				want[always] = before[always]
			}
			for claim, value := range want {
				if !cmp.Equal(after[claim], value) {
					t.Errorf("%s: %s is %v, want %v", token, claim, after[claim], value)
				}
			}
		}
		w.Fails(t, "GetUser", M{"AccessToken": changed["AccessToken"]}, "NotAuthorizedException", "")
	})
}

// payload is what a token says, each claim once.
func payload(t *testing.T, token string) (claims M) {
	t.Helper()
	parts := strings.Split(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	for claim := range claims {
		name, _ := json.Marshal(claim)
		if strings.Count(string(text), string(name)+":") != 1 {
			t.Errorf("%s is there twice in %s", claim, text)
		}
	}
	return claims
}
