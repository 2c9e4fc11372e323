package server_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"cardea/platform/config"
	"cardea/platform/db/dbtest"
	"cardea/platform/tracing/tracingtest"
	"cardea/server"
	"cardea/server/servertest"
)

// below lists the names of the spans of a trace, without its first.
func below(all []*tracepb.Span, root *tracepb.Span) (names []string) {
	for _, span := range all {
		if bytes.Equal(span.TraceId, root.TraceId) && !bytes.Equal(span.SpanId, root.SpanId) {
			names = append(names, span.Name)
		}
	}
	return names
}

func TestASignInIsTracedWithoutSecrets(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, nil, func(t *testing.T, plain *servertest.World) {
		collector := tracingtest.New(t)
		var log bytes.Buffer
		w := servertest.New(t, dbtest.SQLite(t), func(c *server.Config) {
			if plain.DB.Engine() == "postgres" {
				c.Database = dbtest.Postgres(t)
			}
			c.Tracing = config.Tracing{Endpoint: collector.URL, Ratio: 1, Headers: []config.Secret{"X-Key: hunter2"}}
			c.Log = slog.New(slog.NewJSONHandler(&log, nil))
		})
		pool := w.Pool(t, servertest.M{"AutoVerifiedAttributes": []string{"email"}})
		client := w.Client(t, pool, nil)
		w.Must(t, "SignUp", servertest.M{
			"ClientId": client, "Username": "jane-the-user", "Password": servertest.Password,
			"UserAttributes": servertest.Attributes("email", "jane@example.org"),
		})
		code := w.Code(t, "jane@example.org")
		w.Must(t, "ConfirmSignUp", servertest.M{"ClientId": client, "Username": "jane-the-user", "ConfirmationCode": code})
		tokens := w.From("203.0.113.77:4711").SignIn(t, client, "jane-the-user")
		w.Must(t, "GetUser", servertest.M{"AccessToken": tokens["AccessToken"]})

		root := collector.Await(t, "cognito-idp.InitiateAuth")
		collector.Await(t, "cognito-idp.GetUser")
		attributes := tracingtest.Attributes(root)
		w.Must(t, "DescribeUserPool", servertest.M{"UserPoolId": pool})
		if named := tracingtest.Attributes(collector.Await(t, "cognito-idp.DescribeUserPool")); named["cardea.pool"] != pool {
			t.Errorf("attributes of a request that names a pool: %v", named)
		}
		if attributes["http.response.status_code"] != 200 || attributes["rpc.method"] != "InitiateAuth" {
			t.Errorf("attributes %v", attributes)
		}
		if !strings.Contains(log.String(), attributes["cardea.request_id"].(string)) || !strings.Contains(log.String(), `"trace_id"`) {
			t.Error("the log does not lead to the trace")
		}
		names := below(collector.Spans(), root)
		for _, want := range []string{"transaction read", "transaction write", "sign tokens", "password"} {
			if !slices.Contains(names, want) {
				t.Errorf("the sign-in has spans %q, and none %q", names, want)
			}
		}
		if transaction := collector.Await(t, "transaction write"); tracingtest.Attributes(transaction)["db.statements"] == 0 {
			t.Errorf("a transaction has %v", transaction.Attributes)
		}

		for name, secret := range map[string]string{
			"username": "jane-the-user", "address": "jane@", "password": servertest.Password, "code": code, "IP address": "203.0.113",
			"access token": tokens["AccessToken"].(string), "refresh token": tokens["RefreshToken"].(string), "header": "hunter2",
		} {
			if bytes.Contains(collector.Raw(), []byte(secret)) {
				t.Errorf("a span has the %s", name)
			}
		}
		if header := collector.Headers()[0]; header.Get("X-Key") != "hunter2" {
			t.Errorf("spans were sent with %v", header)
		}
		if got := scrape(t, w.Server)[`cardea_trace_exports_total{outcome="ok"}`]; got == 0 {
			t.Error("sending is not measured")
		}
	})
}

// What is refused before its operation begins has a span with the code of the error, too. A request that names no operation has none:
// its sender would choose how many there are.
func TestRefusedRequestsAreTraced(t *testing.T) {
	t.Parallel()
	collector := tracingtest.New(t)
	w := servertest.New(t, dbtest.SQLite(t), func(c *server.Config) {
		c.Tracing.Endpoint, c.Tracing.Ratio, c.EnforceIAM = collector.URL, 1, true
	})
	send := func(operation, authorization string) {
		t.Helper()
		r, err := http.NewRequest(http.MethodPost, w.URL+"/", strings.NewReader(`{"UserPoolId":"us-east-1_AbCdEfGhI"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		w.Do(t, r)
	}
	send("NoSuchOperation", "")
	send("DeleteUserPool", "")
	send("DescribeUserPool", "AWS4-HMAC-SHA256 Credential=AKIDSTRANGER/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host;x-amz-date, Signature=abc")
	for name, want := range map[string]string{
		"cognito-idp.DeleteUserPool": "MissingAuthenticationTokenException", "cognito-idp.DescribeUserPool": "IncompleteSignatureException",
	} {
		span := collector.Await(t, name)
		if got := tracingtest.Attributes(span); got["cardea.code"] != want || got["http.response.status_code"] != 400 {
			t.Errorf("%s: attributes %v, want the code %s", name, got, want)
		}
	}
	for _, span := range collector.Spans() {
		if strings.Contains(span.Name, "NoSuch") || strings.Contains(span.Name, "unknown") {
			t.Errorf("a request that names no operation has the span %s", span.Name)
		}
	}
	if bytes.Contains(collector.Raw(), []byte("AKIDSTRANGER")) {
		t.Error("a span has what a stranger has sent")
	}
}

func TestTracesOfTrustedProxiesGoOn(t *testing.T) {
	t.Parallel()
	const theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for name, c := range map[string]struct {
		incoming bool
		proxy    string
		want     bool
	}{
		"said":             {true, "192.0.2.0/24", true},
		"of somebody else": {true, "198.51.100.0/24", false},
		"not said":         {false, "192.0.2.0/24", false},
	} {
		collector := tracingtest.New(t)
		w := servertest.New(t, dbtest.SQLite(t), func(config *server.Config) {
			config.Tracing.Endpoint, config.Tracing.Ratio, config.Tracing.Incoming = collector.URL, 1, c.incoming
			config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix(c.proxy)}
		})
		r, err := http.NewRequest(http.MethodPost, w.URL+"/", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.RemoteAddr = "192.0.2.1:4711"
		r.Header.Set("Traceparent", theirs)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.GetUser")
		w.Do(t, r)
		got := collector.Await(t, "cognito-idp.GetUser")
		if goesOn := tracingtest.TraceID(got) == "0af7651916cd43dd8448eb211c80319c"; goesOn != c.want {
			t.Errorf("%s: the trace goes on: %t, want %t", name, goesOn, c.want)
		}
	}
}

func TestSpansAreSentBeforeTheServerIsGone(t *testing.T) {
	t.Parallel()
	collector := tracingtest.New(t)
	var given server.Config
	servertest.New(t, dbtest.SQLite(t), func(c *server.Config) { given = *c })
	given.Database, given.Tracing = dbtest.SQLite(t), config.Tracing{Endpoint: collector.URL, Ratio: 1}
	srv, err := server.New(t.Context(), given)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, given.PublicURL+"/", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.GetUser")
	srv.Handler.ServeHTTP(httptest.NewRecorder(), r)
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(collector.Spans()); n == 0 {
		t.Error("what a request did was lost when the server stopped")
	}
}
