package signup_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
	"cardea/spec/awsjson"
)

// beginning prepares the confirmation of jane's account and answers the operation that confirms, and its request.
type beginning func(t *testing.T, w *servertest.World, pool, client string) (operation string, in M)

// confirmations are the ways in which accounts are confirmed.
var confirmations = map[string]beginning{
	"code": func(t *testing.T, w *servertest.World, _, client string) (string, M) {
		w.Must(t, "SignUp", jane(client))
		return "ConfirmSignUp", with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, "jane@example.org")})
	},
	"administrator": func(t *testing.T, w *servertest.World, pool, client string) (string, M) {
		w.Must(t, "SignUp", jane(client))
		return "AdminConfirmSignUp", M{"UserPoolId": pool, "Username": "jane"}
	},
	"PreSignUp": func(_ *testing.T, _ *servertest.World, _, client string) (string, M) {
		return "SignUp", with(jane(client), M{"ValidationData": attributes("confirm", "yes")})
	},
}

// confirming lets the function confirm who has the validation data, and tell about confirmations.
func confirming(f *triggertest.Function, tell func() triggertest.Answer) {
	f.Handle(func(call triggertest.Invocation) triggertest.Answer {
		switch {
		case call.Source() == told:
			return tell()
		case call.Request()["validationData"] != nil:
			return grants("autoConfirmUser")
		}
		return triggertest.Answer{}
	})
}

// eachConfirmation runs body with a user who is about to be confirmed.
func eachConfirmation(t *testing.T, body func(t *testing.T, w *servertest.World, f *triggertest.Function, c confirmation)) {
	t.Helper()
	t.Parallel()
	for name, begin := range confirmations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
				c := confirmation{begin: begin, pool: w.Pool(t, with(verifies, servertest.Triggers("PreSignUp", "PostConfirmation")))}
				c.client = w.Client(t, c.pool, nil)
				c.operation, c.in = begin(t, w, c.pool, c.client)
				body(t, w, f, c)
			})
		})
	}
}

type confirmation struct {
	begin                   beginning
	pool, client, operation string
	in                      M
}

func TestPostConfirmationIsTold(t *testing.T) {
	eachConfirmation(t, func(t *testing.T, w *servertest.World, f *triggertest.Function, c confirmation) {
		confirming(f, func() triggertest.Answer { return triggertest.Answer{} })
		w.Must(t, c.operation, with(c.in, M{"ClientMetadata": M{"from": "test"}}))
		by, verified := c.client, "false"
		if c.operation == "AdminConfirmSignUp" {
			by = "CLIENT_ID_NOT_APPLICABLE"
		}
		if c.operation == "ConfirmSignUp" {
			verified = "true"
		}
		expectSources(t, f, asked, told)
		expectEvent(t, f, M{
			"triggerSource": told, "userPoolId": c.pool, "userName": "jane", "callerContext": callerOf(by), "response": M{},
			"request": M{"clientMetadata": M{"from": "test"}, "userAttributes": M{
				"sub": attribute(t, w, c.pool, "jane", "sub"), "email": "jane@example.org", "email_verified": verified, "cognito:user_status": "CONFIRMED",
			}},
		})
	})
}

// The function calls back, as those do that put new users into a group. It sees the confirmation, and waits for no
// transaction.
func TestPostConfirmationRunsAfterTheCommit(t *testing.T) {
	eachConfirmation(t, func(t *testing.T, w *servertest.World, f *triggertest.Function, c confirmation) {
		w.Must(t, "CreateGroup", M{"UserPoolId": c.pool, "GroupName": "new"})
		confirming(f, func() triggertest.Answer {
			if s := status(t, w, c.pool, "jane"); s != "CONFIRMED" {
				t.Errorf("told while the user is %s", s)
			}
			w.Must(t, "AdminAddUserToGroup", M{"UserPoolId": c.pool, "Username": "jane", "GroupName": "new"})
			return triggertest.Answer{}
		})
		w.Must(t, c.operation, c.in)
		groups := w.Must(t, "AdminListGroupsForUser", M{"UserPoolId": c.pool, "Username": "jane"})
		if got := text(groups, "Groups.0.GroupName"); got != "new" {
			t.Errorf("jane's group is %q", got)
		}
		w.SignIn(t, c.client, "jane")
	})
}

