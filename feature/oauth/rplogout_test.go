package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"cardea/platform/db"
	"cardea/record/client"
	"cardea/server/servertest"
	"cardea/spec/id"
)

const goodbye = "https://app.example.com/bye"

// visitLogout opens /logout in a browser that has a session, or posts a form there.
func (w *world) visitLogout(t *testing.T, cookie, query string, headers map[string]string, form ...string) servertest.Answer {
	t.Helper()
	address := w.Endpoint(t, w.pool, "/logout") + "?" + query
	r := httptest.NewRequest(http.MethodGet, address, nil)
	if form != nil {
		r = servertest.Form(address, form...)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	r.AddCookie(&http.Cookie{Name: "cardea-sso-_domains-" + w.domain(t), Value: cookie})
	return w.Do(t, r)
}

// rpQuery are the parameters of a logout request.
func rpQuery(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// page is which page an answer shows; empty: none.
func page(a servertest.Answer) string {
	_, rest, _ := strings.Cut(a.Text, `data-page="`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}

func TestLogoutWithAnIDTokenAsksNobody(t *testing.T) {
	eachFollowing(t, "rp-logout", func(t *testing.T, w *world) {
		a := w.web(t, M{"LogoutURLs": []string{goodbye}})
		hint := w.SignIn(t, a.id, "alice")["IdToken"].(string)
		for name, c := range map[string]struct{ query, want string }{
			"all":                  {rpQuery("id_token_hint", hint, "post_logout_redirect_uri", goodbye, "state", "s t"), goodbye + "?state=s%20t"},
			"and the client":       {rpQuery("id_token_hint", hint, "post_logout_redirect_uri", goodbye, "client_id", a.id), goodbye},
			"without a state":      {rpQuery("id_token_hint", hint, "post_logout_redirect_uri", goodbye), goodbye},
			"unknown parameters":   {rpQuery("id_token_hint", hint, "post_logout_redirect_uri", goodbye, "ui_locales", "se", "x", "y"), goodbye},
			"without an address":   {rpQuery("id_token_hint", hint), ""},
			"only a state besides": {rpQuery("id_token_hint", hint, "state", "s"), ""},
		} {
			cookie := w.remembered(t, a)
			answer := w.visitLogout(t, cookie, c.query, nil)
			if got := answer.Header.Get("Location"); got != c.want || c.want == "" && page(answer) != "signed-out" {
				t.Errorf("%s: %d to %q, page %q", name, answer.Status, got, page(answer))
			}
			if w.reused(t, cookie, query(a)) {
				t.Errorf("%s: the session goes on", name)
			}
		}
	})
}

func TestLogoutWithoutAnIDTokenAsks(t *testing.T) {
	eachFollowing(t, "rp-logout", func(t *testing.T, w *world) {
		w.User(t, w.pool, "bob")
		a := w.web(t, M{"LogoutURLs": []string{goodbye}})
		bobs := w.SignIn(t, a.id, "bob")["IdToken"].(string)
		own := map[string]string{"Sec-Fetch-Site": "same-origin"}
		for name, c := range map[string]struct{ query, want string }{
			"nothing":                 {"", ""},
			"the client":              {rpQuery("client_id", a.id, "post_logout_redirect_uri", goodbye, "state", "s"), goodbye + "?state=s"},
			"only a state":            {rpQuery("state", "s"), ""},
			"another user's ID token": {rpQuery("id_token_hint", bobs, "post_logout_redirect_uri", goodbye), goodbye},
		} {
			cookie := w.remembered(t, a)
			answer := w.visitLogout(t, cookie, c.query, nil)
			if page(answer) != "sign-out" || answer.Status != 200 || !w.reused(t, cookie, query(a)) {
				t.Errorf("%s: %d, page %q", name, answer.Status, page(answer))
				continue
			}
			_, rest, _ := strings.Cut(answer.Text, `name="_csrf" value="`)
			token, _, _ := strings.Cut(rest, `"`)
			other := w.remembered(t, a)
			for what, refused := range map[string]servertest.Answer{
				"another site's page": w.visitLogout(t, cookie, c.query, map[string]string{"Sec-Fetch-Site": "cross-site"}, "_csrf", token),
				"a sibling's page":    w.visitLogout(t, cookie, c.query, map[string]string{"Sec-Fetch-Site": "same-site"}, "_csrf", token),
				"another token":       w.visitLogout(t, cookie, c.query, own, "_csrf", "x"),
				"another request":     w.visitLogout(t, cookie, c.query+"&x=y", own, "_csrf", token),
				"in the query":        w.visitLogout(t, cookie, c.query+"&_csrf="+token, nil),
				"another session":     w.visitLogout(t, other, c.query, own, "_csrf", token),
			} {
				if refused.Header.Get("Location") != "" || page(refused) == "signed-out" || !w.reused(t, cookie, query(a)) || !w.reused(t, other, query(a)) {
					t.Errorf("%s, %s: %d to %s", name, what, refused.Status, refused.Header.Get("Location"))
				}
			}
			answer = w.visitLogout(t, cookie, c.query, own, "_csrf", token)
			if got := answer.Header.Get("Location"); got != c.want || c.want == "" && page(answer) != "signed-out" {
				t.Errorf("%s, confirmed: %d to %q, page %q", name, answer.Status, got, page(answer))
			}
			if w.reused(t, cookie, query(a)) {
				t.Errorf("%s: the session goes on", name)
			}
		}
		if answer := w.visitLogout(t, "", rpQuery("client_id", a.id, "post_logout_redirect_uri", goodbye), nil); answer.Header.Get("Location") != goodbye {
			t.Errorf("nobody is signed in: %d, page %s", answer.Status, page(answer))
		}
	})
}

func TestLogoutSendsNobodyToAnAddressThatIsNotRegistered(t *testing.T) {
	eachFollowing(t, "rp-logout", func(t *testing.T, w *world) {
		a, other := w.web(t, M{"LogoutURLs": []string{goodbye}}), w.web(t, M{"LogoutURLs": []string{goodbye + "/other"}})
		cookie := w.remembered(t, a)
		signed := w.SignIn(t, a.id, "alice")
		hint := signed["IdToken"].(string)
		for name, q := range map[string]string{
			"another address":   rpQuery("id_token_hint", hint, "post_logout_redirect_uri", "https://evil.example.com"),
			"a query added":     rpQuery("id_token_hint", hint, "post_logout_redirect_uri", goodbye+"?x=y"),
			"another client's":  rpQuery("id_token_hint", hint, "post_logout_redirect_uri", goodbye+"/other"),
			"no client":         rpQuery("post_logout_redirect_uri", goodbye),
			"two clients":       rpQuery("id_token_hint", hint, "client_id", other.id, "post_logout_redirect_uri", goodbye+"/other"),
			"another client":    rpQuery("id_token_hint", hint, "client_id", other.id, "post_logout_redirect_uri", goodbye),
			"an unknown client": rpQuery("client_id", "x", "post_logout_redirect_uri", goodbye),
			"the same alone":    rpQuery("client_id", "x"),
			"a forged hint":     rpQuery("id_token_hint", forged(hint), "post_logout_redirect_uri", goodbye),
			"an access token":   rpQuery("id_token_hint", signed["AccessToken"].(string), "post_logout_redirect_uri", goodbye),
			"a parameter twice": rpQuery("id_token_hint", hint) + "&state=a&state=b",
		} {
			answer := w.visitLogout(t, cookie, q, nil)
			if answer.Status != 400 || answer.Header.Get("Location") != "" || !w.reused(t, cookie, query(a)) {
				t.Errorf("%s: %d to %q", name, answer.Status, answer.Header.Get("Location"))
			}
		}
	})
}

// An address that a browser would run leads nowhere, even if it is stored.
func TestLogoutRunsNoAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, M{"LogoutURLs": []string{goodbye}})
		const runs = "javascript:alert(1)"
		w.write(t, func(tx *db.Tx) error {
			c, err := client.Get(tx, id.Pool(w.pool), id.Client(a.id))
			if err != nil {
				return err
			}
			c.Doc.LogoutURLs = append(c.Doc.LogoutURLs, runs)
			return client.Update(tx, c)
		})
		for name, q := range map[string]string{"Cognito's": rpQuery("client_id", a.id, "logout_uri", runs), "OpenID's": rpQuery("client_id", a.id, "post_logout_redirect_uri", runs)} {
			if answer := w.visitLogout(t, "", q, nil); answer.Status != 400 || answer.Header.Get("Location") != "" {
				t.Errorf("%s: %d to %q", name, answer.Status, answer.Header.Get("Location"))
			}
		}
	})
}

