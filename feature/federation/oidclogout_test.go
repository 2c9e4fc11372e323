package federation_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"cardea/feature/federation"
	"cardea/outbound/upstream"
	"cardea/record/ssosession"
	"cardea/server/servertest"
)

// eachLeaving is for a pool whose users are signed out at its OIDC provider, too.
func eachLeaving(t *testing.T, tag string, change func(document M), body func(t *testing.T, c *office, w *world)) {
	t.Helper()
	settings := with{pool: M{"UserPoolTags": M{"cardea:logout": tag}}, client: M{"LogoutURLs": []string{goodbye}}}
	each(t, settings, func(t *testing.T, w *world) {
		document := M{
			"issuer": w.idp.URL, "authorization_endpoint": w.idp.URL + "/authorize", "token_endpoint": w.idp.URL + "/token",
			"jwks_uri": w.idp.URL + "/jwks", "end_session_endpoint": w.idp.URL + "/bye?tenant=1",
		}
		change(document)
		w.idp.Handle("/.well-known/openid-configuration", func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(rw).Encode(document)
		})
		known := w.Server.Federation.Upstream
		w.Server.Federation.Upstream = &upstream.Client{HTTP: known.HTTP, Now: known.Now} // which has no document yet
		c := &office{World: w.World, pool: w.pool, app: w.app}
		c.User(t, c.pool, "jane")
		body(t, c, w)
	})
}

func TestUsersAreSignedOutAtOIDCProvidersWhereThePoolSaysSo(t *testing.T) {
	eachLeaving(t, "Other Corp", func(M) {}, func(t *testing.T, c *office, w *world) {
		b := c.signIn(t, "jane", ssosession.Upstream{Provider: "Corp"})
		a := c.get(t, b, c.logout())
		away, err := url.Parse(a.Header.Get("Location"))
		if err != nil || a.Status != http.StatusFound {
			t.Fatalf("got %d %s", a.Status, a.Text)
		}
		q := away.Query()
		back := c.Endpoint(t, c.pool, federation.OAuthLogout)
		if !strings.HasPrefix(away.String(), w.idp.URL+"/bye?") || q.Get("tenant") != "1" || q.Get("client_id") != w.idp.Details()["client_id"] ||
			q.Get("post_logout_redirect_uri") != back || q.Get("state") == "" || q.Has("id_token_hint") {
			t.Fatalf("sent to %s", away)
		}
		if c.rows(t, "sso_session") != 0 {
			t.Error("the session goes on")
		}

		path := federation.OAuthLogout + "?state=" + q.Get("state")
		refused := func(what string, a servertest.Answer) {
			t.Helper()
			if a.Status != http.StatusBadRequest || a.Header.Get("Location") != "" {
				t.Errorf("%s: got %d %s", what, a.Status, a.Header.Get("Location"))
			}
		}
		refused("another browser", c.get(t, nil, path))
		refused("another state", c.get(t, b, federation.OAuthLogout+"?state="+strings.Repeat("a", 32)))
		refused("no state", c.get(t, b, federation.OAuthLogout))
		image := httptest.NewRequest(http.MethodGet, c.Endpoint(t, c.pool, path), nil)
		image.Header.Set("Sec-Fetch-Dest", "image")
		refused("an image", c.in(t, b, image))
		if a := c.get(t, b, path); a.Header.Get("Location") != goodbye {
			t.Errorf("got %d %s", a.Status, a.Text)
		}
		refused("a second time", c.get(t, b, path))
	})
}

// What a browser was sent to a provider for is not taken for anything else.
func TestTripsAreForTheirCallbackAlone(t *testing.T) {
	eachLeaving(t, "Corp", func(M) {}, func(t *testing.T, c *office, w *world) {
		b := c.signIn(t, "jane", ssosession.Upstream{Provider: "Corp"})
		away, _ := url.Parse(c.get(t, b, c.logout()).Header.Get("Location"))
		a := c.get(t, b, federation.OAuthCallback+"?code=x&state="+away.Query().Get("state"))
		if a.Status != http.StatusBadRequest || a.Header.Get("Location") != "" {
			t.Errorf("a logout at the callback of sign-ins: %d %s", a.Status, a.Header.Get("Location"))
		}

		away, err := url.Parse(c.get(t, b, "/oauth2/authorize?identity_provider=Corp&"+c.asked().Encode()).Header.Get("Location"))
		if err != nil || away.Query().Get("state") == "" {
			t.Fatalf("%s: %v", away, err)
		}
		for _, path := range []string{federation.OAuthLogout + "?state=", federation.SAMLLogout + "?SAMLResponse=x&RelayState="} {
			if a := c.get(t, b, path+away.Query().Get("state")); a.Status != http.StatusBadRequest || a.Header.Get("Location") != "" {
				t.Errorf("a sign-in at %s: %d %s", path, a.Status, a.Header.Get("Location"))
			}
		}
	})
}

func TestUsersGoOnWhereTheirOIDCProviderHasNoLogout(t *testing.T) {
	for what, c := range map[string]struct {
		tag    string
		change func(M)
	}{
		"other providers": {"Other", func(M) {}},
		"no endpoint":     {"Corp", func(d M) { delete(d, "end_session_endpoint") }},
		"no address":      {"Corp", func(d M) { d["end_session_endpoint"] = "javascript:alert(1)" }},
		"no document":     {"Corp", func(d M) { d["issuer"] = "https://evil.example" }},
	} {
		t.Run(what, func(t *testing.T) {
			eachLeaving(t, c.tag, c.change, func(t *testing.T, c *office, _ *world) {
				b := c.signIn(t, "jane", ssosession.Upstream{Provider: "Corp"})
				if a := c.get(t, b, c.logout()); a.Header.Get("Location") != goodbye || c.rows(t, "sso_session") != 0 {
					t.Errorf("got %d %s", a.Status, a.Header.Get("Location"))
				}
			})
		})
	}
}
