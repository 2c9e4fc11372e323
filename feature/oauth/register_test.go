package oauth_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/feature/oauth"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// registering are the settings of a pool in which apps register themselves, openly.
func registering(changes M) M {
	return M{"DcrConfiguration": servertest.With(M{"EnableStatus": "Enabled", "OpenDcrEnabled": true, "AllowedScopes": []string{"api/read", "gone/read"}}, changes)}
}

// eachRegistering is each for such a pool.
func eachRegistering(t *testing.T, changes M, body func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) { body(t, furnish(t, w, registering(changes))) })
}

// register sends the description of an app, from an address of its own, with an access token if there is one.
func (w *world) register(t testing.TB, from, token string, described any) servertest.Answer {
	t.Helper()
	text, ok := described.(string)
	if !ok {
		body, err := json.Marshal(described)
		if err != nil {
			t.Fatal(err)
		}
		text = string(body)
	}
	r := httptest.NewRequest(http.MethodPost, w.Endpoint(t, w.pool, "/oauth2/register"), strings.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	if from != "" {
		r.RemoteAddr = from + ":1234"
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return w.Do(t, r)
}

// registrar is an access token that allows registration.
func (w *world) registrar(t testing.TB) (a app, token string) {
	t.Helper()
	a = w.machine(t, M{"AllowedOAuthScopes": []string{"aws.cognito/dcr/register", "api/read"}})
	return a, w.of(t, a, "scope", "aws.cognito/dcr/register").Body["access_token"].(string)
}

// hash is the app's SECRET_HASH for a user name.
func (a app) hash(name string) string {
	mac := hmac.New(sha256.New, []byte(a.secret))
	mac.Write([]byte(name + a.id))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// described is an app that describes itself.
func described(changes M) M {
	return servertest.With(M{
		"client_name": "Shop", "redirect_uris": []string{callback, "http://127.0.0.1/cb", "com.example.app:/cb"}, "token_endpoint_auth_method": "none",
		"scope": "openid email api/read", "logo_uri": "https://app.example.com/logo", "contacts": []string{"a@example.com"}, "software_statement": "x.y.z",
	}, changes)
}

func TestAnAppRegistersItselfAndSignsUsersIn(t *testing.T) {
	eachRegistering(t, nil, func(t *testing.T, w *world) {
		answer := w.register(t, "", "", described(nil))
		got := answer.Body
		if answer.Status != 201 || answer.Header.Get("Cache-Control") != "no-cache, no-store, max-age=0, must-revalidate" ||
			answer.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Fatalf("%d %v %s", answer.Status, answer.Header, answer.Text)
		}
		want := M{
			"client_id": got["client_id"], "client_id_issued_at": float64(w.Now().Unix()), "client_name": "Shop",
			"redirect_uris": []any{callback, "http://127.0.0.1/cb", "com.example.app:/cb"}, "grant_types": []any{"authorization_code", "refresh_token"},
			"response_types": []any{"code"}, "token_endpoint_auth_method": "none", "scope": "openid email api/read",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("answer (-want +got):\n%s", diff)
		}

		a := app{id: got["client_id"].(string)}
		tokens := w.redeem(t, a, w.code(t, a))
		if tokens.Status != 200 || claims(t, tokens.Body["access_token"])["scope"] != "openid email" {
			t.Errorf("tokens: %d %s", tokens.Status, tokens.Text)
		}
		if again := w.token(t, "grant_type", "refresh_token", "client_id", a.id, "refresh_token", tokens.Body["refresh_token"].(string)); again.Status != 200 {
			t.Errorf("refresh: %s", again.Text)
		}

		shown := w.Must(t, "DescribeUserPoolClient", M{"UserPoolId": w.pool, "ClientId": a.id})["UserPoolClient"].(M)
		if shown["ClientType"] != "DCR" || shown["ClientName"] != "Shop" || shown["ClientSecret"] != nil {
			t.Errorf("the client is %v", shown)
		}
		regular := w.web(t, nil)
		for kind, want := range map[string][]string{"DCR": {a.id}, "REGULAR": {regular.id}, "": {a.id, regular.id}} {
			in := M{"UserPoolId": w.pool}
			if kind != "" {
				in["ClientType"] = kind
			}
			var listed []string
			for _, c := range w.Must(t, "ListUserPoolClients", in)["UserPoolClients"].([]any) {
				listed = append(listed, servertest.Text(c.(M), "ClientId"))
			}
			slices.Sort(want)
			if !slices.Equal(listed, want) {
				t.Errorf("%q are %v, want %v", kind, listed, want)
			}
		}
		w.Must(t, "UpdateUserPoolClient", M{"UserPoolId": w.pool, "ClientId": a.id, "ClientName": "Renamed"})
		if shown := w.Must(t, "DescribeUserPoolClient", M{"UserPoolId": w.pool, "ClientId": a.id}); servertest.Text(shown, "UserPoolClient.ClientType") != "DCR" {
			t.Errorf("an update makes it %v", shown)
		}
		w.Must(t, "DeleteUserPoolClient", M{"UserPoolId": w.pool, "ClientId": a.id})
	})
}

func TestRegisteredSecretsProveTheirApps(t *testing.T) {
	eachRegistering(t, M{"OpenDcrGrantTypes": []string{"code", "client_credentials"}}, func(t *testing.T, w *world) {
		for _, method := range []string{"", "client_secret_basic", "client_secret_post"} {
			got := w.register(t, "", "", described(M{"token_endpoint_auth_method": method})).Body
			if got["client_secret"] == nil || got["client_secret_expires_at"] != 0.0 {
				t.Fatalf("%q: %v", method, got)
			}
			a := app{got["client_id"].(string), got["client_secret"].(string)}
			refuses(t, "without the secret", w.redeem(t, app{id: a.id}, w.code(t, a)), 400, "invalid_client")
			if answer := w.redeem(t, a, w.code(t, a)); answer.Status != 200 {
				t.Errorf("%q: %s", method, answer.Text)
			}
		}
		got := w.register(t, "", "", M{"grant_types": []string{"client_credentials"}}).Body
		if got["scope"] != "api/read" || len(got["response_types"].([]any)) != 0 || got["redirect_uris"] != nil {
			t.Fatalf("a machine: %v", got)
		}
		a := app{got["client_id"].(string), got["client_secret"].(string)}
		if got["client_name"] != a.id {
			t.Errorf("an app without a name is called %v", got["client_name"])
		}
		if answer := w.of(t, a); claims(t, answer.Body["access_token"])["scope"] != "api/read" {
			t.Errorf("a machine's token: %s", answer.Text)
		}
	})
}

func TestDescriptionsAreChecked(t *testing.T) {
	eachRegistering(t, nil, func(t *testing.T, w *world) {
		long := "https://app.example.com/" + strings.Repeat("x", 1001)
		many := make([]string, 101)
		for i := range many {
			many[i] = fmt.Sprint("https://app.example.com/", i)
		}
		w.Endpoint(t, w.pool, "") // has its domain
		before := dbtest.Rows(t, w.DB)
		for name, c := range map[string]struct {
			body any
			code string
		}{
			"no JSON":                   {"x", "invalid_client_metadata"},
			"a list":                    {"[]", "invalid_client_metadata"},
			"a member twice":            {`{"redirect_uris":["https://a.example"],"redirect_uris":["https://b.example"]}`, "invalid_client_metadata"},
			"too much":                  {described(M{"client_uri": strings.Repeat("x", oauth2.MaxRegistration)}), "invalid_client_metadata"},
			"addresses in one text":     {described(M{"redirect_uris": callback}), "invalid_client_metadata"},
			"an address that is none":   {described(M{"redirect_uris": []any{1}}), "invalid_client_metadata"},
			"a name that is none":       {described(M{"client_name": 1}), "invalid_client_metadata"},
			"implicit":                  {described(M{"grant_types": []string{"implicit"}, "response_types": []string{"token"}}), "invalid_client_metadata"},
			"response type token":       {described(M{"response_types": []string{"code", "token"}}), "invalid_client_metadata"},
			"a grant of the pool's not": {described(M{"grant_types": []string{"client_credentials"}, "token_endpoint_auth_method": "client_secret_post"}), "invalid_client_metadata"},
			"refresh alone":             {described(M{"grant_types": []string{"refresh_token"}}), "invalid_client_metadata"},
			"both kinds of grant":       {described(M{"grant_types": []string{"authorization_code", "client_credentials"}}), "invalid_client_metadata"},
			"private_key_jwt":           {described(M{"token_endpoint_auth_method": "private_key_jwt"}), "invalid_client_metadata"},
			"an unknown scope":          {described(M{"scope": "openid api/none"}), "invalid_client_metadata"},
			"a scope not allowed":       {described(M{"scope": "openid api/write"}), "invalid_client_metadata"},
			"a scope that is gone":      {described(M{"scope": "gone/read"}), "invalid_client_metadata"},
			"the user's account":        {described(M{"scope": "openid aws.cognito.signin.user.admin"}), "invalid_client_metadata"},
			"registering others":        {described(M{"scope": "aws.cognito/dcr/register"}), "invalid_client_metadata"},
			"no address":                {described(M{"redirect_uris": nil}), "invalid_redirect_uri"},
			"javascript":                {described(M{"redirect_uris": []string{callback, "javascript:alert(1)"}}), "invalid_redirect_uri"},
			"javascript in capitals":    {described(M{"redirect_uris": []string{"JavaScript://app.example.com/%0aalert(1)"}}), "invalid_redirect_uri"},
			"data":                      {described(M{"redirect_uris": []string{"data:text/html,x"}}), "invalid_redirect_uri"},
			"vbscript":                  {described(M{"redirect_uris": []string{"vbscript:x"}}), "invalid_redirect_uri"},
			"blob":                      {described(M{"redirect_uris": []string{"blob:https://app.example.com/x"}}), "invalid_redirect_uri"},
			"file":                      {described(M{"redirect_uris": []string{"file:///etc/passwd"}}), "invalid_redirect_uri"},
			"http elsewhere":            {described(M{"redirect_uris": []string{"http://app.example.com/cb"}}), "invalid_redirect_uri"},
			"a fragment":                {described(M{"redirect_uris": []string{callback + "#x"}}), "invalid_redirect_uri"},
			"relative":                  {described(M{"redirect_uris": []string{"/cb"}}), "invalid_redirect_uri"},
			"no host":                   {described(M{"redirect_uris": []string{"https:///cb"}}), "invalid_redirect_uri"},
			"a control character":       {described(M{"redirect_uris": []string{callback + "\n"}}), "invalid_redirect_uri"},
			"letters like others":       {described(M{"redirect_uris": []string{"https://\u0430pp.example.com/cb"}}), "invalid_redirect_uri"},
			"the same in escapes":       {described(M{"redirect_uris": []string{"https://app.example.com%E2%81%84.evil.example/cb"}}), "invalid_redirect_uri"},
			"another direction":         {described(M{"redirect_uris": []string{"https://app.example.com/\u202ecb"}}), "invalid_redirect_uri"},
			"a space":                   {described(M{"redirect_uris": []string{callback + "?a b"}}), "invalid_redirect_uri"},
			"long":                      {described(M{"redirect_uris": []string{long}}), "invalid_redirect_uri"},
			"many":                      {described(M{"redirect_uris": many}), "invalid_redirect_uri"},
			"sign-out to javascript":    {described(M{"post_logout_redirect_uris": []string{"javascript:alert(1)"}}), "invalid_redirect_uri"},
		} {
			refuses(t, name, w.register(t, "", "", c.body), 400, c.code)
		}
		form := servertest.Form(w.Endpoint(t, w.pool, "/oauth2/register"), "redirect_uris", callback)
		refuses(t, "a form", w.Do(t, form), 400, "invalid_client_metadata")
		if diff := cmp.Diff(before, dbtest.Rows(t, w.DB)); diff != "" {
			t.Errorf("what is refused has changed the database:\n%s", diff)
		}

		for given, want := range map[string]string{
			"Shop": "Shop", " A  b ": "A b", "<b>Bank</b> (official)": "bBankb official", "Ünï🙂": "n", strings.Repeat("x", 200): strings.Repeat("x", 128),
		} {
			if got := w.register(t, "", "", described(M{"client_name": given})); got.Status != 201 || got.Body["client_name"] != want {
				t.Errorf("%q is called %s", given, got.Text)
			}
		}
	})
}

func TestOnlyPoolsWithRegistrationHaveItsEndpoint(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, token := w.registrar(t)
		off := furnish(t, w.World, M{"DcrConfiguration": M{"EnableStatus": "Disabled", "OpenDcrEnabled": true}})
		for name, p := range map[string]*world{"none": w, "disabled": off} {
			_, own := p.registrar(t)
			for _, given := range []string{"", own} { // as if the endpoint had been there a moment ago
				_, err := p.Server.OAuth.Register(t.Context(), id.Pool(p.pool), given, oauth2.Metadata{GrantTypes: []string{oauth2.GrantCode}, AuthMethod: oauth2.AuthNone})
				if !errors.Is(err, oauth.ErrTokenNeeded) {
					t.Errorf("%s: %v", name, err)
				}
			}
			for _, given := range []string{"", token} {
				if answer := p.register(t, "", given, described(nil)); answer.Status != 404 {
					t.Errorf("%s: %d %s", name, answer.Status, answer.Text)
				}
			}
			if _, text := p.Get(t, "/"+p.pool+"/.well-known/openid-configuration"); strings.Contains(text, "registration_endpoint") {
				t.Errorf("%s: discovery names it: %s", name, text)
			}
		}
		on := furnish(t, w.World, registering(M{"OpenDcrEnabled": false}))
		on.Endpoint(t, on.pool, "") // has its domain
		_, text := on.Get(t, "/"+on.pool+"/.well-known/openid-configuration")
		if want := `"registration_endpoint":"` + on.Endpoint(t, on.pool, "/oauth2/register") + `"`; !strings.Contains(text, want) {
			t.Errorf("discovery lacks %s: %s", want, text)
		}
		r := httptest.NewRequest(http.MethodOptions, on.Endpoint(t, on.pool, "/oauth2/register"), nil)
		if answer := on.Do(t, r); answer.Header.Get("Access-Control-Allow-Origin") != "*" || answer.Header.Get("Access-Control-Allow-Methods") != "POST" {
			t.Errorf("preflight: %v", answer.Header)
		}
	})
}

