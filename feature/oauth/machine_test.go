package oauth_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/server/servertest"
)

func TestClientsHaveTokensForThemselves(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.machine(t, nil)
		answer := w.of(t, a)
		if answer.Status != 200 || answer.Body["token_type"] != "Bearer" || answer.Body["expires_in"] != 3600.0 || len(answer.Body) != 3 {
			t.Fatalf("got %d %s", answer.Status, answer.Text)
		}
		got := claims(t, answer.Body["access_token"])
		now := float64(w.Now().Unix())
		if jti, ok := got["jti"].(string); !ok || len(jti) != 36 {
			t.Errorf("jti %v", got["jti"])
		}
		delete(got, "jti")
		if diff := cmp.Diff(M{
			"sub": a.id, "client_id": a.id, "iss": w.URL + "/" + w.pool, "token_use": "access", "version": 2.0,
			"scope": "api/read api/write", "auth_time": now, "iat": now, "exp": now + 3600,
		}, got); diff != "" {
			t.Error(diff)
		}
		w.Fails(t, "GetUser", M{"AccessToken": answer.Body["access_token"]}, "NotAuthorizedException", "Invalid Access Token")
	})
}

func TestMachineTokensLeaveNoRows(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.machine(t, nil)
		w.of(t, a)
		for _, table := range []string{"session", "refresh_token", "replay", "attempt"} {
			if n := w.count(t, table); n != 0 {
				t.Errorf("%s has %d rows", table, n)
			}
		}
	})
}

func TestScopesOfMachineTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.machine(t, nil)
		few := w.machine(t, M{"AllowedOAuthScopes": []string{"api/read"}})
		for name, c := range map[string]struct {
			app   app
			asked string
			want  string // of the token; empty: invalid_scope
		}{
			"all":              {a, "", "api/read api/write"},
			"one":              {a, "api/write", "api/write"},
			"one twice":        {a, "api/write  api/write", "api/write"},
			"those of another": {few, "api/write", ""},
			"some of another":  {few, "api/read api/write", ""},
			"unknown":          {a, "api/none", ""},
			"of users":         {a, "openid", ""},
			"own account":      {a, "aws.cognito.signin.user.admin", ""},
		} {
			answer := w.of(t, c.app, "scope", c.asked)
			if c.want == "" {
				refuses(t, name, answer, 400, "invalid_scope")
				continue
			}
			if got := claims(t, answer.Body["access_token"])["scope"]; got != c.want {
				t.Errorf("%s: got %v, want %s", name, got, c.want)
			}
		}

		w.Must(t, "UpdateResourceServer", M{"UserPoolId": w.pool, "Identifier": "api", "Name": "API", "Scopes": []M{{"ScopeName": "read", "ScopeDescription": "r"}}})
		for _, asked := range []string{"", "api/read api/write"} {
			if got := claims(t, w.of(t, a, "scope", asked).Body["access_token"])["scope"]; got != "api/read" {
				t.Errorf("asked for %q after a scope was deleted: got %v", asked, got)
			}
		}
		w.Must(t, "DeleteResourceServer", M{"UserPoolId": w.pool, "Identifier": "api"})
		refuses(t, "no scope left", w.of(t, a), 400, "invalid_scope")
	})
}

