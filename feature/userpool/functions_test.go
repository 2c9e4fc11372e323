package userpool_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/feature/userpool"
	"cardea/platform/config"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

func TestKeysThatTheServerDoesNotHaveAreRefused(t *testing.T) {
	t.Parallel()
	const known, unknown = "arn:aws:kms:us-east-1:123456789012:key/known", "arn:aws:kms:us-east-1:123456789012:key/unknown"
	configured := func(c *server.Config) {
		c.KMSKeys = []config.KMSKey{{Key: "known", Aliases: []string{"alias/codes"}, Local: true}}
		c.Functions = []config.Function{{Name: "f", Lambda: "https://lambda.us-east-1.amazonaws.com"}}
	}
	servertest.EachWith(t, configured, func(t *testing.T, w *servertest.World) {
		named := func(key string) M {
			return M{"LambdaConfig": M{"KMSKeyID": key, "CustomEmailSender": M{"LambdaVersion": "V1_0", "LambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:f"}}}
		}
		kept := w.Pool(t, named(unknown)) // a development server takes any
		messages := w.Server.API.Userpool.(*userpool.Service).Messages
		messages.Keys.Any, w.Server.API.Userpool.(*userpool.Service).UnknownFunctions = false, false

		const refusal = "No key is configured on this server for " + unknown
		w.Fails(t, "CreateUserPool", servertest.With(M{"PoolName": "p"}, named(unknown)), "InvalidParameterException", refusal)
		w.Fails(t, "CreateUserPool", servertest.With(M{"PoolName": "p"}, named("arn:aws:s3:us-east-1:123456789012:bucket")), "InvalidParameterException",
			"arn:aws:s3:us-east-1:123456789012:bucket is not a valid KMS key ARN")
		pool := w.Pool(t, named(known))
		w.Fails(t, "UpdateUserPool", servertest.With(M{"UserPoolId": pool}, named(unknown)), "InvalidParameterException", refusal)
		w.Must(t, "UpdateUserPool", servertest.With(M{"UserPoolId": pool}, named("arn:aws:kms:us-east-1:123456789012:alias/codes")))

		// The key that a pool has stays valid when other settings are changed, and may be taken away.
		w.Must(t, "UpdateUserPool", servertest.With(M{"UserPoolId": kept, "MfaConfiguration": "OFF"}, named(unknown)))
		w.Must(t, "UpdateUserPool", M{"UserPoolId": kept})
		w.Fails(t, "UpdateUserPool", servertest.With(M{"UserPoolId": kept}, named(unknown)), "InvalidParameterException", refusal)
	})
}

func TestFunctionsThatTheServerCannotInvokeAreRefused(t *testing.T) {
	t.Parallel()
	const known, unknown = "arn:aws:lambda:us-east-1:123456789012:function:known", "arn:aws:lambda:us-east-1:123456789012:function:unknown"
	configured := func(c *server.Config) {
		c.Functions = []config.Function{{Name: "known", Lambda: "https://lambda.us-east-1.amazonaws.com"}}
	}
	servertest.EachWith(t, configured, func(t *testing.T, w *servertest.World) {
		named := func(arn string) M { return M{"LambdaConfig": M{"PreSignUp": arn}} }
		kept := w.Pool(t, named(unknown)) // a development server takes any
		w.Server.API.Userpool.(*userpool.Service).UnknownFunctions = false

		const refusal = "No function is configured on this server for " + unknown
		w.Fails(t, "CreateUserPool", servertest.With(M{"PoolName": "p"}, named(unknown)), "InvalidParameterException", refusal)
		w.Fails(t, "CreateUserPool", servertest.With(M{"PoolName": "p"}, named("arn:aws:sqs:us-east-1:123456789012:queue")), "InvalidParameterException",
			"arn:aws:sqs:us-east-1:123456789012:queue is not a valid Lambda function ARN")
		pool := w.Pool(t, named(known))
		w.Fails(t, "UpdateUserPool", servertest.With(M{"UserPoolId": pool}, named(unknown)), "InvalidParameterException", refusal)
		if got := servertest.Text(w.Must(t, "DescribeUserPool", M{"UserPoolId": pool}), "UserPool.LambdaConfig.PreSignUp"); got != known {
			t.Errorf("after a refused change the pool names %s", got)
		}

		// The function that a pool has stays valid when other settings are changed, and may be taken away.
		w.Must(t, "UpdateUserPool", servertest.With(M{"UserPoolId": kept, "MfaConfiguration": "OFF"}, named(unknown)))
		w.Must(t, "UpdateUserPool", M{"UserPoolId": kept})
		w.Fails(t, "UpdateUserPool", servertest.With(M{"UserPoolId": kept}, named(unknown)), "InvalidParameterException", refusal)
	})
}