func TestRegistrationTakesItsOwnAccessTokens(t *testing.T) {
	eachRegistering(t, M{"OpenDcrEnabled": false, "AuthenticatedGrantTypes": []string{"code", "client_credentials"}}, func(t *testing.T, w *world) {
		registrar, good := w.registrar(t)
		narrow := w.of(t, registrar, "scope", "api/read").Body["access_token"].(string)
		users := w.web(t, M{"AllowedOAuthScopes": []string{"openid", "aws.cognito/dcr/register"}})
		signed := w.redeem(t, users, w.code(t, users, "scope", "openid aws.cognito/dcr/register")).Body
		if answer := w.register(t, "", servertest.Text(signed, "access_token"), described(nil)); answer.Status != 201 {
			t.Errorf("a user who may register: %s", answer.Text)
		}
		w.Must(t, "RevokeToken", M{"ClientId": users.id, "Token": signed["refresh_token"]})
		elsewhere := furnish(t, w.World, registering(nil))
		_, foreign := elsewhere.registrar(t)
		w.User(t, w.pool, "bob")
		api := w.SignIn(t, w.app(t, nil).id, "bob")["AccessToken"].(string)
		for name, c := range map[string]struct {
			token  string
			status int
			code   string
		}{
			"none":           {"", 401, "invalid_token"},
			"no token":       {"x", 401, "invalid_token"},
			"another pool's": {foreign, 401, "invalid_token"},
			"another scope":  {narrow, 403, "insufficient_scope"},
			"a user's":       {api, 403, "insufficient_scope"},
			"a revoked one":  {servertest.Text(signed, "access_token"), 401, "invalid_token"},
		} {
			answer := w.register(t, "", c.token, described(nil))
			refuses(t, name, answer, c.status, c.code)
			if got := answer.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, `Bearer error="`+c.code+`"`) {
				t.Errorf("%s: WWW-Authenticate: %s", name, got)
			}
		}
		for range 30 { // more than may register openly
			if answer := w.register(t, "", good, described(nil)); answer.Status != 201 {
				t.Fatalf("%d %s", answer.Status, answer.Text)
			}
		}
		if answer := w.register(t, "", good, M{"grant_types": []string{"client_credentials"}}); answer.Status != 201 {
			t.Errorf("a machine: %s", answer.Text)
		}

		w.Must(t, "UpdateUserPoolClient", M{
			"UserPoolId": w.pool, "ClientId": registrar.id, "AllowedOAuthFlowsUserPoolClient": true,
			"AllowedOAuthFlows": []string{"client_credentials"}, "AllowedOAuthScopes": []string{"api/read"},
		})
		refuses(t, "a client that lost the scope", w.register(t, "", good, described(nil)), 403, "insufficient_scope")
		w.Must(t, "DeleteUserPoolClient", M{"UserPoolId": w.pool, "ClientId": registrar.id})
		refuses(t, "a client that is gone", w.register(t, "", good, described(nil)), 401, "invalid_token")
		w.Advance(time.Hour)
		refuses(t, "expired", w.register(t, "", good, described(nil)), 401, "invalid_token")
	})
}