func TestClientsProveThemselves(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const awkward = "a+b_c+d_e+f_g+h_i+j_k+l_m"
		a := w.machine(t, M{"GenerateSecret": nil, "ClientSecret": awkward})
		second := servertest.Text(w.Must(t, "AddUserPoolClientSecret", M{"UserPoolId": w.pool, "ClientId": a.id}), "ClientSecretDescriptor.ClientSecretValue")
		elsewhere := furnish(t, w.World, nil)
		public := w.app(t, nil)
		basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }

		for name, c := range map[string]struct {
			headers []string
			form    []string
			status  int
			code    string
		}{
			"form":                    {nil, []string{"client_id", a.id, "client_secret", awkward}, 200, ""},
			"form, second secret":     {nil, []string{"client_id", a.id, "client_secret", second}, 200, ""},
			"basic, encoded":          {[]string{basic(a.id + ":" + url.QueryEscape(awkward))}, nil, 200, ""},
			"basic, raw":              {[]string{basic(a.id + ":" + awkward)}, nil, 200, ""},
			"basic, second secret":    {[]string{basic(a.id + ":" + second)}, nil, 200, ""},
			"basic and client_id":     {[]string{basic(a.id + ":" + second)}, []string{"client_id", a.id}, 200, ""},
			"form, wrong":             {nil, []string{"client_id", a.id, "client_secret", "wrong"}, 400, "invalid_client"},
			"form, none":              {nil, []string{"client_id", a.id}, 400, "invalid_client"},
			"form, unknown":           {nil, []string{"client_id", "unknown", "client_secret", awkward}, 400, "invalid_client"},
			"basic, wrong":            {[]string{basic(a.id + ":wrong")}, nil, 401, "invalid_client"},
			"basic, unreadable":       {[]string{"Basic ?"}, nil, 401, "invalid_client"},
			"another scheme":          {[]string{"Bearer x"}, nil, 401, "invalid_client"},
			"basic and secret":        {[]string{basic(a.id + ":" + second)}, []string{"client_secret", second}, 400, "invalid_request"},
			"basic and another":       {[]string{basic(a.id + ":" + second)}, []string{"client_id", public.id}, 400, "invalid_request"},
			"basic twice":             {[]string{basic(a.id + ":" + second), basic(a.id + ":" + second)}, nil, 400, "invalid_request"},
			"nothing":                 {nil, nil, 400, "invalid_request"},
			"a public client":         {nil, []string{"client_id", public.id}, 400, "unauthorized_client"},
			"a public one's secret":   {nil, []string{"client_id", public.id, "client_secret", "x"}, 400, "invalid_client"},
			"a client_id that is NUL": {nil, []string{"client_id", "\x00"}, 400, "invalid_request"},
		} {
			r := servertest.Form(w.Endpoint(t, w.pool, "/oauth2/token"), append([]string{"grant_type", "client_credentials"}, c.form...)...)
			r.Header["Authorization"] = c.headers
			answer := w.Do(t, r)
			refuses(t, name, answer, c.status, c.code)
			if challenge := answer.Header.Get("WWW-Authenticate"); (challenge != "") != (answer.Status == 401) {
				t.Errorf("%s: WWW-Authenticate %q with %d", name, challenge, answer.Status)
			}
		}
		refuses(t, "at another pool", elsewhere.of(t, app{a.id, awkward}), 400, "invalid_client")
	})
}

func TestWrongSecretsCountByAddressAndLockNoClient(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.machine(t, nil)
		there := &world{w.From("192.0.2.9"), w.pool}
		w.guess(t, "192.0.2.9", 499)
		refuses(t, "a guess", there.of(t, app{a.id, "guess"}), 400, "invalid_client")
		refuses(t, "one guess more", there.of(t, app{a.id, "guess"}), 429, "temporarily_unavailable")
		refuses(t, "the right one", there.of(t, a), 429, "temporarily_unavailable")
		there.Fails(t, "GetClientToken", M{"ClientId": a.id, "Secret": a.secret}, "TooManyRequestsException", "")
		if answer := w.of(t, a); answer.Status != 200 {
			t.Errorf("from elsewhere: %s", answer.Text)
		}
		elsewhere, public := &world{w.From("192.0.2.10"), w.pool}, w.app(t, nil)
		w.guess(t, "192.0.2.10", 499)
		refuses(t, "no secret", elsewhere.of(t, app{id: a.id}), 400, "invalid_client")
		refuses(t, "a public client's", elsewhere.of(t, app{public.id, "guess"}), 400, "invalid_client")
		if answer := elsewhere.of(t, a); answer.Status != 200 {
			t.Errorf("after what is no guess: %s", answer.Text)
		}
		w.Advance(16 * time.Minute)
		if answer := there.of(t, a); answer.Status != 200 {
			t.Errorf("later: %s", answer.Text)
		}
	})
}

