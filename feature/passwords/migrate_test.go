package passwords_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/lockout"
	"cardea/outbound/trigger/triggertest"
	"cardea/platform/config"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/id"
)

// eachMigration runs body for a pool that migrates users.
func eachMigration(t *testing.T, poolSettings, clientSettings M, body func(t *testing.T, w *servertest.World, f *triggertest.Function, pool, client string)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		f := triggertest.New(t)
		w := servertest.New(t, url, func(c *server.Config) {
			f.Now = c.Test.Now
			c.Outgoing = config.Outgoing{Allow: []string{"127.0.0.1"}, PlainHTTP: true}
			c.FunctionsDefault = &config.Function{Lambda: f.URL, AccessKeyID: triggertest.KeyID, SecretAccessKey: triggertest.SecretKey}
		})
		pool, client := jane(t, w, with(M{"LambdaConfig": M{"UserMigration": triggertest.ARN("f")}}, poolSettings), clientSettings)
		body(t, w, f, pool, client)
	})
}

// hiding are clients that show unknown users, and hide them.
var hiding = []M{nil, {"PreventUserExistenceErrors": "ENABLED"}}

func bob(status string, verified string) triggertest.Answer {
	return triggertest.Answer{Response: M{"finalUserStatus": status, "userAttributes": M{"email": "bob@example.org", "email_verified": verified}}}
}

func TestUsersWhoForgotTheirPasswordAreMigrated(t *testing.T) {
	t.Parallel()
	for _, hidden := range hiding {
		for _, final := range []string{"CONFIRMED", "RESET_REQUIRED"} {
			t.Run(final, func(t *testing.T) {
				eachMigration(t, nil, hidden, func(t *testing.T, w *servertest.World, f *triggertest.Function, pool, client string) {
					f.Script(bob(final, "true"))
					w.Must(t, "ForgotPassword", who(client, "jane"))
					if n := len(f.Calls()); n != 0 {
						t.Fatalf("asked for a user who is there")
					}

					out := w.Must(t, "ForgotPassword", with(who(client, "bob"), M{"ClientMetadata": M{"k": "v"}}))
					if to := text(out, "CodeDeliveryDetails.Destination"); to != "b***@e***" {
						t.Errorf("the code goes to %s", to)
					}
					if got := status(t, w, pool, "bob"); got != final {
						t.Errorf("the user is %s, want %s", got, final)
					}
					calls := f.Calls()
					want := M{"validationData": nil, "clientMetadata": M{"k": "v"}, "userAttributes": nil}
					if diff := cmp.Diff(any(want), any(calls[0].Request())); diff != "" || len(calls) != 1 || calls[0].Source() != "UserMigration_ForgotPassword" {
						t.Errorf("%d calls, %s (-want +got):\n%s", len(calls), calls[0].Source(), diff)
					}
					if messages := w.Inbox("bob@example.org"); len(messages) != 1 {
						t.Errorf("%d messages", len(messages))
					}

					w.Must(t, "ConfirmForgotPassword", with(who(client, "bob"), M{"ConfirmationCode": w.Code(t, "bob@example.org"), "Password": servertest.Password}))
					w.SignIn(t, client, "bob")
				})
			})
		}
	}
}

func TestForgottenPasswordsOfUsersWhoAreNotMigrated(t *testing.T) {
	t.Parallel()
	const unknown = "Username/client id combination not found."
	eachMigration(t, nil, nil, func(t *testing.T, w *servertest.World, f *triggertest.Function, pool, client string) {
		f.Script(triggertest.Answer{Raise: "no such user"})
		accounts := func() []string { // all that is stored, but for the counts of failures
			return slices.DeleteFunc(dbtest.Rows(t, w.DB), func(row string) bool { return strings.HasPrefix(row, "attempt ") })
		}
		before := accounts()
		for range 2 {
			w.Fails(t, "ForgotPassword", who(client, "bob"), "UserNotFoundException", unknown)
		}
		if diff := cmp.Diff(before, accounts()); diff != "" {
			t.Errorf("something is left behind (-before +after):\n%s", diff)
		}
		if n := len(f.Calls()); n != 1 {
			t.Errorf("asked %d times", n)
		}
		w.Advance(31 * time.Second)
		f.Script(triggertest.Answer{Response: M{"userAttributes": M{"sub": "x"}}})
		w.Fails(t, "ForgotPassword", who(client, "bob"), "UserNotFoundException", unknown)
		w.Fails(t, "AdminGetUser", M{"UserPoolId": pool, "Username": "bob"}, "UserNotFoundException", "")

		w.Advance(31 * time.Second)
		f.Script(bob("CONFIRMED", "false"))
		w.Fails(t, "ForgotPassword", who(client, "bob"), "InvalidParameterException", unreachable)
		if got := status(t, w, pool, "bob"); got != "CONFIRMED" {
			t.Errorf("the user is %s", got)
		}
	})
}

