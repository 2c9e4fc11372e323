package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cardea/server/servertest"
)

// posted are the parameters that a page has a browser post to an address.
func posted(t testing.TB, a servertest.Answer, address string) url.Values {
	t.Helper()
	page, err := html.Parse(strings.NewReader(a.Text))
	if err != nil || a.Status != 200 || a.Header.Get("Location") != "" {
		t.Fatalf("got %d %s", a.Status, a.Text)
	}
	forms, fields := 0, url.Values{}
	for n := range page.Descendants() {
		attributes := map[string]string{}
		for _, one := range n.Attr {
			attributes[one.Key] = one.Val
		}
		switch n.Data {
		case "form":
			forms++
			if attributes["action"] != address || attributes["method"] != "post" {
				t.Errorf("a form posts to %q", attributes["action"])
			}
		case "input":
			fields.Add(attributes["name"], attributes["value"])
		}
	}
	if forms != 1 {
		t.Errorf("%d forms", forms)
	}
	return fields
}

// openAs opens an authorization request in a browser that has a single sign-on session.
func (w *world) openAs(t *testing.T, cookie, query string) servertest.Answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, w.Endpoint(t, w.pool, "/oauth2/authorize")+"?"+query, nil)
	r.AddCookie(&http.Cookie{Name: "cardea-sso-_domains-" + w.domain(t), Value: cookie})
	return w.Do(t, r)
}

func TestAnswersArePostedWhereTheAppAsksForIt(t *testing.T) {
	eachFollowing(t, "form_post", func(t *testing.T, w *world) {
		odd := callback + `?a="><script>alert(1)</script>&b='`
		a := w.web(t, M{"CallbackURLs": []string{callback, "myapp://cb", odd}})
		cookie := w.remembered(t, a)
		const state = `"><script>alert(1)</script>&amp; ü +%`

		answer := w.openAs(t, cookie, query(a, "response_mode", "form_post", "state", state))
		got := posted(t, answer, callback)
		if len(got) != 2 || got.Get("state") != state || len(got.Get("code")) != 36 {
			t.Errorf("posted %v", got)
		}
		if made := w.redeem(t, a, got.Get("code")); made.Status != 200 {
			t.Errorf("the code: %s", made.Text)
		}
		policy, nonce := answer.Header.Get("Content-Security-Policy"), ""
		if _, rest, ok := strings.Cut(policy, "script-src 'nonce-"); ok {
			nonce, _, _ = strings.Cut(rest, "'")
		}
		if nonce == "" || strings.Count(answer.Text, "<script") != 1 || !strings.Contains(answer.Text, `<script nonce="`+nonce+`">`) || strings.Contains(policy, "form-action") {
			t.Errorf("policy %s for %s", policy, answer.Text)
		}
		for header, want := range map[string]string{"Referrer-Policy": "no-referrer", "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate"} {
			if got := answer.Header.Get(header); got != want {
				t.Errorf("%s %q", header, got)
			}
		}

		got = posted(t, w.openAs(t, cookie, query(a, "response_mode", "form_post", "redirect_uri", odd)), callback+"?a=%22%3e%3cscript%3ealert%281%29%3c/script%3e&b=%27")
		if got.Get("code") == "" {
			t.Errorf("posted %v", got)
		}
		got = posted(t, w.open(t, "/oauth2/authorize", query(a, "response_mode", "form_post", "prompt", "none")), callback)
		if got.Get("error") != "login_required" || got.Get("state") != "s" {
			t.Errorf("an error is posted as %v", got)
		}
		for name, q := range map[string]string{
			"to an app":      query(a, "response_mode", "form_post", "redirect_uri", "myapp://cb"),
			"another mode":   query(a, "response_mode", "web_message"),
			"twice":          query(a, "response_mode", "query") + "&response_mode=query",
			"implicit query": query(a, "response_mode", "query", "response_type", "token"),
		} {
			location := w.openAs(t, cookie, q).Header.Get("Location")
			if !strings.Contains(location, "error=invalid_request") || !strings.Contains(location, "state=s") || strings.Contains(location, "code=") {
				t.Errorf("%s: sent to %s", name, location)
			}
		}
		if location := w.openAs(t, cookie, query(a, "response_mode", "fragment")).Header.Get("Location"); !strings.HasPrefix(location, callback+"#code=") {
			t.Errorf("the fragment: %s", location)
		}
	})
}

func TestPoolsThatFollowNothingIgnoreTheResponseMode(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		cookie := w.remembered(t, a)
		for _, mode := range []string{"form_post", "fragment", "x"} {
			got := sentBack(t, w.openAs(t, cookie, query(a, "response_mode", mode)), callback+"?")
			if !got.Has("code") || got.Has("iss") {
				t.Errorf("%s: %v", mode, got)
			}
		}
	})
}

func TestStrictAnswersTellTheIssuer(t *testing.T) {
	eachFollowing(t, "strict", func(t *testing.T, w *world) {
		a := w.web(t, nil)
		issuer := w.URL + "/" + w.pool
		got := sentBack(t, w.openAs(t, w.remembered(t, a), query(a)), callback+"?")
		if !got.Has("code") || got.Get("iss") != issuer {
			t.Errorf("a code: %v", got)
		}
		got = sentBack(t, w.open(t, "/oauth2/authorize", query(a, "prompt", "none")), callback+"?")
		if got.Get("error") != "login_required" || got.Get("iss") != issuer {
			t.Errorf("an error: %v", got)
		}
	})
}
