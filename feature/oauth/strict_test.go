package oauth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/hosted"
	"cardea/server/servertest"
)

// The tests of this file are the requirements of docs/standards.md, "Strict", on authorization requests and on the endpoints of
// apps. What they leave to the pages is tested there.

// forged is a token whose signature is not right any more.
func forged(token any) string {
	text := token.(string)
	middle := len(text) - 20
	replacement := "A"
	if text[middle] == 'A' {
		replacement = "B"
	}
	return text[:middle] + replacement + text[middle+1:]
}

func TestStrictAuthorizationRequests(t *testing.T) {
	eachFollowing(t, "strict", func(t *testing.T, w *world) {
		a := w.web(t, M{"AllowedOAuthFlows": []string{"code", "implicit"}, "DefaultRedirectURI": callback, "IdTokenValidity": 5, "TokenValidityUnits": M{"IdToken": "minutes"}})
		confidential := w.web(t, M{"GenerateSecret": true})
		cookie := w.remembered(t, a)
		mine := w.redeem(t, a, w.code(t, a)).Body["id_token"].(string)
		w.Advance(10 * time.Minute) // the ID token has expired

		for name, c := range map[string]struct{ query, want string }{
			"a code":                         {query(a), "code"},
			"without a nonce":                {query(a, "nonce", ""), "code"},
			"with a nonce":                   {query(a, "nonce", "n"), "code"},
			"unknown parameters":             {query(a, "extra", "foobar"), "code"},
			"display":                        {query(a, "display", "popup"), "code"},
			"ui_locales":                     {query(a, "ui_locales", "se"), "code"},
			"claims_locales":                 {query(a, "claims_locales", "se"), "code"},
			"acr_values":                     {query(a, "acr_values", "1 2"), "code"},
			"claims":                         {query(a, "claims", `{"userinfo":{"name":{"essential":true}}}`), "code"},
			"login_hint":                     {query(a, "login_hint", "alice"), "code"},
			"scopes in another order":        {query(a, "scope", "email openid"), "code"},
			"scopes that nobody has":         {query(a, "scope", "openid address offline_access nobody/has"), "code"},
			"a confidential client, no PKCE": {query(confidential, without...), "code"},
			"prompt none, signed in":         {query(a, "prompt", "none"), "code"},
			"a hint of the same user":        {query(a, "id_token_hint", mine), "code"},
			"the same, prompt none":          {query(a, "id_token_hint", mine, "prompt", "none"), "code"},
			"max_age is long ago":            {query(a, "max_age", "10000"), "code"},

			"prompt login":                {query(a, "prompt", "login"), "login"},
			"prompt consent":              {query(a, "prompt", "consent"), "login"},
			"max_age has passed":          {query(a, "max_age", "1"), "login"},
			"no response_type":            {query(a, "response_type", ""), "invalid_request"},
			"implicit":                    {query(a, "response_type", "token"), "unsupported_response_type"},
			"id_token":                    {query(a, "response_type", "id_token"), "unsupported_response_type"},
			"a public client, no PKCE":    {query(a, without...), "invalid_request"},
			"plain PKCE":                  {query(a, "code_challenge_method", "plain"), "invalid_request"},
			"a request object":            {query(a, "request", "eyJhbGciOiJub25lIn0.e30."), "request_not_supported"},
			"a request object's address":  {query(a, "request_uri", "https://app.example.com/r"), "request_uri_not_supported"},
			"a registration":              {query(a, "registration", "{}"), "registration_not_supported"},
			"a hint that is none":         {query(a, "id_token_hint", "x"), "invalid_request"},
			"a forged hint":               {query(a, "id_token_hint", forged(mine)), "invalid_request"},
			"a scope that is not allowed": {query(a, "scope", "openid api/write"), "invalid_scope"},
			"no scope of the pool":        {query(a, "scope", "address"), "invalid_scope"},
			"prompt none and login":       {query(a, "prompt", "none login"), "invalid_request"},
			"none, but too long ago":      {query(a, "prompt", "none", "max_age", "1"), "login_required"},
		} {
			answer := w.openAs(t, cookie, c.query)
			location := answer.Header.Get("Location")
			got := "code"
			back := strings.HasPrefix(location, callback)
			switch u, _ := url.Parse(location); {
			case !back:
				got = "login"
				sentBack(t, answer, w.Endpoint(t, w.pool, "/login?"))
			case u.Query().Get("error")+u.Fragment != "":
				v := sentBack(t, answer, callback)
				got = v.Get("error")
			}
			if got != c.want || back && (!strings.Contains(location, "state=s") || !strings.Contains(location, "iss=")) {
				t.Errorf("%s: %s, want %s", name, location, c.want)
			}
		}

		for name, q := range map[string]string{
			"no redirect_uri": query(a, "redirect_uri", ""), "another": query(a, "redirect_uri", callback+"/x"),
			"with a query": query(a, "redirect_uri", callback+"?x=y"), "no client": query(app{id: "x"}),
		} {
			if answer := w.openAs(t, cookie, q); answer.Status != 400 || answer.Header.Get("Location") != "" {
				t.Errorf("%s: %d to %s", name, answer.Status, answer.Header.Get("Location"))
			}
		}
		got := sentBack(t, w.open(t, "/oauth2/authorize", query(a, "prompt", "none")), callback+"?")
		if got.Get("error") != "login_required" {
			t.Errorf("prompt none, not signed in: %v", got)
		}
	})
}