// A wrong access token is no open registration, and the kinds of grant are those of the way that was taken.
func TestAnAccessTokenDecidesHowAnAppRegisters(t *testing.T) {
	eachRegistering(t, M{"OpenDcrGrantTypes": []string{"client_credentials"}, "AuthenticatedGrantTypes": []string{"code"}}, func(t *testing.T, w *world) {
		_, good := w.registrar(t)
		refuses(t, "a wrong token", w.register(t, "", "x", M{"grant_types": []string{"client_credentials"}}), 401, "invalid_token")
		refuses(t, "code, openly", w.register(t, "", "", described(nil)), 400, "invalid_client_metadata")
		refuses(t, "a machine with a token", w.register(t, "", good, M{"grant_types": []string{"client_credentials"}}), 400, "invalid_client_metadata")
		for what, answer := range map[string]servertest.Answer{
			"a machine, openly": w.register(t, "", "", M{"grant_types": []string{"client_credentials"}}),
			"code with a token": w.register(t, "", good, described(nil)),
		} {
			if answer.Status != 201 {
				t.Errorf("%s: %s", what, answer.Text)
			}
		}
	})
}

// Ten thousand apps that strangers would register leave a bounded number behind, however many addresses they come from.
func TestTenThousandRegistrationsAreBounded(t *testing.T) {
	eachRegistering(t, nil, func(t *testing.T, w *world) {
		var made atomic.Int64
		flood := func(from func(n int) string, n int) {
			var group sync.WaitGroup
			for worker := range 4 {
				group.Go(func() {
					for i := worker; i < n; i += 4 {
						answer := w.register(t, from(i), "", described(nil))
						switch {
						case answer.Status == 201:
							made.Add(1)
						case answer.Status != 429 || answer.Error() != "temporarily_unavailable":
							t.Errorf("%d %s", answer.Status, answer.Text)
						}
					}
				})
			}
			group.Wait()
		}
		flood(func(int) string { return "203.0.113.1" }, 1000)
		if made.Load() != 10 {
			t.Errorf("one address has registered %d apps", made.Load())
		}
		flood(func(n int) string { return fmt.Sprintf("198.51.%d.%d", n/250, n%250+1) }, 9000)
		if made.Load() != 100 || w.count(t, "client") != 100 {
			t.Errorf("%d apps are registered, %d are there", made.Load(), w.count(t, "client"))
		}
		w.Advance(time.Hour)
		if answer := w.register(t, "203.0.113.1", "", described(nil)); answer.Status != 201 {
			t.Errorf("after an hour: %s", answer.Text)
		}
	})
}

