package login_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cardea/inbound/login"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

// reached is a page that a visitor has come to, with what their browser would send.
type reached struct {
	address, token string
	cookies        []*http.Cookie
}

// everywhere are visitors at each page that can be come to without a device.
func everywhere(t testing.TB, s *shop) (all []reached) {
	t.Helper()
	at := func(v *visitor) {
		all = append(all, reached{v.address.String(), v.hidden("_csrf"), v.jar.Cookies(v.address)})
	}
	at(s.visitor(t).visit(s.page(t, "/login")))
	at(s.visitor(t).visit(s.page(t, "/login")).submit("username", "ana"))
	at(s.visitor(t).visit(s.page(t, "/login")).submit("username", "ana").submit("answer", "PASSWORD"))
	at(s.visitor(t).visit(s.page(t, "/login")).submit("username", "ana").submit("answer", "EMAIL_OTP"))
	at(s.visitor(t).visit(s.page(t, "/forgotPassword")).submit("username", "ana"))
	at(s.visitor(t).visit(s.page(t, "/signup")))
	at(s.visitor(t).visit(s.page(t, "/signup")).submit("username", "eva", "email", "eva@example.org", "password", servertest.Password))
	return all
}

// Whatever is posted to a page, by a browser with whatever cookies: there is an answer, it is a page of ours or leads to one, and
// nothing of what was sent has become markup.
func FuzzForms(f *testing.F) {
	w := servertest.New(f, dbtest.SQLite(f), nil)
	s := newShop(f, w, servertest.With(choosing, byMail), choosingClient)
	s.User(f, s.pool, "ana", "email", "ana@example.org", "email_verified", "true")
	pages := everywhere(f, s)
	const hostile = `"><script>alert(1)</script>`
	for i := range pages {
		for _, form := range []string{
			"", "username=nobody&username=eve&password=x", "answer=PASSWORD", "answer=WEB_AUTHN&resend=yes", "code=%00&password=" + url.QueryEscape(hostile),
			"code=12345678&resend=", "credential=%7B%7D", "account=x", "email=" + url.QueryEscape(hostile) + "&username=" + url.QueryEscape(hostile), "%zz", "a=%ff;b",
		} {
			f.Add(i, "", "lang=de", "cardea-i-x=y; cardea-lang="+url.QueryEscape(hostile), form)
		}
		for _, path := range login.Paths() {
			f.Add(i, path, "state="+url.QueryEscape(hostile)+"&login_hint="+url.QueryEscape(hostile), "a; b=; =c; cardea-browser=x", "username="+url.QueryEscape(hostile))
		}
	}
	f.Fuzz(func(t *testing.T, at int, path, more, cookie, form string) {
		page := pages[uint(at)%uint(len(pages))]
		r := httptest.NewRequest(http.MethodPost, page.address, strings.NewReader(form+"&_csrf="+url.QueryEscape(page.token)))
		if strings.HasPrefix(path, "/") {
			r.URL.Path = "/_domains/" + domainOf(t, s) + path
		}
		if more != "" {
			r.URL.RawQuery += "&" + more
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range page.cookies {
			r.AddCookie(c)
		}
		r.Header.Add("Cookie", cookie)
		a := s.Do(t, r)
		if location := a.Header.Get("Location"); strings.Contains(location, "code=") || location != "" && !strings.HasPrefix(location, s.Endpoint(t, s.pool, "/")) &&
			!strings.HasPrefix(location, callback+"?error=") {
			t.Fatalf("%q leads to %q", form, location)
		}
		lockedDown(t, path, a)
		ownMarkup(t, a)
	})
}

// ownMarkup fails the test when a page has a script or a handler that is not the server's.
func ownMarkup(t *testing.T, a servertest.Answer) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(a.Text))
	if err != nil {
		t.Fatal(err)
	}
	policy := a.Header.Get("Content-Security-Policy")
	for n := range root.Descendants() {
		for _, attribute := range n.Attr {
			foreign := n.Data == "script" && attribute.Key == "nonce" && !strings.Contains(policy, "'nonce-"+attribute.Val+"'")
			runs := attribute.Key == "href" && strings.HasPrefix(strings.ToLower(strings.TrimSpace(attribute.Val)), "javascript:")
			if foreign || runs || strings.HasPrefix(attribute.Key, "on") {
				t.Fatalf("<%s %s=%q> in %s", n.Data, attribute.Key, attribute.Val, a.Text)
			}
		}
		if n.Type == html.ElementNode && n.Data == "script" && (len(n.Attr) == 0 || strings.Contains(text(n), "alert(1)")) {
			t.Fatalf("a script in %s", a.Text)
		}
	}
}
