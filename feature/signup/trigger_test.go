package signup_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
	"cardea/spec/cognitoidp"
)

const (
	asked = "PreSignUp_SignUp"
	told  = "PostConfirmation_ConfirmSignUp"
)

// answer lets the function answer at one occasion, and approve of everything at others. Before it answers, it calls meanwhile
// unless that is nil.
func answer(f *triggertest.Function, source string, answer triggertest.Answer, meanwhile func()) {
	f.Handle(func(call triggertest.Invocation) triggertest.Answer {
		if call.Source() != source {
			return triggertest.Answer{}
		}
		if meanwhile != nil {
			meanwhile()
		}
		return answer
	})
}

// grants is the reply of a PreSignUp function.
func grants(names ...string) triggertest.Answer {
	response := M{}
	for _, name := range names {
		response[name] = true
	}
	return triggertest.Answer{Response: response}
}

// expectSources compares the occasions that the function was asked at, in their order.
func expectSources(t *testing.T, f *triggertest.Function, want ...string) {
	t.Helper()
	var got []string
	for _, call := range f.Calls() {
		got = append(got, call.Source())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("asked at (-want +got):\n%s", diff)
	}
}

// expectEvent compares the function's latest event, with its envelope.
func expectEvent(t *testing.T, f *triggertest.Function, want M) {
	t.Helper()
	calls := f.Calls()
	var got M
	if err := json.Unmarshal(calls[len(calls)-1].Event, &got); err != nil {
		t.Fatal(err)
	}
	want = with(M{"version": "1", "region": "us-east-1"}, want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

// callerOf is the callerContext of events.
func callerOf(client string) M {
	return M{"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client}
}

// accounts is all that is stored, but for the counts of failures.
func accounts(t *testing.T, w *servertest.World) []string {
	t.Helper()
	return slices.DeleteFunc(dbtest.Rows(t, w.DB), func(row string) bool { return strings.HasPrefix(row, "attempt ") })
}

func expectStored(t *testing.T, before, after []string) {
	t.Helper()
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the database (-before +after):\n%s", diff)
	}
}

func TestPreSignUpIsToldWhatWasSubmitted(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool := w.Pool(t, with(verifies, servertest.Triggers("PreSignUp")))
		client := w.Client(t, pool, nil)
		event := M{
			"triggerSource": asked, "userPoolId": pool, "userName": "jane", "callerContext": callerOf(client),
			"response": M{"autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false},
		}
		w.Must(t, "SignUp", with(jane(client), M{
			"ValidationData": attributes("token", "1", "token", "2"), "ClientMetadata": M{"from": "test"},
		}))
		expectEvent(t, f, with(event, M{"request": M{
			"userAttributes": M{"email": "jane@example.org"}, "validationData": M{"token": "2"}, "clientMetadata": M{"from": "test"},
		}}))
		w.Must(t, "SignUp", M{"ClientId": client, "Username": "joe", "Password": servertest.Password})
		expectEvent(t, f, with(event, M{"userName": "joe", "request": M{"userAttributes": M{}, "validationData": nil}}))
		w.Must(t, "SignUp", with(jane(client), M{"Username": "jim", "ValidationData": []M{}}))
		expectEvent(t, f, with(event, M{"userName": "jim", "request": M{
			"userAttributes": M{"email": "jane@example.org"}, "validationData": M{},
		}}))
		expectSources(t, f, asked, asked, asked)
	})
}

func TestPreSignUpIsToldTheNameThatTheUserWillHave(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool := w.Pool(t, with(servertest.Triggers("PreSignUp"), M{
			"UsernameAttributes": []string{"email"}, "UsernameConfiguration": M{"CaseSensitive": false},
		}))
		client := w.Client(t, pool, nil)
		out := w.Must(t, "SignUp", M{"ClientId": client, "Username": "Jane@Example.org", "Password": servertest.Password})
		expectEvent(t, f, M{
			"triggerSource": asked, "userPoolId": pool, "userName": text(out, "UserSub"), "callerContext": callerOf(client),
			"request":  M{"userAttributes": M{"email": "jane@example.org"}, "validationData": nil},
			"response": M{"autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false},
		})
	})
}

func TestPreSignUpIsAskedOnlyAboutUsersWhoCouldBeCreated(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		client := w.Client(t, w.Pool(t, servertest.Triggers("PreSignUp")), nil)
		w.Must(t, "SignUp", jane(client))
		w.Fails(t, "SignUp", jane(client), "UsernameExistsException", "")
		w.Fails(t, "SignUp", with(jane(client), M{"Username": "joe", "Password": "short"}), "InvalidPasswordException", "")
		w.Fails(t, "SignUp", with(jane(client), M{"Username": "joe", "UserAttributes": attributes("email", "x")}), "InvalidParameterException", "")
		expectSources(t, f, asked)
	})
}