func TestAHintIsForItsUserAlone(t *testing.T) {
	eachFollowing(t, "strict", func(t *testing.T, w *world) {
		a := w.web(t, nil)
		w.User(t, w.pool, "bob")
		made := w.SignIn(t, a.id, "bob")
		q := query(a, "id_token_hint", made["IdToken"].(string))
		got := sentBack(t, w.openAs(t, w.remembered(t, a), q+"&prompt=none"), callback+"?")
		if got.Get("error") != "login_required" {
			t.Errorf("alice is signed in, bob is meant: %v", got)
		}
		sentBack(t, w.openAs(t, w.remembered(t, a), q), w.Endpoint(t, w.pool, "/login?")) // where bob can sign in
		page := httptest.NewRequest(http.MethodGet, w.Endpoint(t, w.pool, "/login")+"?"+q, nil)
		page.AddCookie(&http.Cookie{Name: "cardea-sso-_domains-" + w.domain(t), Value: w.remembered(t, a)})
		if shown := w.Do(t, page); shown.Status != 200 || strings.Contains(shown.Text, "alice") {
			t.Errorf("the page for bob offers to go on as alice: %d %s", shown.Status, shown.Text)
		}
		if _, err := w.finish(t, q, nil); err == nil || !strings.Contains(err.Error(), hosted.ErrLoginRequired.Error()) {
			t.Errorf("alice signs in, bob is meant: %v", err)
		}
		elsewhere := furnish(t, w.World, nil)
		foreign := elsewhere.SignIn(t, elsewhere.app(t, nil).id, "alice")["IdToken"].(string)
		for name, hint := range map[string]string{"an access token": made["AccessToken"].(string), "another pool's": foreign} {
			got := sentBack(t, w.open(t, "/oauth2/authorize", query(a, "id_token_hint", hint)), callback+"?")
			if got.Get("error") != "invalid_request" {
				t.Errorf("%s: %v", name, got)
			}
		}
	})
}

func TestStrictAuthorizationRequestsMayBePosted(t *testing.T) {
	eachFollowing(t, "strict", func(t *testing.T, w *world) {
		a := w.web(t, nil)
		address := w.Endpoint(t, w.pool, "/oauth2/authorize")
		form := func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(query(a)))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Sec-Fetch-Dest", "document")
			return r
		}
		answer := w.Do(t, form())
		rest, ok := strings.CutPrefix(answer.Header.Get("Location"), address+"?")
		if answer.Status != 303 || !ok {
			t.Fatalf("got %d to %s", answer.Status, answer.Header.Get("Location"))
		}
		if got := sentBack(t, w.openAs(t, w.remembered(t, a), rest), callback+"?"); !got.Has("code") {
			t.Errorf("then: %v", got)
		}
		w.Must(t, "UpdateUserPool", M{"UserPoolId": w.pool, "UserPoolTags": M{}})
		if answer := w.Do(t, form()); answer.Status != 405 || answer.Header.Get("Location") != "" {
			t.Errorf("in other pools: %d", answer.Status)
		}
	})
}

