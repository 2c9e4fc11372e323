package useradmin_test

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

// sources are the occasions that the function was asked at.
func sources(f *triggertest.Function) (all []string) {
	for _, call := range f.Calls() {
		all = append(all, call.Source())
	}
	return all
}

// grants is the reply of a PreSignUp function.
func grants(names ...string) triggertest.Answer {
	response := M{}
	for _, name := range names {
		response[name] = true
	}
	return triggertest.Answer{Response: response}
}

func TestPreSignUpIsAskedAboutInvitedUsers(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool := w.Pool(t, servertest.Triggers("PreSignUp", "PostConfirmation"))
		in := M{"UserPoolId": pool, "Username": "alice", "UserAttributes": attrs("email", "alice@b.example", "email_verified", "True")}
		w.Must(t, "AdminCreateUser", with(in, M{"ValidationData": attrs("from", "hr"), "ClientMetadata": M{"by": "test"}}))
		want := M{
			"version": "1", "region": "us-east-1", "userPoolId": pool, "userName": "alice", "triggerSource": "PreSignUp_AdminCreateUser",
			"callerContext": M{"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "CLIENT_ID_NOT_APPLICABLE"},
			"request": M{
				"userAttributes": M{"email": "alice@b.example", "email_verified": "true"},
				"validationData": M{"from": "hr"}, "clientMetadata": M{"by": "test"},
			},
			"response": M{"autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false},
		}
		var got M
		if err := json.Unmarshal(f.Calls()[0].Event, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}

		w.Fails(t, "AdminCreateUser", in, "UsernameExistsException", "")
		w.Fails(t, "AdminCreateUser", with(in, M{"Username": "bob", "UserAttributes": attrs("email", "x")}), "InvalidParameterException", "")
		w.Must(t, "AdminCreateUser", with(in, M{"MessageAction": "RESEND"}))
		if diff := cmp.Diff([]string{"PreSignUp_AdminCreateUser"}, sources(f)); diff != "" {
			t.Errorf("asked at (-want +got):\n%s", diff)
		}
	})
}

func TestAFailureOfPreSignUpLeavesNothing(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		in := M{"UserPoolId": w.Pool(t, servertest.Triggers("PreSignUp")), "Username": "alice", "UserAttributes": attrs("email", "alice@b.example")}
		before := dbtest.Rows(t, w.DB)
		for _, failure := range append(servertest.Failures("PreSignUp"),
			servertest.Failure{Name: "no phone number", Answer: grants("autoVerifyPhone"), Code: "InvalidLambdaResponseException"}) {
			f.Script(failure.Answer)
			w.Fails(t, "AdminCreateUser", in, failure.Code, failure.Text)
			if diff := cmp.Diff(before, dbtest.Rows(t, w.DB)); diff != "" {
				t.Errorf("%s: the database (-before +after):\n%s", failure.Name, diff)
			}
		}
		f.Script(triggertest.Answer{})
		w.Must(t, "AdminCreateUser", in)
	})
}

func TestPreSignUpVerifiesAndDoesNotConfirmInvitedUsers(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		settings := with(factors(nil, "EMAIL_OTP"), servertest.Triggers("PreSignUp", "PostConfirmation"))
		pool := w.Pool(t, with(settings, M{"AliasAttributes": []string{"email"}}))
		f.Script(grants("autoConfirmUser", "autoVerifyEmail"))
		in := M{"UserPoolId": pool, "Username": "alice", "UserAttributes": attrs("email", "alice@b.example"), "TemporaryPassword": servertest.Password}
		out := w.Must(t, "AdminCreateUser", in)
		if got := text(out, "User.UserStatus"); got != "FORCE_CHANGE_PASSWORD" {
			t.Errorf("status %s", got)
		}
		if got := attributesOf(at(out, "User.Attributes"))["email_verified"]; got != "true" {
			t.Errorf("email_verified is %q", got)
		}
		if got := text(w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "alice@b.example"}), "Username"); got != "alice" {
			t.Errorf("the alias names %q", got)
		}

		// A user who needs no password is confirmed as if the administrator had called the address verified.
		in = M{"UserPoolId": pool, "Username": "bob", "UserAttributes": attrs("email", "bob@b.example"), "MessageAction": "SUPPRESS"}
		if got := text(w.Must(t, "AdminCreateUser", in), "User.UserStatus"); got != "CONFIRMED" {
			t.Errorf("status of a user without a password: %s", got)
		}
		if diff := cmp.Diff([]string{"PreSignUp_AdminCreateUser", "PreSignUp_AdminCreateUser"}, sources(f)); diff != "" {
			t.Errorf("asked at (-want +got):\n%s", diff)
		}
	})
}

