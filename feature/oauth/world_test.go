package oauth_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"cardea/engine/lockout"
	"cardea/outbound/trigger/triggertest"
	"cardea/platform/caller"
	"cardea/platform/config"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/id"
)

type M = servertest.M

// world is a pool with a resource server "api" and a user "alice".
type world struct {
	*servertest.World
	pool string
}

func each(t *testing.T, body func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) { body(t, furnish(t, w, nil)) })
}

// eachTrigger is each for a pool with a PreTokenGeneration trigger of a version.
func eachTrigger(t *testing.T, version string, body func(t *testing.T, w *world, f *triggertest.Function)) {
	t.Helper()
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		f := triggertest.New(t)
		s := servertest.New(t, url, func(c *server.Config) {
			f.Now = c.Test.Now
			c.Outgoing = config.Outgoing{Allow: []string{"127.0.0.1"}, PlainHTTP: true}
			c.FunctionsDefault = &config.Function{Lambda: f.URL, AccessKeyID: triggertest.KeyID, SecretAccessKey: triggertest.SecretKey}
		})
		body(t, furnish(t, s, M{"LambdaConfig": M{
			"PreTokenGeneration":       triggertest.ARN("f"),
			"PreTokenGenerationConfig": M{"LambdaArn": triggertest.ARN("f"), "LambdaVersion": version},
		}}), f)
	})
}

func furnish(t testing.TB, s *servertest.World, pool M) *world {
	t.Helper()
	w := &world{World: s, pool: s.Pool(t, pool)}
	w.Must(t, "CreateResourceServer", M{
		"UserPoolId": w.pool, "Identifier": "api", "Name": "API",
		"Scopes": []M{{"ScopeName": "read", "ScopeDescription": "r"}, {"ScopeName": "write", "ScopeDescription": "w"}},
	})
	w.User(t, w.pool, "alice", "email", "alice@example.com", "email_verified", "true", "name", "Alice", "phone_number", "+12065550100")
	return w
}

// app is an app client with a secret, if it has one.
type app struct {
	id, secret string
}

// machine makes a client that has tokens for itself, with both scopes of the resource server.
func (w *world) machine(t testing.TB, changes M) app {
	t.Helper()
	return w.app(t, servertest.With(M{
		"GenerateSecret": true, "AllowedOAuthFlowsUserPoolClient": true,
		"AllowedOAuthFlows": []string{"client_credentials"}, "AllowedOAuthScopes": []string{"api/read", "api/write"},
	}, changes))
}

// app makes a client; changes go over the members of a public one that uses no grant.
func (w *world) app(t testing.TB, changes M) app {
	t.Helper()
	out := w.Must(t, "CreateUserPoolClient", servertest.With(M{
		"UserPoolId": w.pool, "ClientName": "test",
		"ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
	}, changes))
	return app{servertest.Text(out, "UserPoolClient.ClientId"), servertest.Text(out, "UserPoolClient.ClientSecret")}
}

// token posts a form to the token endpoint.
func (w *world) token(t testing.TB, pairs ...string) servertest.Answer {
	t.Helper()
	return w.Post(t, w.Endpoint(t, w.pool, "/oauth2/token"), pairs...)
}

// of asks for the token of a machine.
func (w *world) of(t testing.TB, a app, pairs ...string) servertest.Answer {
	t.Helper()
	return w.token(t, append([]string{"grant_type", "client_credentials", "client_id", a.id, "client_secret", a.secret}, pairs...)...)
}

// refuses wants an error code of an endpoint.
func refuses(t testing.TB, what string, a servertest.Answer, status int, code string) {
	t.Helper()
	if a.Status != status || a.Error() != code {
		t.Errorf("%s: got %d %s; want %d %s", what, a.Status, a.Text, status, code)
	}
}

// claims reads a token's payload.
func claims(t testing.TB, jwt any) M {
	t.Helper()
	text, _ := jwt.(string)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatalf("%v is no token", jwt)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var m M
	if err := json.Unmarshal(payload, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// count is how many rows a table has.
func (w *world) count(t testing.TB, table string) (n int64) {
	t.Helper()
	err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, func(row db.Scanner) (n int64, err error) { return n, row.Scan(&n) }, "SELECT count(*) FROM "+table)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// guess counts wrong guesses of an address.
func (w *world) guess(t testing.TB, address string, times int) {
	t.Helper()
	guesses := lockout.GuessesOf(caller.With(t.Context(), caller.Caller{IP: address}))
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		for range times {
			if err := guesses.Fail(tx, id.Pool(w.pool)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