func TestStrictTokens(t *testing.T) {
	eachFollowing(t, "strict", func(t *testing.T, w *world) {
		a := w.web(t, nil)
		proven := w.Now().Add(-10 * time.Minute)
		location, err := w.finish(t, query(a, "nonce", "n", "scope", "openid email api/read"), func(who *hosted.SignIn) { who.AuthTime = proven })
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(location)
		if err != nil {
			t.Fatal(err)
		}
		made := w.redeem(t, a, u.Query().Get("code"))
		if made.Body["token_type"] != "Bearer" || made.Body["scope"] != "openid email api/read" || made.Body["expires_in"] != float64(3600) {
			t.Errorf("got %s", made.Text)
		}
		of := claims(t, made.Body["id_token"])
		for name, want := range map[string]any{
			"iss": w.URL + "/" + w.pool, "aud": a.id, "nonce": "n", "auth_time": float64(proven.Unix()), "email_verified": true,
			"iat": float64(w.Now().Unix()), "exp": float64(w.Now().Add(time.Hour).Unix()),
		} {
			if of[name] != want {
				t.Errorf("%s is %v, want %v", name, of[name], want)
			}
		}

		w.Advance(time.Minute)
		refresh := made.Body["refresh_token"]
		again := w.refresh(t, a, refresh)
		for _, same := range []string{"iss", "sub", "aud", "auth_time"} {
			if after := claims(t, again.Body["id_token"]); of[same] != after[same] || after["nonce"] != nil {
				t.Errorf("%s was %v and is %v", same, of[same], after[same])
			}
		}
		narrow := w.refresh(t, a, refresh, "scope", "openid api/read")
		if narrow.Body["scope"] != "openid api/read" || claims(t, narrow.Body["access_token"])["scope"] != "openid api/read" || claims(t, narrow.Body["id_token"])["sub"] != of["sub"] {
			t.Errorf("fewer scopes: %s", narrow.Text)
		}
		if narrow = w.refresh(t, a, refresh, "scope", "api/read"); narrow.Body["scope"] != "api/read" || narrow.Body["id_token"] != nil {
			t.Errorf("without openid: %s", narrow.Text)
		}
		refuses(t, "a scope that was not granted", w.refresh(t, a, refresh, "scope", "openid phone"), 400, "invalid_scope")
		if all := w.refresh(t, a, refresh); all.Body["scope"] != "openid email api/read" {
			t.Errorf("all of them after that: %s", all.Text)
		}
	})
}

func TestOtherPoolsIgnoreTheScopeOfARefresh(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		made := w.redeem(t, a, w.code(t, a))
		answer := w.refresh(t, a, made.Body["refresh_token"], "scope", "openid phone")
		if got := claims(t, answer.Body["access_token"])["scope"]; got != "openid email" || answer.Body["scope"] != nil || made.Body["scope"] != nil {
			t.Errorf("got %s for %v", answer.Text, got)
		}
	})
}

func TestStrictErrorsOfTheTokenEndpoint(t *testing.T) {
	eachFollowing(t, "strict", func(t *testing.T, w *world) {
		a, secret := w.web(t, nil), w.web(t, M{"GenerateSecret": true})
		code := w.code(t, secret)
		for name, c := range map[string]struct {
			pairs  []string
			status int
			want   string
		}{
			"a wrong secret":        {[]string{"grant_type", "authorization_code", "client_id", secret.id, "client_secret", "x", "code", code}, 401, "invalid_client"},
			"no secret":             {[]string{"grant_type", "authorization_code", "client_id", secret.id, "code", code}, 401, "invalid_client"},
			"an unknown client":     {[]string{"grant_type", "authorization_code", "client_id", "x", "code", code}, 401, "invalid_client"},
			"an unknown code":       {[]string{"grant_type", "authorization_code", "client_id", a.id, "code", "x", "redirect_uri", callback}, 400, "invalid_grant"},
			"another client's code": {[]string{"grant_type", "authorization_code", "client_id", a.id, "code", code, "redirect_uri", callback, "code_verifier", verifier}, 400, "invalid_grant"},
			"an unknown grant":      {[]string{"grant_type", "password", "client_id", a.id}, 400, "unsupported_grant_type"},
			"no grant":              {[]string{"client_id", a.id}, 400, "invalid_request"},
			"a refused grant":       {[]string{"grant_type", "client_credentials", "client_id", secret.id, "client_secret", secret.secret}, 400, "unauthorized_client"},
		} {
			answer := w.token(t, c.pairs...)
			refuses(t, name, answer, c.status, c.want)
			if got := answer.Header.Get("WWW-Authenticate"); (got == `Basic realm="token"`) != (c.status == 401) {
				t.Errorf("%s: WWW-Authenticate %q", name, got)
			}
		}
		if answer := w.redeem(t, secret, code); answer.Status != 200 {
			t.Fatalf("after all that: %s", answer.Text)
		}
		refuses(t, "a code again", w.redeem(t, secret, code), 400, "invalid_grant")
	})
}