func TestAFailureOfPreSignUpLeavesNothing(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool := w.Pool(t, with(verifies, servertest.Triggers("PreSignUp", "PostConfirmation")))
		client := w.Client(t, pool, nil)
		failures := append(servertest.Failures("PreSignUp"),
			servertest.Failure{Name: "no boolean", Answer: triggertest.Answer{Response: M{"autoConfirmUser": "true"}}, Code: "InvalidLambdaResponseException"},
			servertest.Failure{Name: "no phone number", Answer: grants("autoConfirmUser", "autoVerifyPhone"), Code: "InvalidLambdaResponseException"})
		before := accounts(t, w)
		for _, failure := range failures {
			t.Run(failure.Name, func(t *testing.T) {
				answer(f, asked, failure.Answer, nil)
				w.Fails(t, "SignUp", jane(client), failure.Code, failure.Text)
				expectStored(t, before, accounts(t, w))
			})
		}
		f.Script(triggertest.Answer{})
		w.Must(t, "SignUp", jane(client))
	})
}

func TestPreSignUpConfirms(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool := w.Pool(t, with(factors("EMAIL_OTP"), servertest.Triggers("PreSignUp", "PostConfirmation")))
		client := w.Client(t, pool, choosing)
		answer(f, asked, grants("autoConfirmUser"), nil)
		out := w.Must(t, "SignUp", with(jane(client), M{"ClientMetadata": M{"from": "test"}}))
		if diff := cmp.Diff(M{"UserConfirmed": true, "UserSub": out["UserSub"]}, out); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
		expectSources(t, f, asked, told)
		expectEvent(t, f, M{
			"triggerSource": told, "userPoolId": pool, "userName": "jane", "callerContext": callerOf(client), "response": M{},
			"request": M{"clientMetadata": M{"from": "test"}, "userAttributes": M{
				"sub": out["UserSub"], "email": "jane@example.org", "email_verified": "false", "cognito:user_status": "CONFIRMED",
			}},
		})
		if n := len(w.Inbox("")); n != 0 {
			t.Errorf("%d messages", n)
		}
		w.SignIn(t, client, "jane")

		answer(f, asked, grants("autoConfirmUser"), nil) // a user without a password signs in by code
		w.Must(t, "SignUp", signUpRequest(client))
		begun := w.Must(t, "InitiateAuth", M{"ClientId": client, "AuthFlow": "USER_AUTH", "AuthParameters": M{"USERNAME": "ann", "PREFERRED_CHALLENGE": "EMAIL_OTP"}})
		w.Must(t, "RespondToAuthChallenge", M{
			"ClientId": client, "ChallengeName": "EMAIL_OTP", "Session": begun["Session"],
			"ChallengeResponses": M{"USERNAME": "ann", "EMAIL_OTP_CODE": w.Code(t, "ann@example.org")},
		})
	})
}

func TestAnAliasThatPreSignUpVerifiesNamesTheUserAtOnce(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool := w.Pool(t, with(with(verifies, servertest.Triggers("PreSignUp", "PostConfirmation")), M{"AliasAttributes": []string{"email"}}))
		client := w.Client(t, pool, nil)
		answer(f, asked, grants("autoConfirmUser", "autoVerifyEmail"), nil)
		out := w.Must(t, "SignUp", jane(client))
		expectEvent(t, f, M{
			"triggerSource": told, "userPoolId": pool, "userName": "jane", "callerContext": callerOf(client), "response": M{},
			"request": M{"userAttributes": M{
				"sub": out["UserSub"], "email": "jane@example.org", "email_verified": "true",
				"cognito:user_status": "CONFIRMED", "cognito:email_alias": "jane@example.org",
			}},
		})
		w.SignIn(t, client, "jane@example.org")

		// The alias is jane's now: another's function does not move it.
		before := dbtest.Rows(t, w.DB)
		second := with(jane(client), M{"Username": "jill"})
		for _, granted := range []triggertest.Answer{grants("autoVerifyEmail"), grants("autoConfirmUser", "autoVerifyEmail")} {
			answer(f, asked, granted, nil)
			w.Fails(t, "SignUp", second, "UsernameExistsException", "An account with the given email already exists.")
			expectStored(t, before, dbtest.Rows(t, w.DB))
		}
		answer(f, asked, grants("autoConfirmUser"), nil)
		w.Must(t, "SignUp", second) // unverified, the address is no alias
		w.SignIn(t, client, "jane@example.org")
	})
}

