package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/hosted"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// remembered signs alice in at the pages of the pool's domain and gives the cookie of her browser.
func (w *world) remembered(t *testing.T, a app) (cookie string) {
	t.Helper()
	return w.finishAs(t, "alice", a, hosted.Browser{Domain: w.domain(t)})
}

// finishAs signs a user in at the pages, in a browser, and gives its new cookie.
func (w *world) finishAs(t *testing.T, name string, a app, browser hosted.Browser) (cookie string) {
	t.Helper()
	v, err := oauth2.Parse(query(a))
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, func(tx *db.Tx) error {
		_, u, err := account.Admin(tx, w.pool, name)
		if err != nil {
			return err
		}
		who := hosted.SignIn{User: u, Proofs: []factor.Proof{factor.Password}, Browser: browser}
		out, err := w.Server.OAuth.Hosted.Finish(tx, id.Pool(w.pool), v, who)
		if err == nil {
			cookie = out.SSO
		}
		return err
	})
	return cookie
}

func (w *world) write(t *testing.T, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := w.DB.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// domain is the prefix of the pool's domain.
func (w *world) domain(t *testing.T) string {
	t.Helper()
	return w.Endpoint(t, w.pool, "")[len(w.URL+"/_domains/"):]
}

// reused tells whether a browser with a cookie is given a code at once.
func (w *world) reused(t *testing.T, cookie, query string) bool {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, w.Endpoint(t, w.pool, "/oauth2/authorize")+"?"+query, nil)
	r.AddCookie(&http.Cookie{Name: "cardea-sso-_domains-" + w.domain(t), Value: cookie})
	answer := w.Do(t, r)
	switch location := answer.Header.Get("Location"); {
	case strings.HasPrefix(location, "https://accounts.google.com/"):
		return false
	case !strings.HasPrefix(location, callback):
		sentBack(t, answer, w.Endpoint(t, w.pool, "/login?"))
		return false
	}
	return sentBack(t, answer, callback+"?").Has("code")
}

func TestASessionOfThePoolIsForClientsThatHaveItsUsers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		cookie := w.remembered(t, a)
		w.Must(t, "CreateIdentityProvider", M{
			"UserPoolId": w.pool, "ProviderName": "Google", "ProviderType": "Google",
			"ProviderDetails": M{"client_id": "id", "client_secret": "secret", "authorize_scopes": "openid"},
		})
		providers := func(names ...string) {
			t.Helper()
			w.write(t, func(tx *db.Tx) error {
				c, err := client.Get(tx, id.Pool(w.pool), id.Client(a.id))
				if err != nil {
					return err
				}
				c = c.Clone()
				c.Doc.SupportedIdentityProviders = names
				return client.Update(tx, c)
			})
		}
		for _, c := range []struct {
			providers []string
			asked     string
			want      bool
		}{
			{nil, "", true},
			{nil, "COGNITO", true},
			{[]string{"Google", "COGNITO"}, "", true},
			{[]string{"Google", "COGNITO"}, "COGNITO", true},
			{[]string{"Google", "COGNITO"}, "Google", false},
			{[]string{"Google"}, "", false},
			{[]string{"Google"}, "Google", false},
		} {
			providers(c.providers...)
			if got := w.reused(t, cookie, query(a, "identity_provider", c.asked)); got != c.want {
				t.Errorf("a client of %v that asks for %q: %v", c.providers, c.asked, got)
			}
		}
	})
}

func TestASessionGivesNoCodesOnceAllHaveEnded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		old := w.remembered(t, a)
		w.Advance(time.Second)
		w.SignOutAll(t, w.pool)
		if w.reused(t, old, query(a)) {
			t.Error("a session from before gives codes")
		}
		if young := w.remembered(t, a); !w.reused(t, young, query(a)) {
			t.Error("a session from after gives none")
		}
	})
}
