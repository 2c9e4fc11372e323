package signin_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/server/servertest"
	"cardea/spec/srp"
)

func TestFunctionsOfCustomSignInsAreTold(t *testing.T) {
	all := append([]string{"PreAuthentication"}, append(byFunctions, atEnd...)...)
	eachTrigger(t, all, nil, M{"ExplicitAuthFlows": []string{"ALLOW_CUSTOM_AUTH"}}, func(t *testing.T, w *world, f *triggertest.Function) {
		f.Handle(riddles(1))
		w.give(t, "alice", "nickname", "ally")
		begin := w.start("CUSTOM_AUTH", "alice", nil)
		begin["ClientMetadata"] = M{"from": "the beginning"}
		answer := w.reply(w.Must(t, "InitiateAuth", begin), M{"ANSWER": "answer 1"})
		answer["ClientMetadata"] = M{"from": "the answer"}
		tokens(t, w.Must(t, "RespondToAuthChallenge", answer))

		alice := M{"nickname": "ally", "sub": w.attribute(t, "alice", "sub"), "cognito:user_status": "CONFIRMED"}
		from := M{"from": "the answer"}
		round := []any{M{"challengeName": "CUSTOM_CHALLENGE", "challengeResult": true, "challengeMetadata": "RIDDLE_1"}}
		scopes := []any{"aws.cognito.signin.user.admin"}
		groups := M{"groupsToOverride": []any{}, "iamRolesToOverride": []any{}, "preferredRole": nil}
		want := []struct {
			source  string
			request M
		}{
			{"PreAuthentication_Authentication", M{"validationData": M{"from": "the beginning"}, "userNotFound": false}},
			{define, M{"session": []any{}, "userNotFound": false}},
			{create, M{"challengeName": "CUSTOM_CHALLENGE", "session": []any{}, "userNotFound": false}},
			{verify, M{"privateChallengeParameters": M{"answer": "answer 1"}, "challengeAnswer": "answer 1", "clientMetadata": from, "userNotFound": false}},
			{define, M{"session": round, "clientMetadata": from, "userNotFound": false}},
			{"PostAuthentication_Authentication", M{"newDeviceUsed": false, "clientMetadata": from}},
			{"TokenGeneration_Authentication", M{"clientMetadata": from, "scopes": scopes, "groupConfiguration": groups}},
		}
		calls := f.Calls()
		if len(calls) != len(want) {
			t.Fatalf("asked %v", sources(f, 0))
		}
		for i, c := range want {
			var event M
			if err := json.Unmarshal(calls[i].Event, &event); err != nil {
				t.Fatal(err)
			}
			c.request["userAttributes"] = alice
			if event["triggerSource"] != c.source || event["userName"] != "alice" ||
				servertest.Text(event, "callerContext.clientId") != w.client || event["userPoolId"] != w.pool {
				t.Errorf("call %d: %v", i, event)
			}
			if diff := cmp.Diff(c.request, event["request"]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.source, diff)
			}
		}

		begun := len(calls)
		f.Script(triggertest.Answer{Response: M{"failAuthentication": true}})
		w.Fails(t, "InitiateAuth", begin, "NotAuthorizedException", wrong)
		if diff := cmp.Diff([]string{"PreAuthentication_Authentication", define}, sources(f, begun)); diff != "" {
			t.Errorf("asked about a sign-in that fails (-want +got):\n%s", diff)
		}
	})
}

func TestAdministratorsAnswerCustomChallenges(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		in := w.start("CUSTOM_AUTH", "alice", nil)
		in["UserPoolId"] = w.pool
		out := w.Must(t, "AdminInitiateAuth", in)
		expect(t, out, "CUSTOM_CHALLENGE")
		answer := w.reply(out, M{"ANSWER": "answer 1"})
		answer["UserPoolId"] = w.pool
		tokens(t, w.Must(t, "AdminRespondToAuthChallenge", answer))
	})
}

