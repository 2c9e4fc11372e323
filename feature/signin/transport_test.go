package signin_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/config"
	"cardea/platform/db/dbtest"
	"cardea/platform/function"
	"cardea/platform/function/functiontest"
	"cardea/server"
	"cardea/server/servertest"
)

// claimsHandler is a handler as Cognito's guide has people write them for PreTokenGeneration.
const claimsHandler = `
def lambda_handler(event, context):
    groups = event["request"]["groupConfiguration"]["groupsToOverride"]
    event["response"] = {
        "claimsOverrideDetails": {
            "claimsToAddOrOverride": {
                "tenant": "north",
                "greeting": "Hello, " + event["request"]["userAttributes"]["name"],
                "sub": "nobody",
            },
            "claimsToSuppress": ["email"],
            "groupOverrideDetails": {
                "groupsToOverride": [group.upper() for group in groups],
                "iamRolesToOverride": [],
                "preferredRole": "",
            },
        }
    }
    return event
`

func TestTheGuidesClaimHandlerRunsByAllTransports(t *testing.T) {
	t.Parallel()
	file := functiontest.File(t, "claims.py", claimsHandler) + ":lambda_handler"
	dbtest.EachURL(t, func(t *testing.T, url string) {
		remote := elsewhere(t, file)
		w := servertest.New(t, url, func(c *server.Config) {
			c.Outgoing = config.Outgoing{Allow: []string{"127.0.0.1"}, PlainHTTP: true}
			c.Functions = []config.Function{
				{Name: "local", Local: file},
				{Name: "webhook", Webhook: remote.URL + "/hook", WebhookSecret: triggertest.HookKey},
				{Name: "lambda", Lambda: remote.URL, AccessKeyID: triggertest.KeyID, SecretAccessKey: triggertest.SecretKey},
			}
			c.Test.Now = time.Now // receivers of webhooks look at the clock
		})
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		w.User(t, pool, "jane", "name", "Jäne", "email", "jane@example.com")
		w.Must(t, "CreateGroup", M{"UserPoolId": pool, "GroupName": "staff"})
		w.Must(t, "AdminAddUserToGroup", M{"UserPoolId": pool, "Username": "jane", "GroupName": "staff"})

		claims := func() [2]M {
			tokens := w.SignIn(t, client, "jane")
			both := [2]M{payload(t, tokens["IdToken"].(string)), payload(t, tokens["AccessToken"].(string))}
			for _, one := range both {
				for _, anew := range []string{"jti", "origin_jti", "event_id", "auth_time", "iat", "exp"} {
					if one[anew] == nil {
						t.Errorf("no claim %s in %v", anew, one)
					}
					delete(one, anew)
				}
			}
			return both
		}
		plain := claims()
		groups := []any{"STAFF"}
		want := [2]M{
			servertest.With(plain[0], M{"tenant": "north", "greeting": "Hello, Jäne", "email": nil, "cognito:groups": groups}),
			servertest.With(plain[1], M{"cognito:groups": groups}),
		}
		for _, transport := range []string{"local", "webhook", "lambda"} {
			calls := len(remote.Calls())
			w.Must(t, "UpdateUserPool", M{"UserPoolId": pool, "LambdaConfig": M{"PreTokenGeneration": triggertest.ARN(transport)}})
			if diff := cmp.Diff(want, claims()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", transport, diff)
			}
			if got := len(remote.Calls()) - calls; (got == 1) != (transport != "local") {
				t.Errorf("%s: %d calls elsewhere", transport, got)
			}
		}
	})
}

// elsewhere is a server that runs the handler for Lambda's Invoke API and for webhooks.
func elsewhere(t *testing.T, source string) *triggertest.Function {
	t.Helper()
	run, err := function.New(function.Config{Name: "elsewhere", Source: source})
	if err != nil {
		t.Fatal(err)
	}
	f := triggertest.New(t)
	t.Cleanup(func() { _ = run.Close(context.Background()) }) // nothing runs any more
	f.Handle(func(call triggertest.Invocation) triggertest.Answer {
		reply, err := run.Invoke(context.Background(), function.Call{ARN: call.Function, Payload: call.Event, Deadline: time.Now().Add(10 * time.Second)})
		if err != nil || reply.Kind != function.Answered {
			t.Errorf("elsewhere: %s %s, %v", reply.Kind, reply.ErrorMessage, err)
		}
		return triggertest.Answer{Raw: reply.Payload}
	})
	return f
}
