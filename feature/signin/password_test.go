package signin_test

import (
	"strings"
	"testing"
	"time"
)

func TestPasswordFlowsSignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))
		for _, flow := range []string{"ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"} {
			in := w.byPassword("alice", password)
			in["AuthFlow"], in["UserPoolId"] = flow, w.pool
			tokens(t, w.Must(t, "AdminInitiateAuth", in))
		}
	})
}

func TestStatusIsCheckedBeforeThePassword(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Must(t, "SignUp", M{"ClientId": w.client, "Username": "new", "Password": password})
		w.user(t, "reset", M{"UserAttributes": []M{
			{"Name": "email", "Value": "r@example.com"}, {"Name": "email_verified", "Value": "true"},
		}})
		w.Must(t, "AdminResetUserPassword", M{"UserPoolId": w.pool, "Username": "reset"})
		w.user(t, "off", M{})
		w.Must(t, "AdminDisableUser", M{"UserPoolId": w.pool, "Username": "off"})
		for _, c := range []struct{ name, code, text string }{
			{"unknown", "UserNotFoundException", "User does not exist."},
			{"off", "NotAuthorizedException", "User is disabled."},
			{"new", "UserNotConfirmedException", "User is not confirmed."},
			{"reset", "PasswordResetRequiredException", "Password reset required for the user"},
			{"alice", "NotAuthorizedException", wrong},
		} {
			w.Fails(t, "InitiateAuth", w.byPassword(c.name, "wrong"), c.code, c.text)
			if c.name == "unknown" {
				continue
			}
			w.Fails(t, "RespondToAuthChallenge", w.answer(t, w.challenge(t, c.name), "wrong"), c.code, c.text)
		}
		w.Fails(t, "InitiateAuth", M{
			"ClientId": w.client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": M{"USERNAME": "unknown", "SRP_A": "2"},
		}, "UserNotFoundException", "User does not exist.")
	})
}

func TestAHidingClientIsNotToldWhichUsersExist(t *testing.T) {
	eachWith(t, nil, M{"PreventUserExistenceErrors": "ENABLED"}, func(t *testing.T, w *world) {
		w.user(t, "reset", M{"UserAttributes": []M{
			{"Name": "email", "Value": "r@example.com"}, {"Name": "email_verified", "Value": "true"},
		}})
		w.Must(t, "AdminResetUserPassword", M{"UserPoolId": w.pool, "Username": "reset"})
		for _, name := range []string{"unknown", "reset", "alice"} {
			for range 5 {
				w.Fails(t, "InitiateAuth", w.byPassword(name, "wrong"), "NotAuthorizedException", wrong)
			}
			w.Fails(t, "InitiateAuth", w.byPassword(name, "wrong"), "NotAuthorizedException", locked)
		}
	})
}

func TestFiveFailuresLockEveryPasswordFlow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		waiting := w.answer(t, w.challenge(t, "alice"), password)
		for range 4 {
			w.Fails(t, "InitiateAuth", w.byPassword("alice", "wrong"), "NotAuthorizedException", wrong)
		}
		w.Fails(t, "RespondToAuthChallenge", w.answer(t, w.challenge(t, "alice"), "wrong"), "NotAuthorizedException", wrong)
		w.Fails(t, "InitiateAuth", w.byPassword("alice", password), "NotAuthorizedException", locked)
		w.Fails(t, "RespondToAuthChallenge", waiting, "NotAuthorizedException", locked)
		admin := w.byPassword("alice", password)
		admin["AuthFlow"], admin["UserPoolId"] = "ADMIN_USER_PASSWORD_AUTH", w.pool
		w.Fails(t, "AdminInitiateAuth", admin, "NotAuthorizedException", locked)
		w.Advance(time.Second)
		tokens(t, w.Must(t, "RespondToAuthChallenge", waiting))
		w.Fails(t, "InitiateAuth", w.byPassword("alice", "wrong"), "NotAuthorizedException", wrong)
	})
}

func TestOfAHundredGuessesAtOnceFiveAreJudged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		judged := 0
		for _, a := range w.atOnce(100, "InitiateAuth", w.byPassword("alice", "wrong")) {
			switch {
			case a.err == nil:
				t.Fatal("a wrong password signs in")
			case a.err.Error() == "NotAuthorizedException: "+wrong:
				judged++
			case a.err.Error() != "NotAuthorizedException: "+locked:
				t.Errorf("told %v", a.err)
			}
		}
		if judged != 5 {
			t.Errorf("%d guesses judged, want 5", judged)
		}
	})
}