func TestOnlyTheClientsGrantIsAllowed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.machine(t, nil)
		for name, want := range map[string]string{
			"":                   "invalid_request",
			"password":           "unsupported_grant_type",
			"implicit":           "unsupported_grant_type",
			"Client_Credentials": "unsupported_grant_type",
		} {
			refuses(t, name, w.token(t, "grant_type", name, "client_id", a.id, "client_secret", a.secret), 400, want)
		}
		refuses(t, "before it is proven", w.token(t, "grant_type", "password", "client_id", a.id, "client_secret", "x"), 400, "invalid_client")

		w.Must(t, "UpdateUserPoolClient", M{
			"UserPoolId": w.pool, "ClientId": a.id, "AllowedOAuthFlows": []string{"client_credentials"}, "AllowedOAuthScopes": []string{"api/read"},
		})
		refuses(t, "grants switched off", w.of(t, a), 400, "unauthorized_client")
		w.Must(t, "DeleteUserPoolClient", M{"UserPoolId": w.pool, "ClientId": a.id})
		refuses(t, "deleted", w.of(t, a), 400, "invalid_client")
	})
}

func TestGetClientToken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.machine(t, M{"AccessTokenValidity": 10, "TokenValidityUnits": M{"AccessToken": "minutes"}})
		ask := M{"ClientId": a.id, "Secret": a.secret}
		out := w.Must(t, "GetClientToken", ask)["ClientAuthenticationResult"].(M)
		if got := claims(t, out["AccessToken"]); got["scope"] != "api/read api/write" || got["sub"] != a.id || out["ExpiresIn"] != 600.0 || out["TokenType"] != "Bearer" {
			t.Errorf("got %v, %v", out, got)
		}
		out = w.Must(t, "GetClientToken", servertest.With(ask, M{"Scopes": []string{"api/read"}}))["ClientAuthenticationResult"].(M)
		if got := claims(t, out["AccessToken"])["scope"]; got != "api/read" {
			t.Errorf("scope %v", got)
		}
		w.Fails(t, "GetClientToken", servertest.With(ask, M{"Scopes": []string{"api/none"}}), "InvalidParameterException", "Invalid scope requested.")
		w.Fails(t, "GetClientToken", servertest.With(ask, M{"Secret": "wrongwrongwrongwrongwrongwrong"}), "NotAuthorizedException", "Invalid client secret for client "+a.id)
		w.Fails(t, "GetClientToken", servertest.With(ask, M{"ClientId": "unknown"}), "ResourceNotFoundException", "")
		other := w.app(t, M{"GenerateSecret": true})
		w.Fails(t, "GetClientToken", M{"ClientId": other.id, "Secret": other.secret}, "NotAuthorizedException", "Client is not enabled for the client_credentials grant.")
	})
}

func TestAFunctionChangesMachineTokens(t *testing.T) {
	eachTrigger(t, "V3_0", func(t *testing.T, w *world, f *triggertest.Function) {
		a := w.machine(t, nil)
		f.Handle(func(triggertest.Invocation) triggertest.Answer {
			return triggertest.Answer{Response: M{"claimsAndScopeOverrideDetails": M{"accessTokenGeneration": M{
				"claimsToAddOrOverride": M{"tenant": "t1", "sub": "mallory", "client_id": "mallory"},
				"scopesToAdd":           []string{"extra/scope"}, "scopesToSuppress": []string{"api/write"},
			}}}}
		})
		answer := w.of(t, a, "aws_client_metadata", `{"a":"b"}`)
		got := claims(t, answer.Body["access_token"])
		if got["tenant"] != "t1" || got["sub"] != a.id || got["client_id"] != a.id || got["scope"] != "api/read extra/scope" {
			t.Errorf("claims %v", got)
		}
		asked := f.Calls()[0]
		if asked.Source() != "TokenGeneration_ClientCredentials" {
			t.Errorf("asked at %s", asked.Source())
		}
		if diff := cmp.Diff(M{"a": "b"}, M(asked.Request()["clientMetadata"].(map[string]any))); diff != "" {
			t.Error(diff)
		}
		w.Must(t, "GetClientToken", M{"ClientId": a.id, "Secret": a.secret, "ClientMetadata": M{"c": "d"}})
		if diff := cmp.Diff(M{"c": "d"}, M(f.Calls()[1].Request()["clientMetadata"].(map[string]any))); diff != "" {
			t.Error(diff)
		}
		for _, text := range []string{"x", `["a"]`, `{"a":1}`, `{"a":{}}`} {
			refuses(t, "metadata "+text, w.of(t, a, "aws_client_metadata", text), 400, "invalid_request")
		}

		f.Handle(func(triggertest.Invocation) triggertest.Answer { return triggertest.Answer{Raise: "no"} })
		answer = w.of(t, a)
		refuses(t, "a function that refuses", answer, 400, "invalid_request")
		if got, want := answer.Body["error_description"], "PreTokenGeneration failed with error no."; got != want {
			t.Errorf("description %v, want %s", got, want)
		}
		w.Fails(t, "GetClientToken", M{"ClientId": a.id, "Secret": a.secret}, "NotAuthorizedException", "PreTokenGeneration failed with error no.")
	})
}