// What was set at sign-up stays when the address is proven by a code: the function has vouched for it.
func TestANameThatPreSignUpVerifiesIsProven(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool := w.Pool(t, with(with(factors("EMAIL_OTP"), servertest.Triggers("PreSignUp")), M{"UsernameAttributes": []string{"email"}}))
		client := w.Client(t, pool, choosing)
		f.Script(grants("autoConfirmUser", "autoVerifyEmail"))
		w.Must(t, "SignUp", M{"ClientId": client, "Username": "jane@example.org", "Password": servertest.Password})
		begun := w.Must(t, "InitiateAuth", M{
			"ClientId": client, "AuthFlow": "USER_AUTH", "AuthParameters": M{"USERNAME": "jane@example.org", "PREFERRED_CHALLENGE": "EMAIL_OTP"},
		})
		w.Must(t, "RespondToAuthChallenge", M{
			"ClientId": client, "ChallengeName": "EMAIL_OTP", "Session": begun["Session"],
			"ChallengeResponses": M{"USERNAME": "jane@example.org", "EMAIL_OTP_CODE": w.Code(t, "jane@example.org")},
		})
		w.SignIn(t, client, "jane@example.org")
	})
}

func TestNoCodeGoesWherePreSignUpHasVerified(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool := w.Pool(t, with(servertest.Triggers("PreSignUp"), M{
			"AutoVerifiedAttributes": []string{"email", "phone_number"}, "SmsConfiguration": texting,
		}))
		client := w.Client(t, pool, nil)
		in := with(jane(client), M{"UserAttributes": attributes("email", "jane@example.org", "phone_number", "+15551234567")})
		f.Script(grants("autoVerifyPhone"))
		for _, out := range []M{w.Must(t, "SignUp", in), w.Must(t, "ResendConfirmationCode", who(client, "jane"))} {
			if to := text(out, "CodeDeliveryDetails.AttributeName"); to != "email" {
				t.Errorf("the code goes to %q, want email", to)
			}
		}
		w.Must(t, "ConfirmSignUp", with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, "jane@example.org")}))

		f.Script(grants("autoVerifyEmail", "autoVerifyPhone"))
		out := w.Must(t, "SignUp", with(in, M{"Username": "joe"}))
		if out["CodeDeliveryDetails"] != nil || out["UserConfirmed"] != false || status(t, w, pool, "joe") != "UNCONFIRMED" {
			t.Errorf("all is verified, and joe is not confirmed: got %v", out)
		}
		w.Must(t, "ResendConfirmationCode", who(client, "joe")) // or nobody but an administrator could confirm joe
		w.Must(t, "ConfirmSignUp", with(who(client, "joe"), M{"ConfirmationCode": w.Code(t, "+15551234567")}))
		if n := len(w.Inbox("")); n != 3 {
			t.Errorf("%d messages, want 3", n)
		}
	})
}

// CustomMessage is asked about the user that PreSignUp has admitted, who is not there yet.
func TestTriggersOfASignUpAreAskedInOrder(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		const writes = "CustomMessage_SignUp"
		pool := w.Pool(t, with(verifies, servertest.Triggers("PreSignUp", "CustomMessage", "PostConfirmation")))
		client := w.Client(t, pool, nil)
		before := accounts(t, w)
		answer(f, writes, triggertest.Answer{Raise: "not today"}, func() { expectStored(t, before, accounts(t, w)) })
		w.Fails(t, "SignUp", jane(client), "UserLambdaValidationException", "CustomMessage failed with error not today.")
		expectStored(t, before, accounts(t, w))
		f.Script(triggertest.Answer{})
		w.Must(t, "SignUp", jane(client))
		w.Must(t, "ConfirmSignUp", with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, "jane@example.org")}))
		answer(f, asked, grants("autoConfirmUser"), nil)
		w.Must(t, "SignUp", with(jane(client), M{"Username": "joe"}))
		expectSources(t, f, asked, writes, asked, writes, told, asked, told)
	})
}

// A client that goes away ends what it asked for, as long as nothing is stored. Afterwards the function is told all the same.
func TestClientsThatGoAway(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		client := w.Client(t, w.Pool(t, servertest.Triggers("PreSignUp", "PostConfirmation")), nil)
		in := &cognitoidp.SignUpRequest{ClientId: client, Username: "jane", Password: servertest.Password}
		for source, stored := range map[string]bool{asked: false, told: true} {
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			before := dbtest.Rows(t, w.DB)
			f.Handle(func(call triggertest.Invocation) triggertest.Answer {
				if call.Source() == source {
					leave()
					time.Sleep(500 * time.Millisecond) // longer than the server needs to notice
				}
				return grants("autoConfirmUser")
			})
			_, err := w.Server.API.Signup.SignUp(ctx, in)
			if stored != (err == nil) || stored == cmp.Equal(before, dbtest.Rows(t, w.DB)) {
				t.Errorf("the client has gone while the function was asked at %s: %v", source, err)
			}
			in.Username = "joe"
		}
	})
}
