package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
	"cardea/spec/oauth2"
)

// open opens an address as a browser does.
func (w *world) open(t testing.TB, path, query string) servertest.Answer {
	t.Helper()
	return w.Do(t, httptest.NewRequest(http.MethodGet, w.Endpoint(t, w.pool, path)+"?"+query, nil))
}

// sentBack are the parameters with which a browser is sent back to an address, in query or fragment.
func sentBack(t testing.TB, a servertest.Answer, address string) url.Values {
	t.Helper()
	location := a.Header.Get("Location")
	rest, ok := strings.CutPrefix(location, address)
	if a.Status != 302 || !ok {
		t.Fatalf("got %d to %q, want %s", a.Status, location, address)
	}
	v, err := url.ParseQuery(strings.TrimLeft(rest, "?#&"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAuthorizeGoesOnAtTheSignInPage(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		for name, q := range map[string]string{
			"code":             query(a),
			"without PKCE":     query(a, without...),
			"default scopes":   query(a, "scope", ""),
			"prompt":           query(a, "prompt", "login select_account"),
			"provider":         query(a, "identity_provider", "COGNITO"),
			"loopback":         query(a, "redirect_uri", "http://127.0.0.1:5555/cb"),
			"unknown members":  query(a, "acr_values", "x", "login_hint", "ü <b>", "lang", "de", "zzz", "a&b=c"),
			"without a state":  query(a, "state", ""),
			"a state of 4 KiB": query(a, "state", strings.Repeat("s", 4096)),
		} {
			answer := w.open(t, "/oauth2/authorize", q)
			want, err := url.ParseQuery(q)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, sentBack(t, answer, w.Endpoint(t, w.pool, "/login?"))); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			for header, want := range map[string]string{"Access-Control-Allow-Origin": "", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"} {
				if got := answer.Header.Get(header); got != want {
					t.Errorf("%s: %s %q", name, header, got)
				}
			}
		}
		if n := w.count(t, "auth_code") + w.count(t, "session") + w.count(t, "attempt"); n != 0 {
			t.Errorf("%d rows were written", n)
		}
	})
}

func TestErrorsGoBackToTheAppWithItsState(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, M{"CallbackURLs": []string{callback, callback + "?tenant=%7e1"}})
		implicit := w.web(t, M{"AllowedOAuthFlows": []string{"implicit"}})
		off := w.app(t, M{"CallbackURLs": []string{callback}})
		for name, c := range map[string]struct{ query, want string }{
			"no response_type":       {query(a, "response_type", ""), "invalid_request"},
			"another response_type":  {query(a, "response_type", "id_token"), "unsupported_response_type"},
			"a flow not allowed":     {query(a, "response_type", "token"), "unauthorized_client"},
			"the other":              {query(implicit), "unauthorized_client"},
			"a client without OAuth": {query(off), "unauthorized_client"},
			"implicit":               {query(implicit, "response_type", "token", "prompt", "none"), "login_required"},
			"unknown scope":          {query(a, "scope", "openid api/none"), "invalid_scope"},
			"scope not allowed":      {query(a, "scope", "openid api/write"), "invalid_scope"},
			"email without openid":   {query(a, "scope", "email"), "invalid_scope"},
			"plain PKCE":             {query(a, "code_challenge_method", "plain"), "invalid_request"},
			"PKCE without method":    {query(a, "code_challenge_method", ""), "invalid_request"},
			"PKCE without challenge": {query(a, "code_challenge", ""), "invalid_request"},
			"prompt none":            {query(a, "prompt", "none"), "login_required"},
			"prompt none and login":  {query(a, "prompt", "none login"), "invalid_request"},
			"prompt":                 {query(a, "prompt", "x"), "invalid_request"},
			"resource":               {query(a, "resource", "http://api.example.com"), "invalid_target"},
			"provider":               {query(a, "identity_provider", "Google"), "invalid_request"},
			"provider's alias":       {query(a, "idp_identifier", "example.com"), "invalid_request"},
			"a parameter twice":      {query(a) + "&scope=openid", "invalid_request"},
			"an unknown one twice":   {query(a) + "&x=1&x=1", "invalid_request"},
			"a long value":           {query(a, "login_hint", strings.Repeat("x", 2049)), "invalid_request"},
			"query in the address":   {query(a, "redirect_uri", callback+"?tenant=%7e1", "prompt", "none"), "login_required"},
		} {
			answer := w.open(t, "/oauth2/authorize", c.query)
			address := callback + "?"
			if name == "query in the address" {
				address = callback + "?tenant=%7e1&"
			}
			if strings.Contains(c.query, "response_type=token") {
				address = callback + "#"
			}
			got := sentBack(t, answer, address)
			if got.Get("error") != c.want || got.Get("state") != "s" || got.Has("code") {
				t.Errorf("%s: got %v, want %s", name, got, c.want)
			}
		}
		for _, q := range []string{query(a) + "&state=t", query(a, "state", strings.Repeat("s", 4097))} {
			if got := sentBack(t, w.open(t, "/oauth2/authorize", q), callback+"?"); got.Get("error") != "invalid_request" || got.Has("state") {
				t.Errorf("a state that is none came back: %v", got)
			}
		}
	})
}

