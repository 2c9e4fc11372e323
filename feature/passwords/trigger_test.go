package passwords_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

// recovering makes jane in a pool that has PostConfirmation, and the request with which she recovers her password.
func recovering(t *testing.T, w *servertest.World) (pool, client string, in M) {
	t.Helper()
	pool, client = jane(t, w, servertest.Triggers("PostConfirmation"), nil)
	w.Must(t, "ForgotPassword", who(client, "jane"))
	return pool, client, with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, address), "Password": newPassword})
}

func TestPostConfirmationIsToldOfARecoveredPassword(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool, client, in := recovering(t, w)
		f.Handle(func(triggertest.Invocation) triggertest.Answer {
			w.Must(t, "InitiateAuth", signIn(client, newPassword)) // it is committed
			w.Must(t, "AdminUpdateUserAttributes", M{"UserPoolId": pool, "Username": "jane", "UserAttributes": attributes("nickname", "J")})
			return triggertest.Answer{}
		})
		w.Fails(t, "ConfirmForgotPassword", with(in, M{"ConfirmationCode": "wrong"}), "CodeMismatchException", "")
		w.Fails(t, "ConfirmForgotPassword", with(in, M{"Password": "short"}), "InvalidPasswordException", "")
		w.Fails(t, "ConfirmForgotPassword", with(in, M{"Username": "unknown"}), "UserNotFoundException", "")
		w.Must(t, "ConfirmForgotPassword", with(in, M{"ClientMetadata": M{"from": "test"}}))

		calls := f.Calls()
		if len(calls) != 1 {
			t.Fatalf("%d calls, want 1", len(calls))
		}
		user := w.Must(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "jane"})
		want := M{
			"version": "1", "region": "us-east-1", "userPoolId": pool, "userName": "jane", "triggerSource": "PostConfirmation_ConfirmForgotPassword",
			"callerContext": M{"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client},
			"request": M{"clientMetadata": M{"from": "test"}, "userAttributes": M{
				"sub": text(user, "UserAttributes.0.Value"), "email": address, "email_verified": "true", "cognito:user_status": "CONFIRMED",
			}},
			"response": M{},
		}
		var got M
		if err := json.Unmarshal(calls[0].Event, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		if text(user, "UserAttributes.1.Value") != "J" {
			t.Errorf("what the function changed is not there: %v", user)
		}
	})
}

func TestAFailureOfPostConfirmationIsAnsweredAndTheNewPasswordStays(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		for i, failure := range servertest.Failures("PostConfirmation") {
			_, client, in := recovering(t, w)
			before := dbtest.Rows(t, w.DB)
			var committed []string
			f.Handle(func(triggertest.Invocation) triggertest.Answer {
				committed = dbtest.Rows(t, w.DB)
				return failure.Answer
			})
			w.Fails(t, "ConfirmForgotPassword", in, failure.Code, failure.Text)
			if diff := cmp.Diff(committed, dbtest.Rows(t, w.DB)); diff != "" || cmp.Equal(before, committed) {
				t.Errorf("%s: the database (-as the function saw it +after):\n%s", failure.Name, diff)
			}
			refused(t, w, client, servertest.Password)
			w.Must(t, "InitiateAuth", signIn(client, newPassword))
			w.Fails(t, "ConfirmForgotPassword", in, "ExpiredCodeException", expired)
			if n := len(f.Calls()); n != i+1 {
				t.Errorf("%s: %d calls, want 1", failure.Name, n-i)
			}
		}
	})
}