func TestClientsWithASecretProveItInCustomSignIns(t *testing.T) {
	eachCustom(t, nil, M{"GenerateSecret": true}, func(t *testing.T, w *world, f *triggertest.Function) {
		secret := servertest.Text(w.Must(t, "DescribeUserPoolClient", M{"UserPoolId": w.pool, "ClientId": w.client}), "UserPoolClient.ClientSecret")
		proof := hash(secret, "alice", w.client)
		missing := "Client " + w.client + " is configured with secret but SECRET_HASH was not received"
		w.Fails(t, "InitiateAuth", w.start("CUSTOM_AUTH", "alice", nil), "NotAuthorizedException", missing)
		out := w.Must(t, "InitiateAuth", w.start("CUSTOM_AUTH", "alice", M{"SECRET_HASH": proof}))
		w.refused(t, out, M{"ANSWER": "answer 1"}, "NotAuthorizedException", missing)
		tokens(t, w.answers(t, out, M{"ANSWER": "answer 1", "SECRET_HASH": proof}))
	})
}

func TestLegacyClientsBeginCustomSignInsAlone(t *testing.T) {
	eachCustom(t, nil, M{"ExplicitAuthFlows": []string{"CUSTOM_AUTH_FLOW_ONLY"}}, func(t *testing.T, w *world, f *triggertest.Function) {
		out, x := w.customSRP(t, "alice")
		tokens(t, w.answers(t, w.proveSRP(t, out, x, password), M{"ANSWER": "answer 1"}))
		w.Fails(t, "InitiateAuth", w.start("USER_SRP_AUTH", "alice", M{"SRP_A": x.client.Public()}),
			"InvalidParameterException", "USER_SRP_AUTH is not enabled for the client.")
	})
}

func TestACustomChallengeMayComeBeforeThePassword(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		ask, last := riddles(9), M{"challengeName": "PASSWORD_VERIFIER"}
		f.Handle(func(call triggertest.Invocation) triggertest.Answer {
			if call.Source() != define {
				return ask(call)
			}
			switch len(call.Request()["session"].([]any)) {
			case 1:
				return triggertest.Answer{Response: M{"challengeName": "CUSTOM_CHALLENGE"}}
			case 2:
				return triggertest.Answer{Response: M{"challengeName": "SRP_A"}}
			}
			return triggertest.Answer{Response: last}
		})
		x := exchange{client: srp.NewClient()}
		out := w.Must(t, "InitiateAuth", w.start("CUSTOM_AUTH", "alice", M{"CHALLENGE_NAME": "SRP_A", "SRP_A": x.client.Public()}))
		expect(t, out, "CUSTOM_CHALLENGE")
		out = w.answers(t, out, M{"ANSWER": "answer 1"})
		x.parameters = expect(t, out, "PASSWORD_VERIFIER")
		answer := w.answer(t, x, password)
		w.Fails(t, "RespondToAuthChallenge", answer, "InvalidLambdaResponseException", "Unrecognizable lambda output") // once is enough
		last = M{"issueTokens": true}
		tokens(t, w.Must(t, "RespondToAuthChallenge", answer))
		want := []string{"SRP_A true <nil>", "CUSTOM_CHALLENGE true RIDDLE_1", "PASSWORD_VERIFIER true <nil>"}
		if diff := cmp.Diff(want, told(t, f)); diff != "" {
			t.Errorf("the rounds told (-want +got):\n%s", diff)
		}
	})
}