func TestAPoolHasAThousandRegisteredApps(t *testing.T) {
	eachRegistering(t, nil, func(t *testing.T, w *world) {
		_, good := w.registrar(t)
		var last string
		for range 1000 {
			answer := w.register(t, "", good, described(nil))
			if answer.Status != 201 {
				t.Fatalf("%d %s", answer.Status, answer.Text)
			}
			last = answer.Body["client_id"].(string)
		}
		refuses(t, "one more", w.register(t, "", good, described(nil)), 429, "temporarily_unavailable")
		refuses(t, "one more, openly", w.register(t, "", "", described(nil)), 429, "temporarily_unavailable")
		w.Must(t, "DeleteUserPoolClient", M{"UserPoolId": w.pool, "ClientId": last})
		if answer := w.register(t, "", good, described(nil)); answer.Status != 201 {
			t.Errorf("in the place of a deleted one: %s", answer.Text)
		}
	})
}

// An app that strangers have registered is no way around what the pool's own apps may not do.
func TestRegisteredAppsAreNotTrusted(t *testing.T) {
	eachRegistering(t, nil, func(t *testing.T, w *world) {
		w.Must(t, "AddCustomAttributes", M{"UserPoolId": w.pool, "CustomAttributes": []M{{"Name": "tier", "AttributeDataType": "String"}}})
		got := w.register(t, "", "", described(M{"token_endpoint_auth_method": "client_secret_post"})).Body
		a := app{got["client_id"].(string), got["client_secret"].(string)}
		for _, pairs := range [][]string{without, {"code_challenge", ""}, {"code_challenge_method", ""}} {
			if sent := sentBack(t, w.open(t, "/oauth2/authorize", query(a, pairs...)), callback+"?"); sent.Get("error") != "invalid_request" {
				t.Errorf("without PKCE: %v", sent)
			}
		}
		if sent := sentBack(t, w.open(t, "/oauth2/authorize", query(a, "response_type", "token")), callback+"#"); sent.Get("error") != "unauthorized_client" {
			t.Errorf("implicit: %v", sent)
		}
		if sent := sentBack(t, w.open(t, "/oauth2/authorize", query(a, "scope", "openid aws.cognito.signin.user.admin")), callback+"?"); sent.Get("error") != "invalid_scope" {
			t.Errorf("the user's account: %v", sent)
		}

		shown := w.Must(t, "DescribeUserPoolClient", M{"UserPoolId": w.pool, "ClientId": a.id})["UserPoolClient"].(M)
		for _, name := range shown["ReadAttributes"].([]any) {
			if strings.Contains(name.(string), ":") {
				t.Errorf("it reads %s", name)
			}
		}
		if written, all := shown["WriteAttributes"].([]any); !all || len(written) != 0 {
			t.Errorf("it writes %v", shown["WriteAttributes"])
		}
		for _, flow := range []string{"USER_PASSWORD_AUTH", "USER_SRP_AUTH", "USER_AUTH", "CUSTOM_AUTH"} {
			_, err := w.Call("InitiateAuth", M{"ClientId": a.id, "AuthFlow": flow, "AuthParameters": M{
				"USERNAME": "alice", "PASSWORD": servertest.Password, "SRP_A": "abc", "SECRET_HASH": a.hash("alice"),
			}})
			if err == nil {
				t.Errorf("%s begins", flow)
			}
		}
	})
}