// missing are the triggers that the log says to have no function, since the last time.
func missing(t *testing.T, log *bytes.Buffer) (all []string) {
	t.Helper()
	for line := range strings.Lines(log.String()) {
		var entry struct{ Level, Msg, Pool, Trigger, ARN, Advice string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if entry.Trigger != "" {
			all = append(all, strings.Join([]string{entry.Level, entry.Pool, entry.Trigger, entry.ARN, entry.Advice}, " "))
		}
	}
	log.Reset()
	slices.Sort(all)
	return all
}

// gauge is what the metrics say of triggers without a function.
func gauge(t *testing.T, h http.Handler) string {
	t.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://localhost:9229/metrics", nil))
	_, value, _ := strings.Cut(answer.Body.String(), "\ncardea_trigger_unresolved ")
	value, _, _ = strings.Cut(value, "\n")
	return value
}

func TestTriggersWithoutAFunctionAreReportedOnce(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:lambda:us-east-1:123456789012:function:"
	dbtest.EachURL(t, func(t *testing.T, url string) {
		var log bytes.Buffer
		change := func(c *server.Config) {
			c.Functions = []config.Function{{Name: "known", Lambda: "https://lambda.us-east-1.amazonaws.com"}}
			c.Log = slog.New(slog.NewJSONHandler(&log, nil))
		}
		w := servertest.New(t, url, change)
		expect := func(when, count string, want ...string) {
			t.Helper()
			if err := w.Server.RunJob(t.Context(), "look for functions"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, missing(t, &log)); diff != "" {
				t.Errorf("%s: logged (-want +got):\n%s", when, diff)
			}
			if got := gauge(t, w.Server.Admin); got != count {
				t.Errorf("%s: the gauge is %s, want %s", when, got, count)
			}
		}

		expect("no pool", "0")
		named := M{"LambdaConfig": M{"PreSignUp": arn + "gone:prod", "PostConfirmation": arn + "known", "CustomMessage": "arn:aws:sqs:us-east-1:123456789012:queue"}}
		pool := w.Pool(t, named)
		queue := "WARN " + pool + " CustomMessage arn:aws:sqs:us-east-1:123456789012:queue name the ARN of a Lambda function"
		gone := "WARN " + pool + " PreSignUp " + arn + "gone:prod "
		expect("a new pool", "2", queue, gone+"start the server with --function gone=path/file.py:handler")
		expect("again", "2")
		w.Must(t, "UpdateUserPool", servertest.With(M{"UserPoolId": pool, "MfaConfiguration": "OFF"}, named))
		expect("another setting", "2")
		w.Must(t, "UpdateUserPool", M{"UserPoolId": pool, "LambdaConfig": M{"PreSignUp": arn + "gone:prod"}})
		expect("one less", "1")
		w.Must(t, "UpdateUserPool", servertest.With(M{"UserPoolId": pool}, named))
		expect("one more", "2", queue)

		// A production server starts with such pools, and tells of them too.
		serve := servertest.New(t, url, func(c *server.Config) {
			change(c)
			c.Dev = false
		})
		w, serve = serve, w
		expect("at the start of another server", "2", queue, gone+`add [[functions]] with name = "gone" to the configuration`)
		w = serve
		w.Must(t, "DeleteUserPool", M{"UserPoolId": pool})
		expect("no pool any more", "0")
	})
}

func TestPoolsThatChangeAreLookedAtSoon(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		s, told := w.Server.API.Userpool.(*userpool.Service), 0
		s.Changed = func() { told++ }
		pool := w.Pool(t, nil)
		w.Must(t, "UpdateUserPool", M{"UserPoolId": pool})
		w.Fails(t, "UpdateUserPool", M{"UserPoolId": pool, "LambdaConfig": M{"PreSignUp": "arn:aws:lambda:eu-west-1:123456789012:function:f"}}, "InvalidParameterException", "")
		w.Must(t, "DeleteUserPool", M{"UserPoolId": pool})
		if told != 3 {
			t.Errorf("told %d times of three changes", told)
		}
	})
}