func TestStrictUserInfo(t *testing.T) {
	eachFollowing(t, "strict", func(t *testing.T, w *world) {
		w.Must(t, "AdminUpdateUserAttributes", M{"UserPoolId": w.pool, "Username": "alice", "UserAttributes": servertest.Attributes(
			"updated_at", "1700000000", "address", "1 Main St")})
		a := w.web(t, nil)
		access := w.redeem(t, a, w.code(t, a, "scope", "openid email phone profile")).Body["access_token"].(string)
		want := M{
			"sub": claims(t, access)["sub"], "username": "alice", "email": "alice@example.com", "email_verified": true, "name": "Alice",
			"phone_number": "+12065550100", "updated_at": float64(1700000000), "address": map[string]any{"formatted": "1 Main St"},
		}
		address := w.Endpoint(t, w.pool, "/oauth2/userInfo")
		post := servertest.Form(address)
		post.Header.Set("Authorization", "Bearer "+access)
		for name, answer := range map[string]servertest.Answer{
			"GET": w.userInfo(t, access), "POST with the header": w.Do(t, post), "POST with a form": w.Post(t, address, "access_token", access),
		} {
			if diff := cmp.Diff(want, answer.Body); diff != "" || answer.Status != 200 {
				t.Errorf("%s: %d %s", name, answer.Status, diff)
			}
		}

		refused := func(name string, answer servertest.Answer, status int, challenge string) {
			t.Helper()
			if got := answer.Header.Get("WWW-Authenticate"); answer.Status != status || !strings.HasPrefix(got, challenge) || (challenge == "Bearer") != (got == "Bearer") {
				t.Errorf("%s: %d %q", name, answer.Status, got)
			}
		}
		refused("nobody", w.Post(t, address), 401, "Bearer")
		refused("garbage", w.userInfo(t, "x"), 401, `Bearer error="invalid_token"`)
		refused("without openid", w.userInfo(t, w.SignIn(t, a.id, "alice")["AccessToken"]), 403, `Bearer error="insufficient_scope", scope="openid"`)
		basic := servertest.Form(address)
		basic.SetBasicAuth("a", "b")
		refused("another scheme", w.Do(t, basic), 400, `Bearer error="invalid_request"`)
		w.Advance(time.Hour)
		refused("expired", w.userInfo(t, access), 401, `Bearer error="invalid_token"`)
	})
}

func TestStrictDiscovery(t *testing.T) {
	eachFollowing(t, "strict", func(t *testing.T, w *world) {
		w.Endpoint(t, w.pool, "/")
		document := w.configuration(t)
		for _, required := range []string{
			"issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "scopes_supported", "response_types_supported",
			"grant_types_supported", "response_modes_supported", "subject_types_supported", "id_token_signing_alg_values_supported",
			"token_endpoint_auth_methods_supported", "claims_supported", "end_session_endpoint",
		} {
			if document[required] == nil {
				t.Errorf("%s is missing", required)
			}
		}
		for member, want := range map[string]any{
			"issuer": w.URL + "/" + w.pool, "request_uri_parameter_supported": false, "request_parameter_supported": false,
			"claims_parameter_supported": false, "authorization_response_iss_parameter_supported": true,
			"response_types_supported": []any{"code"}, "id_token_signing_alg_values_supported": []any{"RS256"},
		} {
			if diff := cmp.Diff(want, document[member]); diff != "" {
				t.Errorf("%s: %s", member, diff)
			}
		}
		_, text := w.Get(t, document["jwks_uri"].(string)[len(w.URL):])
		var set struct{ Keys []M }
		if err := json.Unmarshal([]byte(text), &set); err != nil || len(set.Keys) != 2 || set.Keys[0]["kid"] == set.Keys[1]["kid"] {
			t.Errorf("keys: %s", text)
		}
	})
}
