package signup_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cardea/engine/message"
	"cardea/feature/signup"
	"cardea/outbound/trigger/triggertest"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
	"cardea/spec/cognitoidp"
)

// refusedOften has an address be one refused sign-up short of the last that it may send.
func refusedOften(t *testing.T, w *servertest.World) {
	t.Helper()
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Exec("UPDATE attempt SET failures = 499 WHERE key = 'signup/192.0.2.1' AND failures = 1")
		if err == nil && rows != 1 {
			t.Errorf("%d addresses have had one sign-up refused", rows)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnAddressWithTooManyRefusedSignUpsRunsNoFunctions(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool := w.Pool(t, with(verifies, servertest.Triggers("PreSignUp")))
		client := w.Client(t, pool, nil)
		w = w.From("192.0.2.1")
		stopped := func() {
			w.Fails(t, "SignUp", jane(client), "TooManyRequestsException", "Too many failed attempts, please try again later.")
		}
		answer(f, asked, triggertest.Answer{Raise: "no such invitation"}, nil)
		w.Fails(t, "SignUp", jane(client), "UserLambdaValidationException", "")
		refusedOften(t, w)
		w.Fails(t, "SignUp", jane(client), "UserLambdaValidationException", "")
		stopped()
		expectSources(t, f, asked, asked)

		f.Script(triggertest.Answer{})
		w.Must(t, "AdminCreateUser", M{"UserPoolId": pool, "Username": "ann", "MessageAction": "SUPPRESS"})
		w.From("192.0.2.2").Must(t, "SignUp", with(jane(client), M{"Username": "joe"}))
		stopped()
		w.Advance(16 * time.Minute)
		w.Must(t, "SignUp", jane(client))
	})
}

func TestWhichSignUpsCountAsRefused(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		client := w.Client(t, w.Pool(t, with(verifies, servertest.Triggers("PreSignUp", "CustomMessage"))), nil)
		before := dbtest.Rows(t, w.DB)
		answer(f, asked, triggertest.Answer{Status: 404, Code: "ResourceNotFoundException"}, nil)
		w.Fails(t, "SignUp", jane(client), "UnexpectedLambdaException", "")
		expectStored(t, before, dbtest.Rows(t, w.DB))

		client = w.Client(t, w.Pool(t, with(verifies, servertest.Triggers("CustomMessage"))), nil)
		answer(f, "CustomMessage_SignUp", triggertest.Answer{Raise: "no"}, nil)
		w.From("192.0.2.1").Fails(t, "SignUp", jane(client), "UserLambdaValidationException", "")
		refusedOften(t, w)
	})
}

func TestSignUpsBeyondTheLimitsOfMessagesCountAsRefused(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		w.Server.API.Signup.(*signup.Service).Codes.Outbox.Limits = message.Limits{Source: 1}
		client := w.Client(t, w.Pool(t, with(verifies, servertest.Triggers("PreSignUp"))), nil)
		w = w.From("192.0.2.1")
		w.Must(t, "SignUp", signUpOf(client, 1, "user1@example.org"))
		w.Fails(t, "SignUp", signUpOf(client, 2, "user2@example.org"), "LimitExceededException", tooMany)
		refusedOften(t, w)
		w.Fails(t, "SignUp", signUpOf(client, 2, "user2@example.org"), "LimitExceededException", tooMany)
		w.Fails(t, "SignUp", signUpOf(client, 2, "user2@example.org"), "TooManyRequestsException", "")
		expectSources(t, f, asked, asked, asked)
	})
}

func TestASignUpWhoseClientHasGoneAwayCounts(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		client := w.Client(t, w.Pool(t, servertest.Triggers("PreSignUp")), nil)
		ctx, leave := context.WithCancel(caller.With(t.Context(), caller.Caller{IP: "192.0.2.1"}))
		defer leave()
		f.Handle(func(triggertest.Invocation) triggertest.Answer {
			leave()
			return triggertest.Answer{}
		})
		in := &cognitoidp.SignUpRequest{ClientId: client, Username: "jane", Password: servertest.Password}
		if _, err := w.Server.API.Signup.SignUp(ctx, in); err == nil {
			t.Error("the client has gone, and the user was created")
		}
		refusedOften(t, w)
	})
}

func TestSignUpsThatAskNobodyDoNotCount(t *testing.T) {
	t.Parallel()
	eachLimited(t, func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, verifies), nil)
		w = w.From("192.0.2.1")
		for n := range 30 {
			w.Must(t, "SignUp", signUpOf(client, n, fmt.Sprintf("user%d@example.org", n)))
		}
		before := dbtest.Rows(t, w.DB)
		w.Fails(t, "SignUp", signUpOf(client, 30, "user30@example.org"), "LimitExceededException", tooMany)
		expectStored(t, before, dbtest.Rows(t, w.DB))
	})
}

func TestMessagesThatWouldBeTooManyAreNotWrittenByFunctions(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		w.Server.API.Signup.(*signup.Service).Codes.Outbox.Limits = message.Limits{Mail: message.Quota{Hour: 1}}
		client := w.Client(t, w.Pool(t, with(verifies, servertest.Triggers("CustomMessage"))), nil)
		w.Must(t, "SignUp", jane(client))
		w.Fails(t, "ResendConfirmationCode", who(client, "jane"), "LimitExceededException", tooMany)
		expectSources(t, f, "CustomMessage_SignUp")

		w.Advance(hour)
		w.Must(t, "ResendConfirmationCode", who(client, "jane"))
		expectSources(t, f, "CustomMessage_SignUp", "CustomMessage_ResendCode")
	})
}
