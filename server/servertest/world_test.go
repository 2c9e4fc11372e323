package servertest_test

import (
	"strings"
	"testing"
	"time"

	"cardea/server/servertest"
)

func TestWorldRunsTheMainJob(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, servertest.M{"AutoVerifiedAttributes": []string{"email"}})
		client := w.Client(t, pool, nil)
		who := servertest.M{"ClientId": client, "Username": "alice"}

		w.Must(t, "SignUp", servertest.With(who, servertest.M{
			"Password": servertest.Password, "UserAttributes": servertest.Attributes("email", "alice@example.com"),
		}))
		w.Fails(t, "ConfirmSignUp", servertest.With(who, servertest.M{"ConfirmationCode": "x"}), "CodeMismatchException", "")
		w.Must(t, "ConfirmSignUp", servertest.With(who, servertest.M{"ConfirmationCode": w.Code(t, "alice@example.com")}))
		tokens := w.SignIn(t, client, "alice")

		user := w.Must(t, "GetUser", servertest.M{"AccessToken": tokens["AccessToken"]})
		if servertest.Text(user, "Username") != "alice" {
			t.Errorf("got %v, want alice", user)
		}
		w.Advance(61 * time.Minute)
		w.Fails(t, "GetUser", servertest.M{"AccessToken": tokens["AccessToken"]}, "NotAuthorizedException", "Access Token has expired")

		status, keys := w.Get(t, "/"+pool+"/.well-known/jwks.json")
		if status != 200 || strings.Count(keys, `"kid"`) != 2 {
			t.Errorf("key set: got %d %s, want two keys", status, keys)
		}
	})
}

func TestWorldCountsTheTransactionsOfCalls(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		counted, count := w.Counted()
		pool := counted.Pool(t, nil)
		statements, writes := 0, 0
		for _, one := range count.Take() {
			statements += one.Statements
			if one.Kind == "write" {
				writes++
			}
			if w.DB.Engine() == "sqlite" && one.RoundTrips != 0 || w.DB.Engine() == "postgres" && one.RoundTrips == 0 {
				t.Errorf("a transaction waited for the server %d times", one.RoundTrips)
			}
		}
		if statements == 0 || writes == 0 {
			t.Errorf("got %d statements and %d writes of a call that writes", statements, writes)
		}

		w.Must(t, "DescribeUserPool", servertest.M{"UserPoolId": pool})
		if list := count.Take(); len(list) > 0 {
			t.Errorf("got %v of a call that is not counted", list)
		}
	})
}

func TestWorldHasRegions(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		if pool := w.In("eu-west-1").Pool(t, nil); !strings.HasPrefix(pool, "eu-west-1_") {
			t.Errorf("got %s, want a pool of eu-west-1", pool)
		}
	})
}