func TestFunctionsNameOnlyWhatTheUserCanAnswer(t *testing.T) {
	pool := M{"SmsConfiguration": texting(), "EmailConfiguration": mailing(), "MfaConfiguration": "OPTIONAL"}
	eachCustom(t, pool, M{"PreventUserExistenceErrors": "ENABLED"}, func(t *testing.T, w *world, f *triggertest.Function) {
		w.Must(t, "SetUserPoolMfaConfig", M{
			"UserPoolId": w.pool, "MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": M{"SmsConfiguration": texting()},
			"SoftwareTokenMfaConfiguration": M{"Enabled": true}, "EmailMfaConfiguration": M{"Message": "Code {####}", "Subject": "Code"},
		})
		named := ""
		f.Handle(func(call triggertest.Invocation) triggertest.Answer {
			if rounds := call.Request()["session"].([]any); len(rounds) > 0 {
				return triggertest.Answer{Response: M{"issueTokens": true}}
			}
			return triggertest.Answer{Response: M{"challengeName": named}}
		})
		for _, named = range []string{
			"SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "DEVICE_SRP_AUTH", "PASSWORD_VERIFIER", "SRP_A", "ADMIN_NO_SRP_AUTH", "NEW_PASSWORD_REQUIRED", "",
		} {
			for _, name := range []string{"alice", "nobody"} {
				w.Fails(t, "InitiateAuth", w.start("CUSTOM_AUTH", name, nil), "InvalidLambdaResponseException", "Unrecognizable lambda output")
			}
		}

		secret := w.SoftwareToken(t, tokens(t, w.Must(t, "InitiateAuth", w.byPassword("alice", password)))["AccessToken"])
		w.Advance(time.Minute)
		w.give(t, "alice", "email", mailbox, "phone_number", phone)
		w.prefer(t, "alice", M{"SMSMfaSettings": on, "EmailMfaSettings": on, "SoftwareTokenMfaSettings": on})
		for _, c := range []struct {
			named, member string
			code          func() string
		}{
			{"SMS_MFA", "SMS_MFA_CODE", func() string { return w.Code(t, phone) }},
			{"EMAIL_OTP", "EMAIL_OTP_CODE", func() string { return w.Code(t, mailbox) }},
			{"SOFTWARE_TOKEN_MFA", "SOFTWARE_TOKEN_MFA_CODE", func() string { return w.SoftwareCode(t, secret) }},
		} {
			named = c.named
			out := w.Must(t, "InitiateAuth", w.start("CUSTOM_AUTH", "alice", nil))
			expect(t, out, c.named)
			w.refused(t, out, M{c.member: "no code"}, "CodeMismatchException", "")
			if code := c.code(); len(code) != 6 {
				t.Errorf("%s: code %q", c.named, code)
			}
			tokens(t, w.answers(t, out, M{c.member: c.code()}))
			if diff := cmp.Diff([]string{c.named + " true <nil>"}, told(t, f)); diff != "" {
				t.Errorf("the rounds told (-want +got):\n%s", diff)
			}
		}
	})
}

func TestInvitedUsersChooseAPasswordInCustomSignIns(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		chosen := M{"USERNAME": "bob", "NEW_PASSWORD": password}
		w.invited(t, "bob", M{})
		begun, x := w.customSRP(t, "bob")
		out := w.proveSRP(t, begun, x, temporary)
		expect(t, out, "NEW_PASSWORD_REQUIRED")
		out = w.answers(t, out, chosen)
		expect(t, out, "CUSTOM_CHALLENGE")
		tokens(t, w.answers(t, out, M{"USERNAME": "bob", "ANSWER": "answer 1"}))
		want := []string{"SRP_A true <nil>", "PASSWORD_VERIFIER true <nil>", "CUSTOM_CHALLENGE true RIDDLE_1"}
		if diff := cmp.Diff(want, told(t, f)); diff != "" {
			t.Errorf("the rounds told (-want +got):\n%s", diff)
		}

		w.invited(t, "carol", M{})
		out = w.answers(t, w.custom(t, "carol"), M{"USERNAME": "carol", "ANSWER": "answer 1"})
		expect(t, out, "NEW_PASSWORD_REQUIRED")
		called := len(f.Calls())
		chosen["USERNAME"] = "carol"
		tokens(t, w.answers(t, out, chosen))
		if asked := sources(f, called); len(asked) > 0 {
			t.Errorf("asked %v once tokens were due", asked)
		}
	})
}

func TestAFactorIsSetUpInACustomSignIn(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		w.Must(t, "SetUserPoolMfaConfig", M{
			"UserPoolId": w.pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": M{"Enabled": true},
		})
		begun, x := w.customSRP(t, "alice")
		out := w.proveSRP(t, begun, x, password)
		expect(t, out, "MFA_SETUP")
		associated := w.Must(t, "AssociateSoftwareToken", M{"Session": out["Session"]})
		verified := w.Must(t, "VerifySoftwareToken", M{
			"Session": associated["Session"], "UserCode": app(t, associated["SecretCode"]).code(w.Now()),
		})
		out = w.answers(t, servertest.With(out, M{"Session": verified["Session"]}), nil)
		expect(t, out, "CUSTOM_CHALLENGE")
		tokens(t, w.answers(t, out, M{"ANSWER": "answer 1"}))
	})
}