// Every printable character, and more, comes back as it was sent.
func TestStateComesBackByteForByte(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, M{"AllowedOAuthFlows": []string{"code", "implicit"}})
		var all strings.Builder
		for c := byte(' '); c <= '~'; c++ {
			all.WriteByte(c)
		}
		for _, state := range []string{all.String(), "ü€😀", "%2B%20", "a\r\nSet-Cookie: x=y", `{"a":["b"]}`} {
			for _, kind := range []string{"code", "token"} {
				answer := w.open(t, "/oauth2/authorize", query(a, "state", state, "prompt", "none", "response_type", kind))
				separator := map[string]string{"code": "?", "token": "#"}[kind]
				location := answer.Header.Get("Location")
				if got := sentBack(t, answer, callback+separator).Get("state"); got != state {
					t.Errorf("%q came back as %q", state, got)
				}
				if strings.ContainsAny(location, "\r\n \"<>") {
					t.Errorf("location %q", location)
				}
			}
			location, err := w.finish(t, query(a, "state", state), nil)
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(location)
			if err != nil || u.Query().Get("state") != state {
				t.Errorf("%q came back in %q, %v", state, location, err)
			}
		}
	})
}

// openRedirects are addresses that are not registered, though some come close.
func openRedirects() []string {
	return []string{
		"https://evil.test", "https://evil.test/cb", "//evil.test/cb", "/cb", "cb", "",
		"https://APP.example.com/cb", "HTTPS://app.example.com/cb", "https://app.example.com/CB", "https://app.example.com/cb/",
		"https://app.example.com//cb", "https://app.example.com/x/../cb", "https://app.example.com/..;/cb", "https://app.example.com/cb;x",
		"https://app.example.com/cb?x=y", "https://app.example.com/cb?", "https://app.example.com/cb#", "https://app.example.com/cb#x",
		"https://app.example.com:443/cb", "https://app.example.com./cb", "https://app.example.com/c%62", "https://app.example.com/cb%00",
		"https://app.example.com%2f@evil.test/cb", "https://app.example.com@evil.test/cb", "https://evil.test\\@app.example.com/cb",
		"https://evil.test#@app.example.com/cb", "https://app.example.com.evil.test/cb", " https://app.example.com/cb", "https://app.example.com/cb ",
		"https://app.example.com/cb\n", "https://app.example.com/cb https://evil.test", "http://app.example.com/cb",
		"javascript:alert(1)//https://app.example.com/cb", "data:text/html,x", "http://localhost/cb", "http://127.0.0.1:99999/cb",
		"http://127.0.0.1:80@evil.test/cb", "http://127.0.0.1:80.evil.test/cb", "http://127.0.0.1.evil.test/cb", "http://127.0.0.1:8080/cb/",
		"http://127.0.0.2:8080/cb", "http://[::1]:8080/cb",
	}
}

