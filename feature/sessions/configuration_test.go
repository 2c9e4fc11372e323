package sessions_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

const (
	invalid   = "InvalidParameterException"
	notFound  = "ResourceNotFoundException"
	untracked = "Session tracking is not enabled for the user pool."
)

// track has a pool track sessions, at most so many for each user.
func track(t *testing.T, w *servertest.World, pool string, most int) {
	t.Helper()
	w.Must(t, "SetUserPoolSessionConfiguration", configuration(pool, "ENABLED", most))
}

func configuration(pool, tracking string, most any) M {
	return M{"UserPoolId": pool, "UserSessionTracking": tracking, "TokenSession": M{"MaxPerUser": most}}
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestPoolsKeepNoAccountOfSessionsUntilToldTo(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		get := func() M { return w.Must(t, "GetUserPoolSessionConfiguration", M{"UserPoolId": pool}) }
		before := w.Must(t, "DescribeUserPool", M{"UserPoolId": pool})
		same(t, "never set", configuration(pool, "DISABLED", 20.0), get())

		for _, set := range []M{configuration(pool, "ENABLED", 100.0), configuration(pool, "DISABLED", 1.0), configuration(pool, "ENABLED", 3.0)} {
			same(t, "answer", set, w.Must(t, "SetUserPoolSessionConfiguration", set))
			same(t, "set", set, get())
		}
		same(t, "DescribeUserPool", before, w.Must(t, "DescribeUserPool", M{"UserPoolId": pool}))
		w.Must(t, "UpdateUserPool", M{"UserPoolId": pool})
		same(t, "after UpdateUserPool", configuration(pool, "ENABLED", 3.0), get())
		same(t, "another pool", "DISABLED", w.Must(t, "GetUserPoolSessionConfiguration", M{"UserPoolId": w.Pool(t, nil)})["UserSessionTracking"])

		for what, bad := range map[string]M{
			"no limit": {"TokenSession": nil}, "an empty limit": {"TokenSession": M{}}, "none at all": {"TokenSession": M{"MaxPerUser": 0}},
			"too many": {"TokenSession": M{"MaxPerUser": 101}}, "another word": {"UserSessionTracking": "ON"}, "no word": {"UserSessionTracking": nil},
		} {
			if _, err := w.Call("SetUserPoolSessionConfiguration", servertest.With(configuration(pool, "ENABLED", 3), bad)); err == nil {
				t.Errorf("%s was set", what)
			}
		}
		same(t, "after all that", configuration(pool, "ENABLED", 3.0), get())

		gone := "User pool " + pool + " does not exist."
		w.In("eu-west-1").Fails(t, "GetUserPoolSessionConfiguration", M{"UserPoolId": pool}, notFound, gone)
		w.In("eu-west-1").Fails(t, "SetUserPoolSessionConfiguration", configuration(pool, "ENABLED", 3), notFound, gone)
		w.Must(t, "DeleteUserPool", M{"UserPoolId": pool})
		w.Fails(t, "GetUserPoolSessionConfiguration", M{"UserPoolId": pool}, notFound, gone)
		w.Fails(t, "SetUserPoolSessionConfiguration", configuration(pool, "ENABLED", 3), notFound, gone)
	})
}

func TestClientsReuseSSOSessionsForAnHourUntilToldOtherwise(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		is := M{"UserPoolId": pool, "ClientId": client}
		of := func(minutes any) M { return servertest.With(is, M{"SSOSession": M{"MaxValidityMinutes": minutes}}) }
		get := func() M { return w.Must(t, "GetUserPoolClientSessionConfiguration", is) }
		before := w.Must(t, "DescribeUserPoolClient", is)
		same(t, "never set", of(60.0), get())

		w.Fails(t, "SetUserPoolClientSessionConfiguration", of(5), invalid, untracked)
		track(t, w, pool, 20)
		for _, minutes := range []float64{0, 129_600, 5} {
			same(t, "answer", of(minutes), w.Must(t, "SetUserPoolClientSessionConfiguration", of(minutes)))
			same(t, "set", of(minutes), get())
		}
		same(t, "DescribeUserPoolClient", before, w.Must(t, "DescribeUserPoolClient", is))
		w.Must(t, "UpdateUserPoolClient", is)
		w.Must(t, "SetUserPoolSessionConfiguration", configuration(pool, "DISABLED", 20))
		same(t, "while the pool keeps no account", of(5.0), get())
		for what, bad := range map[string]any{"too long": 129_601, "negative": -1, "none": nil} {
			if _, err := w.Call("SetUserPoolClientSessionConfiguration", of(bad)); err == nil {
				t.Errorf("%s was set", what)
			}
		}

		other := w.Client(t, w.Pool(t, nil), nil)
		for _, operation := range []string{"GetUserPoolClientSessionConfiguration", "SetUserPoolClientSessionConfiguration"} {
			elsewhere := servertest.With(of(5), M{"ClientId": other})
			if operation[0] == 'G' {
				delete(elsewhere, "SSOSession")
			}
			w.Fails(t, operation, elsewhere, notFound, "User pool client "+other+" does not exist.")
		}
	})
}