// Where users are hidden, what the function does shows in no answer.
func TestHiddenUsersWhoAreNotMigratedAreUnknown(t *testing.T) {
	t.Parallel()
	eachMigration(t, nil, M{"PreventUserExistenceErrors": "ENABLED"}, func(t *testing.T, w *servertest.World, f *triggertest.Function, pool, client string) {
		plain := w.Client(t, w.Pool(t, verifies), M{"PreventUserExistenceErrors": "ENABLED"})
		want := text(w.Must(t, "ForgotPassword", who(plain, "bob@example.org")), "CodeDeliveryDetails.Destination")
		for _, answer := range []triggertest.Answer{{Raise: "no such user"}, {Raw: []byte("[]")}, {Status: 404, Code: "ResourceNotFoundException"}, bob("CONFIRMED", "false")} {
			f.Script(answer)
			out := w.Must(t, "ForgotPassword", who(client, "bob@example.org"))
			if got := text(out, "CodeDeliveryDetails.Destination"); got != want {
				t.Errorf("%+v: the code goes to %s, want %s", answer, got, want)
			}
			w.Advance(31 * time.Second)
		}
		if messages := w.Inbox("bob@example.org"); len(messages) != 0 {
			t.Errorf("messages %v", messages)
		}
	})
}

func TestNobodyIsMigratedWhoCouldNotRecoverAPassword(t *testing.T) {
	t.Parallel()
	settings := M{"AccountRecoverySetting": M{"RecoveryMechanisms": []M{{"Name": "admin_only", "Priority": 1}}}}
	eachMigration(t, settings, M{"PreventUserExistenceErrors": "ENABLED"}, func(t *testing.T, w *servertest.World, f *triggertest.Function, pool, client string) {
		f.Script(bob("CONFIRMED", "true"))
		w.Fails(t, "ForgotPassword", who(client, "bob"), "NotAuthorizedException", "Contact administrator to reset password.")
		if n := len(f.Calls()); n != 0 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestAnAddressThatLooksForUsersDoesNotHaveThemMigrated(t *testing.T) {
	t.Parallel()
	eachMigration(t, nil, nil, func(t *testing.T, w *servertest.World, f *triggertest.Function, pool, client string) {
		f.Script(bob("CONFIRMED", "true"))
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			source := lockout.Source{Client: id.Client(client), Address: "198.51.100.7"}
			for range 500 {
				if err := source.Fail(tx, id.Pool(pool)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.From("198.51.100.7").Fails(t, "ForgotPassword", who(client, "bob"), "TooManyRequestsException", "")
		if n := len(f.Calls()); n != 0 {
			t.Errorf("asked %d times", n)
		}
		w.From("198.51.100.8").Must(t, "ForgotPassword", who(client, "bob"))
	})
}

// Where users are hidden, the time that the function takes must not tell whom the pool knows.
func TestForgottenPasswordsTakeTheTimeOfTheFunction(t *testing.T) {
	t.Parallel()
	const slow = 2 * time.Second // more than anything else takes on a busy machine
	for _, hidden := range hiding {
		t.Run("", func(t *testing.T) {
			eachMigration(t, nil, hidden, func(t *testing.T, w *servertest.World, f *triggertest.Function, pool, client string) {
				f.Script(triggertest.Answer{Raise: "no such user", Delay: slow})
				_, _ = w.Call("ForgotPassword", who(client, "bob"))
				for _, name := range []string{"jane", "bob"} {
					begun := time.Now()
					_, _ = w.Call("ForgotPassword", who(client, name))
					if took := time.Since(begun); took >= slow != (hidden != nil) {
						t.Errorf("%s: %v", name, took)
					}
				}
			})
		})
	}
}