func TestAddressesThatAreNotRegisteredGetAPage(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		shown := func(what, path, q string) {
			t.Helper()
			answer := w.open(t, path, q)
			if answer.Status != 400 || answer.Header.Get("Location") != "" || strings.Contains(answer.Text, "evil") {
				t.Errorf("%s: %d to %q, %s", what, answer.Status, answer.Header.Get("Location"), answer.Text)
			}
		}
		for _, address := range openRedirects() {
			for _, more := range []string{"", "none"} {
				shown(address, "/oauth2/authorize", query(a, "redirect_uri", address, "prompt", more))
			}
			shown("logout "+address, "/logout", query(a, "redirect_uri", address))
			shown("logout_uri "+address, "/logout", url.Values{"client_id": {a.id}, "logout_uri": {address}}.Encode())
			shown("post_logout_redirect_uri "+address, "/logout", url.Values{"client_id": {a.id}, "post_logout_redirect_uri": {address}}.Encode())
		}
		elsewhere := furnish(t, w.World, nil)
		other := elsewhere.web(t, nil)
		for name, q := range map[string]string{
			"address twice":          query(a) + "&redirect_uri=https://evil.test",
			"address twice, reverse": "redirect_uri=https://evil.test&" + query(a),
			"client twice":           query(a) + "&client_id=" + a.id,
			"no client":              query(app{}, "client_id", ""),
			"unknown client":         query(app{id: "unknown"}),
			"another pool's client":  query(other),
			"a client that is NUL":   query(app{id: "\x00"}),
			"malformed":              query(a) + "&%zz",
			"too long":               query(a) + "&x=" + strings.Repeat("x", oauth2.MaxQuery),
		} {
			shown(name, "/oauth2/authorize", q)
			shown("logout, "+name, "/logout", q)
		}
	})
}

func TestAuthorizeIsForGETOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		for _, path := range []string{"/oauth2/authorize", "/logout"} {
			r := httptest.NewRequest(http.MethodPost, w.Endpoint(t, w.pool, path)+"?"+query(a), nil)
			if answer := w.Do(t, r); answer.Status != 405 || answer.Header.Get("Location") != "" {
				t.Errorf("%s: %d", path, answer.Status)
			}
			r = httptest.NewRequest(http.MethodOptions, w.Endpoint(t, w.pool, path), nil)
			if answer := w.Do(t, r); answer.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s is open to scripts", path)
			}
		}
	})
}

func TestLogout(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const bye = "https://app.example.com/bye?x=%7e"
		a := w.web(t, M{"LogoutURLs": []string{bye}})
		to := func(pairs ...string) servertest.Answer {
			t.Helper()
			v := url.Values{"client_id": {a.id}}
			for i := 0; i+1 < len(pairs); i += 2 {
				v.Add(pairs[i], pairs[i+1])
			}
			return w.open(t, "/logout", v.Encode())
		}
		for name, c := range map[string]struct {
			answer servertest.Answer
			want   string
		}{
			"logout_uri":                {to("logout_uri", bye), bye},
			"logout_uri wins":           {to("logout_uri", bye, "redirect_uri", callback, "response_type", "code"), bye},
			"logout_uri without state":  {to("logout_uri", bye, "state", "s"), bye},
			"post_logout_redirect_uri":  {to("post_logout_redirect_uri", bye, "state", "s t"), bye + "&state=s%20t"},
			"back to the sign-in page":  {to("redirect_uri", callback, "response_type", "code"), w.Endpoint(t, w.pool, "/login?client_id="+a.id+"&redirect_uri="+strings.ReplaceAll(url.QueryEscape(callback), "+", "%20")+"&response_type=code")},
			"an address to sign in at":  {to("logout_uri", callback), ""},
			"an address of the sign-in": {to("redirect_uri", bye, "response_type", "code"), ""},
			"neither":                   {to(), ""},
			"twice":                     {to("logout_uri", bye, "logout_uri", bye), ""},
		} {
			if got := c.answer.Header.Get("Location"); got != c.want || c.want == "" && c.answer.Status != 400 {
				t.Errorf("%s: %d to %q, want %q", name, c.answer.Status, got, c.want)
			}
		}
		if got := to().Text; got != "Required String parameter 'redirect_uri' is not present\n" {
			t.Errorf("without both: %q", got)
		}
	})
}