func TestLogoutMayBePosted(t *testing.T) {
	eachFollowing(t, "rp-logout", func(t *testing.T, w *world) {
		a := w.web(t, M{"LogoutURLs": []string{goodbye}})
		hint := w.SignIn(t, a.id, "alice")["IdToken"].(string)
		answer := w.visitLogout(t, "", "", map[string]string{"Sec-Fetch-Site": "cross-site"}, "id_token_hint", hint, "post_logout_redirect_uri", goodbye)
		rest, ok := strings.CutPrefix(answer.Header.Get("Location"), w.Endpoint(t, w.pool, "/logout?"))
		if answer.Status != 303 || !ok {
			t.Fatalf("got %d to %s", answer.Status, answer.Header.Get("Location"))
		}
		if answer := w.visitLogout(t, w.remembered(t, a), rest, nil); answer.Header.Get("Location") != goodbye {
			t.Errorf("then: %d to %s", answer.Status, answer.Header.Get("Location"))
		}
	})
}

func TestAnIDTokenNamesTheClientOfALogout(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, M{"LogoutURLs": []string{goodbye}})
		hint := w.SignIn(t, a.id, "alice")["IdToken"].(string)
		answer := w.visitLogout(t, w.remembered(t, a), rpQuery("id_token_hint", hint, "post_logout_redirect_uri", goodbye, "state", "s"), nil)
		if got := answer.Header.Get("Location"); got != goodbye+"?state=s" {
			t.Errorf("%d to %q", answer.Status, got)
		}
		if answer := w.visitLogout(t, "", "", nil, "id_token_hint", hint); answer.Status != 405 {
			t.Errorf("posted: %d", answer.Status)
		}
	})
}