func TestFlowsThatTheClientOrTheOperationLacksAreRefused(t *testing.T) {
	eachWith(t, nil, M{"ExplicitAuthFlows": []string{"ALLOW_REFRESH_TOKEN_AUTH"}}, func(t *testing.T, w *world) {
		for _, c := range []struct{ op, flow, text string }{
			{"InitiateAuth", "USER_SRP_AUTH", "USER_SRP_AUTH is not enabled for the client."},
			{"InitiateAuth", "USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH flow not enabled for this client"},
			{"InitiateAuth", "ADMIN_USER_PASSWORD_AUTH", "Initiate Auth method not supported"},
			{"InitiateAuth", "ADMIN_NO_SRP_AUTH", "Initiate Auth method not supported"},
			{"AdminInitiateAuth", "ADMIN_USER_PASSWORD_AUTH", "Auth flow not enabled for this client"},
			{"AdminInitiateAuth", "ADMIN_NO_SRP_AUTH", "Auth flow not enabled for this client"},
			{"AdminInitiateAuth", "USER_PASSWORD_AUTH", "Initiate Auth method not supported"},
			{"InitiateAuth", "CUSTOM_AUTH", "CUSTOM_AUTH is not enabled for the client."},
			{"InitiateAuth", "USER_AUTH", "USER_AUTH is not enabled for the client."},
		} {
			in := M{"ClientId": w.client, "AuthFlow": c.flow, "AuthParameters": M{"USERNAME": "alice", "PASSWORD": password, "SRP_A": "2"}}
			if c.op == "AdminInitiateAuth" {
				in["UserPoolId"] = w.pool
			}
			w.Fails(t, c.op, in, "InvalidParameterException", c.text)
		}
		w.Fails(t, "RespondToAuthChallenge", M{
			"ClientId": w.client, "ChallengeName": "ADMIN_NO_SRP_AUTH", "Session": strings.Repeat("s", 20),
			"ChallengeResponses": M{"USERNAME": "alice", "PASSWORD": password},
		}, "NotAuthorizedException", noSession)
	})
}

func TestMissingParametersAreNamed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			flow    string
			in      M
			missing string
		}{
			{"USER_SRP_AUTH", nil, "USERNAME"},
			{"USER_SRP_AUTH", M{"USERNAME": "alice"}, "SRP_A"},
			{"USER_PASSWORD_AUTH", M{"PASSWORD": "x"}, "USERNAME"},
			{"USER_PASSWORD_AUTH", M{"USERNAME": "alice"}, "PASSWORD"},
			{"USER_PASSWORD_AUTH", M{"USERNAME": "unknown", "PASSWORD": ""}, "PASSWORD"},
			{"REFRESH_TOKEN_AUTH", M{"USERNAME": "alice"}, "REFRESH_TOKEN"},
		} {
			w.Fails(t, "InitiateAuth", M{"ClientId": w.client, "AuthFlow": c.flow, "AuthParameters": c.in},
				"InvalidParameterException", "Missing required parameter "+c.missing)
		}
		for missing, in := range map[string]M{
			"USERNAME":                 {"NEW_PASSWORD": "x"},
			"NEW_PASSWORD":             {"USERNAME": "alice"},
			"Session":                  {"USERNAME": "alice", "NEW_PASSWORD": "x"},
			"PASSWORD_CLAIM_SIGNATURE": {"USERNAME": "alice"},
		} {
			challenge := "NEW_PASSWORD_REQUIRED"
			if missing == "PASSWORD_CLAIM_SIGNATURE" {
				challenge = "PASSWORD_VERIFIER"
			}
			w.Fails(t, "RespondToAuthChallenge", M{"ClientId": w.client, "ChallengeName": challenge, "ChallengeResponses": in},
				"InvalidParameterException", "Missing required parameter "+missing)
		}
	})
}

func TestTriggersWithoutAFunctionKeepUsersOut(t *testing.T) {
	arn := "arn:aws:lambda:us-east-1:123456789012:function:f"
	for _, trigger := range []string{"PreAuthentication", "PostAuthentication", "PreTokenGeneration"} {
		t.Run(trigger, func(t *testing.T) {
			eachWith(t, M{"LambdaConfig": M{trigger: arn}}, nil, func(t *testing.T, w *world) {
				w.Fails(t, "InitiateAuth", w.byPassword("alice", password), "UnexpectedLambdaException",
					trigger+" invocation failed due to error ResourceNotFoundException.")
			})
		})
	}
	t.Run("UserMigration", func(t *testing.T) {
		eachWith(t, M{"LambdaConfig": M{"UserMigration": arn}}, nil, func(t *testing.T, w *world) {
			tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))
			w.Fails(t, "InitiateAuth", w.byPassword("unknown", password), "UserNotFoundException", "Exception migrating user in app client "+w.client)
		})
	})
}