func TestOlderFunctionsAreNotAskedForMachineTokens(t *testing.T) {
	eachTrigger(t, "V2_0", func(t *testing.T, w *world, f *triggertest.Function) {
		if answer := w.of(t, w.machine(t, nil)); answer.Status != 200 || len(f.Calls()) != 0 {
			t.Errorf("got %s, and %d calls", answer.Text, len(f.Calls()))
		}
	})
}

func TestNoParameterOfTheTokenEndpointIsTwice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.machine(t, nil)
		for _, twice := range []string{"grant_type", "client_id", "client_secret", "scope", "unknown"} {
			refuses(t, twice, w.of(t, a, twice, "x", twice, "x"), 400, "invalid_request")
		}
	})
}

func TestFormsAreBoundedAndOfOneType(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.machine(t, nil)
		refuses(t, "long", w.of(t, a, "x", fmt.Sprintf("%09000d", 1)), 400, "invalid_request")
		for _, media := range []string{"application/json", "", "multipart/form-data; boundary=x"} {
			r := servertest.Form(w.Endpoint(t, w.pool, "/oauth2/token"), "grant_type", "client_credentials", "client_id", a.id, "client_secret", a.secret)
			r.Header.Set("Content-Type", media)
			refuses(t, media, w.Do(t, r), 400, "invalid_request")
		}
		r := servertest.Form(w.Endpoint(t, w.pool, "/oauth2/token?grant_type=client_credentials&client_id="+a.id+"&client_secret="+url.QueryEscape(a.secret)))
		refuses(t, "in the query", w.Do(t, r), 400, "invalid_request")
		for _, method := range []string{http.MethodGet, http.MethodPut, "POS"} {
			r = servertest.Form(w.Endpoint(t, w.pool, "/oauth2/token"), "grant_type", "client_credentials", "client_id", a.id, "client_secret", a.secret)
			r.Method = method
			refuses(t, method, w.Do(t, r), 405, "invalid_request")
		}
	})
}

func TestAnswersOfEndpointsAreNotStoredAndOpenToScripts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, answer := range []servertest.Answer{
			w.of(t, w.machine(t, nil)), w.token(t), w.Post(t, w.Endpoint(t, w.pool, "/oauth2/revoke")), w.Post(t, w.Endpoint(t, w.pool, "/oauth2/userInfo")),
		} {
			for header, want := range map[string]string{
				"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate", "Pragma": "no-cache",
				"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Content-Type": "application/json;charset=UTF-8",
				"Access-Control-Allow-Credentials": "",
			} {
				if got := answer.Header.Get(header); got != want {
					t.Errorf("%s: %q, want %q", header, got, want)
				}
			}
			if answer.Header.Get("X-Amz-Cognito-Request-Id") == "" {
				t.Error("no request id")
			}
		}
		r := servertest.Form(w.Endpoint(t, w.pool, "/oauth2/token"))
		r.Method = http.MethodOptions
		if answer := w.Do(t, r); answer.Status != 200 || answer.Header.Get("Access-Control-Allow-Methods") != "POST" || answer.Header.Get("Access-Control-Allow-Headers") != "authorization, content-type, x-amz-user-agent, *" {
			t.Errorf("preflight: %d %v", answer.Status, answer.Header)
		}
	})
}

// endless is a body that never ends, and counts what is read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read > 1<<20 {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = 'x'
	}
	e.read += len(p)
	return len(p), nil
}

func TestLittleIsReadOfALongBody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		body := &endless{}
		r := httptest.NewRequest(http.MethodPost, w.Endpoint(t, w.pool, "/oauth2/token"), body)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer := w.Do(t, r)
		refuses(t, "a body without an end", answer, 400, "invalid_request")
		if body.read > 64<<10 || answer.Header.Get("Connection") != "close" {
			t.Errorf("%d bytes were read, Connection %q", body.read, answer.Header.Get("Connection"))
		}
	})
}