func TestUsersWhoMayNotSignInAreNotAskedAbout(t *testing.T) {
	eachCustom(t, nil, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		for _, name := range []string{"disabled", "reset"} {
			w.user(t, name, M{"UserAttributes": servertest.Attributes("email", name+"@example.com", "email_verified", "true")})
		}
		w.Must(t, "SignUp", M{"ClientId": w.client, "Username": "unconfirmed", "Password": password})
		begun := w.custom(t, "disabled")
		w.Must(t, "AdminDisableUser", M{"UserPoolId": w.pool, "Username": "disabled"})
		w.Must(t, "AdminResetUserPassword", M{"UserPoolId": w.pool, "Username": "reset"})
		called := len(f.Calls())
		for name, c := range map[string][2]string{
			"disabled":    {"NotAuthorizedException", "User is disabled."},
			"reset":       {"PasswordResetRequiredException", "Password reset required for the user"},
			"unconfirmed": {"UserNotConfirmedException", "User is not confirmed."},
		} {
			w.Fails(t, "InitiateAuth", w.start("CUSTOM_AUTH", name, nil), c[0], c[1])
		}
		w.refused(t, begun, M{"USERNAME": "disabled", "ANSWER": "answer 1"}, "NotAuthorizedException", "User is disabled.")
		if asked := sources(f, called); len(asked) > 0 {
			t.Errorf("asked %v", asked)
		}
	})
}

func TestCustomSignInsAreMadeOnDevices(t *testing.T) {
	pool := M{
		"SmsConfiguration": texting(), "MfaConfiguration": "OPTIONAL",
		"DeviceConfiguration": M{"ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false},
	}
	eachCustom(t, pool, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		d := w.confirm(t, tokens(t, w.answers(t, w.custom(t, "alice"), M{"ANSWER": "answer 1"})))
		on := w.Must(t, "InitiateAuth", w.start("CUSTOM_AUTH", "alice", M{"DEVICE_KEY": d.key}))
		if result := tokens(t, w.answers(t, on, M{"ANSWER": "answer 1"})); result["NewDeviceMetadata"] != nil {
			t.Errorf("a known device is new: %v", result)
		}

		w.give(t, "alice", "phone_number", phone)
		w.prefer(t, "alice", M{"SMSMfaSettings": preferred})
		x := exchange{client: srp.NewClient()}
		out := w.Must(t, "InitiateAuth", w.start("CUSTOM_AUTH", "alice", M{"DEVICE_KEY": d.key, "CHALLENGE_NAME": "SRP_A", "SRP_A": x.client.Public()}))
		x.parameters = expect(t, out, "PASSWORD_VERIFIER")
		out = w.Must(t, "RespondToAuthChallenge", w.prove(t, d, w.proveSRP(t, out, x, password)))
		expect(t, out, "CUSTOM_CHALLENGE")
		tokens(t, w.answers(t, out, M{"ANSWER": "answer 1"}))
		want := []string{
			"SRP_A true <nil>", "PASSWORD_VERIFIER true <nil>", "DEVICE_SRP_AUTH true <nil>", "DEVICE_PASSWORD_VERIFIER true <nil>",
			"CUSTOM_CHALLENGE true RIDDLE_1",
		}
		if diff := cmp.Diff(want, told(t, f)); diff != "" {
			t.Errorf("the rounds told (-want +got):\n%s", diff)
		}
	})
}

// A user may switch a second factor on while the functions ask.
func TestASecondFactorThatBecomesDueIsAskedForAtTheEnd(t *testing.T) {
	eachCustom(t, M{"SmsConfiguration": texting(), "MfaConfiguration": "OPTIONAL"}, nil, func(t *testing.T, w *world, f *triggertest.Function) {
		begun, x := w.customSRP(t, "alice")
		asked := w.proveSRP(t, begun, x, password)
		w.give(t, "alice", "phone_number", phone)
		w.prefer(t, "alice", M{"SMSMfaSettings": preferred})
		out := w.answers(t, w.answers(t, asked, M{"ANSWER": "no idea"}), M{"ANSWER": "answer 1"})
		expect(t, out, "SMS_MFA")
		called := len(f.Calls())
		tokens(t, w.answers(t, out, M{"SMS_MFA_CODE": w.Code(t, phone)}))
		if got := sources(f, called); len(got) > 0 {
			t.Errorf("asked %v once tokens were due", got)
		}
	})
}
