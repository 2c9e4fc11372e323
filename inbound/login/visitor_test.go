package login_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cardea/server/servertest"
)

const callback = "https://app.example.com/callback"

// shop is a pool with a domain, an app client that signs users in at its pages, and the user ana.
type shop struct {
	*servertest.World
	pool, client string
}

// eachShop runs body with a shop on both engines; the changes are to the pool and the client.
func eachShop(t *testing.T, pool, client M, body func(t *testing.T, s *shop)) {
	t.Helper()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		s := newShop(t, w, pool, client)
		w.User(t, s.pool, "ana")
		body(t, s)
	})
}

// newShop makes a shop without users.
func newShop(t testing.TB, w *servertest.World, pool, client M) *shop {
	t.Helper()
	s := &shop{World: w, pool: w.Pool(t, pool)}
	s.client = w.Client(t, s.pool, servertest.With(shopClient, client))
	return s
}

// shopClient are the settings of an app client that signs users in at the pages.
var shopClient = M{
	"ClientName": "Shop", "AllowedOAuthFlows": []string{"code"}, "AllowedOAuthFlowsUserPoolClient": true,
	"AllowedOAuthScopes": []string{"openid", "email"}, "CallbackURLs": []string{callback},
	"SupportedIdentityProviders": []string{"COGNITO"}, "PreventUserExistenceErrors": "ENABLED",
}

// authorize is the address of an authorization request, with more parameters given as names and values in turns.
func (s *shop) authorize(t testing.TB, more ...string) string {
	t.Helper()
	v := url.Values{"client_id": {s.client}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid email"}, "state": {"a+b c/="}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return s.Endpoint(t, s.pool, "/oauth2/authorize") + "?" + v.Encode()
}

// visitor is a browser without scripts, and the page that it shows.
type visitor struct {
	t   testing.TB
	s   *shop
	jar *cookiejar.Jar

	nodes []*servertest.World // that answer in turns; none: the shop's
	sends http.Header         // beside what browsers send

	status  int
	header  http.Header
	address *url.URL
	body    string
	page    *html.Node // nil once the browser was sent to the app
	set     []*http.Cookie
}

func (s *shop) visitor(t testing.TB) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, s: s, jar: jar}
}

// visit opens an address and follows redirects, but for those to the app.
func (v *visitor) visit(address string) *visitor {
	v.t.Helper()
	return v.send(http.MethodGet, address, nil)
}

func (v *visitor) send(method, address string, form url.Values) *visitor {
	v.t.Helper()
	for range 10 {
		r := httptest.NewRequest(method, address, strings.NewReader(form.Encode()))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Sec-Fetch-Dest", "document")
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for _, c := range v.jar.Cookies(r.URL) {
			r.AddCookie(c)
		}
		for name, values := range v.sends {
			r.Header[name] = values
		}
		w := httptest.NewRecorder()
		v.node().Server.Handler.ServeHTTP(w, r)
		v.jar.SetCookies(r.URL, w.Result().Cookies())
		v.set = append(v.set, w.Result().Cookies()...)
		v.status, v.header, v.address, v.body = w.Code, w.Header(), r.URL, w.Body.String()
		location := w.Header().Get("Location")
		if location == "" {
			page, err := html.Parse(strings.NewReader(v.body))
			if err != nil {
				v.t.Fatal(err)
			}
			v.page = page
			return v
		}
		next, err := r.URL.Parse(location)
		if err != nil {
			v.t.Fatal(err)
		}
		v.address = next
		if next.Host != r.URL.Host {
			v.page = nil
			return v
		}
		method, address, form = http.MethodGet, next.String(), nil
	}
	v.t.Fatalf("too many redirects at %s", address)
	return v
}

// node is the one that answers the next request.
func (v *visitor) node() *servertest.World {
	if len(v.nodes) == 0 {
		return v.s.World
	}
	next := v.nodes[0]
	v.nodes = append(v.nodes[1:], next)
	return next
}

// elements are those of the page with a tag, by their attributes; "" has their text.
func (v *visitor) elements(tag string) (all []map[string]string) {
	v.t.Helper()
	if v.page == nil {
		v.t.Fatalf("there is no page at %s", v.address)
	}
	for n := range v.page.Descendants() {
		if n.Type != html.ElementNode || n.Data != tag {
			continue
		}
		e := map[string]string{"": text(n)}
		for _, a := range n.Attr {
			e[a.Key] = a.Val
		}
		all = append(all, e)
	}
	return all
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// at reports what the page is.
func (v *visitor) at() string {
	v.t.Helper()
	return v.elements("main")[0]["data-page"]
}

// expect fails the test unless the visitor is at a page.
func (v *visitor) expect(page string) *visitor {
	v.t.Helper()
	if got := v.at(); got != page {
		v.t.Fatalf("the visitor is at %s (%s), want %s: %s", got, v.address, page, v.said())
	}
	return v
}

// said is what the page says has gone wrong.
func (v *visitor) said() string {
	v.t.Helper()
	var all []string
	for _, p := range v.elements("p") {
		if strings.Contains(" "+p["class"]+" ", " alert ") || strings.Contains(" "+p["class"]+" ", " error ") {
			all = append(all, p[""])
		}
	}
	return strings.Join(all, " ")
}

// submit posts the first form of the page with its hidden fields and with what is typed, as names and values in turns.
func (v *visitor) submit(typed ...string) *visitor {
	v.t.Helper()
	form := url.Values{}
	for _, input := range v.elements("input") {
		if input["type"] == "hidden" {
			form.Set(input["name"], input["value"])
		}
	}
	for i := 0; i < len(typed); i += 2 {
		form.Set(typed[i], typed[i+1])
	}
	for _, one := range v.elements("form") {
		if one["method"] != "post" {
			continue
		}
		action, err := v.address.Parse(one["action"])
		if err != nil {
			v.t.Fatal(err)
		}
		return v.send(http.MethodPost, action.String(), form)
	}
	v.t.Fatalf("there is no form at %s", v.address)
	return v
}

// code is the authorization code with which the visitor was sent to the app.
func (v *visitor) code() string {
	v.t.Helper()
	if v.page != nil {
		v.t.Fatalf("the visitor is at %s: %s", v.at(), v.said())
	}
	if !strings.HasPrefix(v.address.String(), callback+"?") || v.address.Query().Get("state") != "a+b c/=" {
		v.t.Fatalf("the visitor was sent to %s", v.address)
	}
	return v.address.Query().Get("code")
}

// redeem gives the tokens of a code.
func (s *shop) redeem(t testing.TB, code string) M {
	t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "client_id": {s.client}, "redirect_uri": {callback}}
	r := httptest.NewRequest(http.MethodPost, s.Endpoint(t, s.pool, "/oauth2/token"), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := s.Do(t, r)
	if answer.Status != http.StatusOK {
		t.Fatalf("redeem: %d %s", answer.Status, answer.Text)
	}
	return answer.Body
}