// Without a page that names it, no app that a stranger has registered learns who has signed in.
func TestRegisteredAppsReuseNoSessionUnseen(t *testing.T) {
	eachRegistering(t, nil, func(t *testing.T, w *world) {
		cookie := w.remembered(t, w.web(t, nil))
		a := app{id: w.register(t, "", "", described(nil)).Body["client_id"].(string)}
		if w.reused(t, cookie, query(a)) {
			t.Error("the session is reused without a page")
		}
		r := httptest.NewRequest(http.MethodGet, w.Endpoint(t, w.pool, "/oauth2/authorize")+"?"+query(a, "prompt", "none"), nil)
		r.AddCookie(&http.Cookie{Name: "cardea-sso-_domains-" + w.domain(t), Value: cookie})
		if got := sentBack(t, w.Do(t, r), callback+"?"); got.Get("error") != "interaction_required" {
			t.Errorf("prompt=none: %v", got)
		}
		page := httptest.NewRequest(http.MethodGet, w.Endpoint(t, w.pool, "/login")+"?"+query(a), nil)
		page.AddCookie(&http.Cookie{Name: "cardea-sso-_domains-" + w.domain(t), Value: cookie})
		if shown := w.Do(t, page); !strings.Contains(shown.Text, "Shop (app.example.com)") || !strings.Contains(shown.Text, "alice") {
			t.Errorf("the page does not name the app and the account: %s", shown.Text)
		}
	})
}

