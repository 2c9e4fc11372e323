package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
	"cardea/spec/oauth2"
)

// fuzzed is a world for fuzzing: with a client that has both flows and addresses of all kinds, and its seeds.
func fuzzed(f *testing.F) (*world, app) {
	f.Helper()
	w := furnish(f, servertest.New(f, dbtest.SQLite(f), nil), nil)
	w.Endpoint(f, w.pool, "/") // makes the domain
	return w, w.web(f, M{
		"AllowedOAuthFlows": []string{"code", "implicit"}, "LogoutURLs": []string{"https://app.example.com/bye"},
		"CallbackURLs": []string{callback, callback + "?tenant=%7e1", "http://127.0.0.1/cb", "myapp://cb"},
	})
}

// onward reports whether an address is one that a browser may be sent to for the client: a page of the domain, or the bytes that
// were registered, with nothing but parameters behind them.
func (w *world) onward(t testing.TB, location string) bool {
	t.Helper()
	for _, own := range []string{"/login?", "/oauth2/authorize?"} {
		if strings.HasPrefix(location, w.Endpoint(t, w.pool, own)) {
			return true
		}
	}
	for _, address := range []string{callback, callback + "?tenant=%7e1", "myapp://cb", "https://app.example.com/bye"} {
		if rest, ok := strings.CutPrefix(location, address); ok && (rest == "" || strings.ContainsAny(rest[:1], "?#&")) {
			return true
		}
	}
	u, err := url.Parse(location)
	return err == nil && u.Scheme == "http" && u.Hostname() == "127.0.0.1" && u.Path == "/cb" && u.User == nil
}

// Whatever the query of an address that browsers open: they are sent nowhere but to what the client has registered; what it asks
// without a page is answered without one; nothing is stored.
func FuzzAddressesForBrowsers(f *testing.F) {
	w, a := fuzzed(f)
	for _, q := range []string{
		query(a), query(a, "prompt", "none"), query(a, "response_type", "token", "prompt", "none"), query(a, "response_mode", "form_post"),
		query(a, "redirect_uri", "http://127.0.0.1:80/cb"), query(a, "redirect_uri", callback+"?tenant=%7e1", "prompt", "none"),
		query(a, "redirect_uri", "myapp://cb", "scope", "x"), query(a) + "&state=t&redirect_uri=https://evil.test",
		query(a, "post_logout_redirect_uri", "https://app.example.com/bye"), query(a, "logout_uri", "https://app.example.com/bye"),
		query(a, "request_uri", "urn:ietf:params:oauth:request_uri:x", "max_age", "0", "claims", "{}", "request", "e30."),
		"client_id[]=" + a.id + "&redirect_uri[]=" + callback, "client_id=" + a.id + "&redirect_uri=%00", "%zz", "a=%ff", "&&&=&==",
	} {
		for _, path := range []string{"/oauth2/authorize", "/logout", "/login"} {
			f.Add(path, q)
		}
	}
	for _, address := range openRedirects() {
		f.Add("/oauth2/authorize", query(a, "redirect_uri", address))
	}
	before := len(dbtest.Rows(f, w.DB))
	f.Fuzz(func(t *testing.T, path, raw string) {
		if path != "/oauth2/authorize" && path != "/logout" {
			path = "/login"
		}
		r := httptest.NewRequest(http.MethodGet, w.Endpoint(t, w.pool, path), nil)
		r.URL.RawQuery = raw
		answer := w.Do(t, r)
		location := answer.Header.Get("Location")
		if location != "" && !w.onward(t, location) {
			t.Fatalf("%s?%s leads to %q", path, raw, location)
		}
		if strings.ContainsFunc(location, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '<' }) {
			t.Fatalf("%s?%s leads to %q", path, raw, location)
		}
		silent := answer.Status == http.StatusOK && path == "/oauth2/authorize"
		if v, err := oauth2.Parse(raw); err == nil && silent && v.Get("prompt") == "none" && v.Get("response_mode") != "form_post" {
			t.Fatalf("%s shows a page", raw)
		}
		if n := len(dbtest.Rows(t, w.DB)); n != before {
			t.Fatalf("%s?%s: %d rows, there were %d", path, raw, n, before)
		}
	})
}

// Whatever is posted to the endpoints of apps: the answer is JSON, or nothing, and is no tokens.
func FuzzFormsOfApps(f *testing.F) {
	w, a := fuzzed(f)
	secret := w.web(f, M{"GenerateSecret": true})
	machine := w.machine(f, nil)
	for _, form := range []string{
		"grant_type=authorization_code&client_id=" + a.id + "&code=x&redirect_uri=" + callback + "&code_verifier=" + verifier,
		"grant_type=refresh_token&client_id=" + a.id + "&refresh_token=a.b.c.d.e", "grant_type=client_credentials&client_id=" + machine.id + "&client_secret=x",
		"token=x&client_id=" + a.id, "token=e30.e30.e30&token_type_hint=access_token", "access_token=e30.e30.", "grant_type=&grant_type=", "%zz", "a=%00",
		"grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=x", "response_type=code&client_id=" + a.id,
	} {
		for _, header := range []string{"", "Basic " + machine.id, "Basic Og==", "Basic dXNlcjpwYXNz", "Bearer e30.e30.e30", "bearer", "DPoP x", "Basic %zz"} {
			f.Add("/oauth2/token", header, "application/x-www-form-urlencoded", form)
		}
		for _, path := range []string{"/oauth2/revoke", "/oauth2/userInfo", "/oauth2/introspect", "/oauth2/par", "/oauth2/register"} {
			f.Add(path, "Basic "+secret.id, "application/x-www-form-urlencoded; charset=x", form)
		}
	}
	f.Fuzz(func(t *testing.T, path, header, kind, form string) {
		if !strings.HasPrefix(path, "/oauth2/") || strings.ContainsAny(path, "%?# ") {
			path = "/oauth2/token"
		}
		r := httptest.NewRequest(http.MethodPost, w.Endpoint(t, w.pool, "/oauth2/token"), strings.NewReader(form))
		r.URL.Path = strings.TrimSuffix(r.URL.Path, "/oauth2/token") + path
		r.Header["Content-Type"], r.Header["Authorization"] = []string{kind}, []string{header}
		answer := w.Do(t, r)
		for _, token := range []string{"access_token", "id_token", "refresh_token"} {
			if answer.Body[token] != nil {
				t.Fatalf("%s by %q: %s", form, header, answer.Text)
			}
		}
		if answer.Status == http.StatusOK && strings.Contains(answer.Text, `"active":true`) {
			t.Fatalf("%s by %q: %s", form, header, answer.Text)
		}
	})
}