func TestAFailureOfPostConfirmationIsAnsweredAndTheUserStaysConfirmed(t *testing.T) {
	eachConfirmation(t, func(t *testing.T, w *servertest.World, f *triggertest.Function, c confirmation) {
		for i, failure := range servertest.Failures("PostConfirmation") {
			if i > 0 {
				w.Must(t, "AdminDeleteUser", M{"UserPoolId": c.pool, "Username": "jane"})
				f.Script(triggertest.Answer{})
				c.operation, c.in = c.begin(t, w, c.pool, c.client)
			}
			before, calls := dbtest.Rows(t, w.DB), len(f.Calls())
			var committed []string
			confirming(f, func() triggertest.Answer {
				committed = dbtest.Rows(t, w.DB)
				return failure.Answer
			})
			w.Fails(t, c.operation, c.in, failure.Code, failure.Text)
			expectStored(t, committed, dbtest.Rows(t, w.DB))
			if cmp.Equal(before, committed) || status(t, w, c.pool, "jane") != "CONFIRMED" {
				t.Errorf("%s: the user is not confirmed", failure.Name)
			}
			if n, want := len(f.Calls())-calls, map[bool]int{true: 2, false: 1}[c.operation == "SignUp"]; n != want {
				t.Errorf("%s: %d calls, want %d", failure.Name, n, want)
			}
			w.SignIn(t, c.client, "jane")
			if c.operation != "SignUp" {
				w.Fails(t, c.operation, c.in, "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
			}
		}
	})
}

func TestPostConfirmationIsToldOfConfirmationsOnly(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool := w.Pool(t, with(verifies, servertest.Triggers("PostConfirmation")))
		client := w.Client(t, pool, M{"PreventUserExistenceErrors": "ENABLED"})
		w.Must(t, "SignUp", jane(client))
		for _, username := range []string{"jane", "unknown"} {
			w.Must(t, "ResendConfirmationCode", who(client, username))
			w.Fails(t, "ConfirmSignUp", with(who(client, username), M{"ConfirmationCode": "wrong"}), "CodeMismatchException", "")
		}
		w.Fails(t, "AdminConfirmSignUp", M{"UserPoolId": pool, "Username": "unknown"}, "UserNotFoundException", "")
		w.User(t, pool, "joe")
		expectSources(t, f)
	})
}

// ConfirmSignUp's Session signs in after the function has run, also when it has changed the user. When the function fails
// there is no Session to answer, and the confirmed user signs in as at any other time.
func TestPostConfirmationAndTheSessionOfASignUp(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool := w.Pool(t, with(factors("EMAIL_OTP"), servertest.Triggers("PostConfirmation")))
		client := w.Client(t, pool, choosing)
		signIn := M{"ClientId": client, "AuthFlow": "USER_AUTH", "AuthParameters": M{"USERNAME": "ann"}}
		f.Handle(func(triggertest.Invocation) triggertest.Answer {
			w.Must(t, "AdminUpdateUserAttributes", M{"UserPoolId": pool, "Username": "ann", "UserAttributes": attributes("nickname", "Annie")})
			return triggertest.Answer{}
		})
		out := w.Must(t, "SignUp", signUpRequest(client))
		confirm := with(who(client, "ann"), M{"ConfirmationCode": w.Code(t, "ann@example.org"), "Session": out["Session"]})
		session := w.Must(t, "ConfirmSignUp", confirm)["Session"]
		tokens := w.Must(t, "InitiateAuth", with(signIn, M{"Session": session}))["AuthenticationResult"]
		if tokens == nil {
			t.Error("the Session did not sign in")
		}

		f.Script(triggertest.Answer{Raise: "not today"})
		w.Must(t, "AdminDeleteUser", M{"UserPoolId": pool, "Username": "ann"})
		out = w.Must(t, "SignUp", signUpRequest(client))
		confirm = with(who(client, "ann"), M{"ConfirmationCode": w.Code(t, "ann@example.org"), "Session": out["Session"]})
		w.Fails(t, "ConfirmSignUp", confirm, "UserLambdaValidationException", "PostConfirmation failed with error not today.")
		w.Fails(t, "InitiateAuth", with(signIn, M{"Session": out["Session"]}), "NotAuthorizedException", used)
		if begun := w.Must(t, "InitiateAuth", signIn); text(begun, "ChallengeName") != "SELECT_CHALLENGE" {
			t.Errorf("the sign-in began with %v", begun)
		}
	})
}