// The host of an address by the scheme of an app is anybody's to choose.
func TestPagesShowWhereRegisteredAppsLead(t *testing.T) {
	eachRegistering(t, nil, func(t *testing.T, w *world) {
		for address, shown := range map[string]string{
			callback: "app.example.com", "evil://app.example.com/cb": "evil:", "http://127.0.0.1:8080/cb": "127.0.0.1:8080",
		} {
			a := app{id: w.register(t, "", "", described(M{"redirect_uris": []string{address}})).Body["client_id"].(string)}
			page := w.open(t, "/login", query(a, "redirect_uri", address))
			if page.Status != 200 || !strings.Contains(page.Text, "Shop ("+shown+")") {
				t.Errorf("%s: %d, the page does not show %q", address, page.Status, shown)
			}
		}
	})
}

// Whatever else a pool follows, apps that anybody may have made have the grants that the pool lets apps register with.
func TestRegisteredAppsHaveNoOtherGrants(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.World) {
		w := furnish(t, s, servertest.With(registering(nil), M{"UserPoolTags": M{"cardea:standards": "device token-exchange introspection"}}))
		got := w.register(t, "", "", described(M{"token_endpoint_auth_method": "client_secret_post"})).Body
		a := app{got["client_id"].(string), got["client_secret"].(string)}
		others := w.web(t, M{"AllowedOAuthScopes": []string{"openid", "api/read"}})
		subject := w.redeem(t, others, w.code(t, others, "scope", "openid api/read")).Body["access_token"]

		refuses(t, "token exchange", w.exchange(t, a, subject), 400, "unauthorized_client")
		device := w.Post(t, w.Endpoint(t, w.pool, "/oauth2/device_authorization"), "client_id", a.id, "client_secret", a.secret)
		refuses(t, "a device", device, 400, "unauthorized_client")
		w.inactive(t, "another app's token", a, subject)
		if own := w.introspect(t, a, w.redeem(t, a, w.code(t, a)).Body["access_token"]); own.Body["active"] != true {
			t.Errorf("its own token: %d %s", own.Status, own.Text)
		}
	})
}