// ForceAliasCreation is the administrator's word about the aliases that they call verified. It does not reach those that the
// function does.
func TestNoAliasIsMovedOnAFunctionsWord(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool := w.Pool(t, with(servertest.Triggers("PreSignUp"), M{"AliasAttributes": []string{"email", "phone_number"}}))
		w.User(t, pool, "first", "email", "f@b.example", "email_verified", "true", "phone_number", "+15550100", "phone_number_verified", "true")
		in := M{
			"UserPoolId": pool, "Username": "second", "MessageAction": "SUPPRESS", "ForceAliasCreation": true,
			"UserAttributes": attrs("email", "f@b.example", "email_verified", "true", "phone_number", "+15550100"),
		}
		f.Script(grants("autoVerifyEmail", "autoVerifyPhone"))
		before := dbtest.Rows(t, w.DB)
		w.Fails(t, "AdminCreateUser", in, "UsernameExistsException", "An account with the given phone_number already exists.")
		if diff := cmp.Diff(before, dbtest.Rows(t, w.DB)); diff != "" {
			t.Errorf("the database (-before +after):\n%s", diff)
		}

		f.Script(grants("autoVerifyEmail"))
		w.Must(t, "AdminCreateUser", in)
		for name, want := range map[string]string{"f@b.example": "second", "+15550100": "first"} {
			if got := text(w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": name}), "Username"); got != want {
				t.Errorf("%s names %s, want %s", name, got, want)
			}
		}
	})
}

func TestWhatChangesWhilePreSignUpRunsIsSeen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operation string
		change    M
		code      string
	}{
		"the name is taken":   {"AdminCreateUser", M{"Username": "alice", "MessageAction": "SUPPRESS"}, "UsernameExistsException"},
		"the alias is taken":  {"AdminCreateUser", M{"Username": "bob", "MessageAction": "SUPPRESS", "UserAttributes": attrs("email", "alice@b.example", "email_verified", "true")}, "UsernameExistsException"},
		"the pool is deleted": {"DeleteUserPool", nil, "ResourceNotFoundException"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
				pool := w.Pool(t, with(servertest.Triggers("PreSignUp"), M{"AliasAttributes": []string{"email"}}))
				var changed []string
				f.Handle(func(call triggertest.Invocation) triggertest.Answer {
					if call.Request()["validationData"] == nil {
						return triggertest.Answer{} // asked about the user of the change
					}
					w.Must(t, c.operation, with(c.change, M{"UserPoolId": pool}))
					changed = dbtest.Rows(t, w.DB)
					return grants("autoVerifyEmail")
				})
				w.Fails(t, "AdminCreateUser", M{
					"UserPoolId": pool, "Username": "alice", "UserAttributes": attrs("email", "alice@b.example"), "ValidationData": attrs("the", "first"),
				}, c.code, "")
				if diff := cmp.Diff(changed, dbtest.Rows(t, w.DB)); diff != "" {
					t.Errorf("the database (-before +after):\n%s", diff)
				}
			})
		})
	}
}

func TestAnInvitationGoesWhereTheUserIsByNow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change   func(t *testing.T, w *servertest.World, who M)
		to       string
		messages int // to the first address
	}{
		"the address is another": {func(t *testing.T, w *servertest.World, who M) {
			w.Must(t, "AdminUpdateUserAttributes", with(who, M{"UserAttributes": attrs("email", "new@b.example")}))
		}, "new@b.example", 1},
		"the user is another": {func(t *testing.T, w *servertest.World, who M) {
			w.Must(t, "AdminDeleteUser", who)
			w.Must(t, "AdminCreateUser", with(who, M{"UserAttributes": attrs("email", "old@b.example"), "MessageAction": "SUPPRESS"}))
		}, "old@b.example", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
				pool := w.Pool(t, servertest.Triggers("CustomMessage"))
				client := w.Client(t, pool, nil)
				who := M{"UserPoolId": pool, "Username": "alice"}
				w.Must(t, "AdminCreateUser", with(who, M{"UserAttributes": attrs("email", "old@b.example")}))
				var once sync.Once
				f.Handle(func(triggertest.Invocation) triggertest.Answer {
					once.Do(func() { c.change(t, w, who) })
					return triggertest.Answer{}
				})
				w.Must(t, "AdminCreateUser", with(who, M{"MessageAction": "RESEND"}))

				if n := len(w.Inbox("old@b.example")); n != c.messages {
					t.Errorf("%d messages to the first address, want %d", n, c.messages)
				}
				signIn := M{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "alice", "PASSWORD": w.Code(t, c.to)}}
				if got := text(w.Must(t, "InitiateAuth", signIn), "ChallengeName"); got != "NEW_PASSWORD_REQUIRED" {
					t.Errorf("challenge = %q", got)
				}
			})
		})
	}
}