func TestWhatChangesWhilePreSignUpRunsIsSeen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(t *testing.T, w *servertest.World, pool, client string)
		code      string
	}{
		"the pool is closed": {func(t *testing.T, w *servertest.World, pool, _ string) {
			w.Must(t, "UpdateUserPool", M{"UserPoolId": pool, "AdminCreateUserConfig": M{"AllowAdminCreateUserOnly": true}})
		}, "NotAuthorizedException"},
		"the client is deleted": {func(t *testing.T, w *servertest.World, pool, client string) {
			w.Must(t, "DeleteUserPoolClient", M{"UserPoolId": pool, "ClientId": client})
		}, "ResourceNotFoundException"},
		"the pool is deleted": {func(t *testing.T, w *servertest.World, pool, _ string) {
			w.Must(t, "DeleteUserPool", M{"UserPoolId": pool})
		}, "ResourceNotFoundException"},
		"the name is taken": {func(t *testing.T, w *servertest.World, pool, _ string) {
			w.User(t, pool, "jane")
		}, "UsernameExistsException"},
		"the alias is taken": {func(t *testing.T, w *servertest.World, pool, _ string) {
			w.User(t, pool, "joe", "email", "jane@example.org", "email_verified", "true")
		}, "UsernameExistsException"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
				pool := w.Pool(t, with(with(verifies, servertest.Triggers("PreSignUp")), M{"AliasAttributes": []string{"email"}}))
				client := w.Client(t, pool, nil)
				var changed []string
				f.Handle(func(call triggertest.Invocation) triggertest.Answer {
					if call.Source() != asked {
						return triggertest.Answer{}
					}
					c.meanwhile(t, w, pool, client)
					changed = dbtest.Rows(t, w.DB)
					return grants("autoConfirmUser", "autoVerifyEmail")
				})
				w.Fails(t, "SignUp", jane(client), c.code, "")
				expectStored(t, changed, dbtest.Rows(t, w.DB))
			})
		})
	}
}

// Both are asked before either is stored, so that only the commit can tell them apart.
func TestOfTwoSignUpsOneGetsTheName(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool := w.Pool(t, with(verifies, servertest.Triggers("PreSignUp", "PostConfirmation")))
		client := w.Client(t, pool, nil)
		arrived, both := make(chan struct{}, 2), make(chan struct{})
		answer(f, asked, grants("autoConfirmUser"), func() {
			arrived <- struct{}{}
			select {
			case <-both:
			case <-time.After(4 * time.Second): // less than functions have
				t.Error("the other is not asked meanwhile")
			}
		})
		var all sync.WaitGroup
		var won atomic.Int64
		for range 2 {
			all.Go(func() {
				out, err := w.Call("SignUp", jane(client))
				if err == nil {
					won.Add(1)
					if sub := attribute(t, w, pool, "jane", "sub"); sub != text(out, "UserSub") {
						t.Errorf("the winner is %s, and jane is %s", text(out, "UserSub"), sub)
					}
				} else if !awsjson.IsFault(err, "UsernameExistsException") {
					t.Error(err)
				}
			})
		}
		<-arrived
		<-arrived
		close(both)
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%d got the name", won.Load())
		}
		expectSources(t, f, asked, asked, told)
	})
}

// A commit that meets another one is run again, and no function is asked again for that. PostgreSQL runs it again when it
// writes a row that another transaction has written meanwhile; on SQLite it waits.
func TestACommitThatIsRunAgainAsksNobodyAgain(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		pool := w.Pool(t, with(verifies, servertest.Triggers("PreSignUp", "PostConfirmation")))
		client := w.Client(t, pool, nil)
		w.Must(t, "SignUp", jane(client))
		confirm := with(who(client, "jane"), M{"ConfirmationCode": w.Code(t, "jane@example.org")})
		// meeting runs call while a transaction is open that has run statement.
		meeting := func(statement string, call func()) {
			t.Helper()
			var running sync.WaitGroup
			err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
				if _, err := tx.Exec(statement, pool); err != nil {
					return err
				}
				running.Go(call)
				time.Sleep(200 * time.Millisecond) // the commit begins and waits
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			running.Wait()
		}

		meeting("UPDATE user_account SET modified = modified WHERE pool_id = $1", func() { w.Must(t, "ConfirmSignUp", confirm) })
		meeting("INSERT INTO user_name (pool_id, key, kind, sub) VALUES ($1, 'joe', 'username', 'somebody')", func() {
			w.Fails(t, "SignUp", with(jane(client), M{"Username": "joe"}), "UsernameExistsException", "User already exists")
		})
		expectSources(t, f, asked, told, asked)
	})
}
