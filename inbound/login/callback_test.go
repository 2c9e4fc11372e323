package login_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

const over = "This sign-in has expired or was finished already."

// away is a visitor who has signed in at the provider, and how they would come back.
func (m *mall) away(t *testing.T, more ...string) (*visitor, upstreamtest.Callback) {
	t.Helper()
	v := m.visitor(t).visit(m.authorize(t, append(more, "identity_provider", m.name)...))
	return v, v.leftFor(m.idp)
}

// lost checks that the visitor is told to start again.
func (v *visitor) lost(what string) {
	v.t.Helper()
	if v.page == nil {
		v.t.Errorf("%s: the visitor was sent to %s", what, v.address)
		return
	}
	if v.at() != "error" || v.status != http.StatusBadRequest || !strings.Contains(v.body, over) {
		v.t.Errorf("%s: %d, the visitor is at %s", what, v.status, v.at())
	}
}

// altered is a callback with another parameter.
func altered(t *testing.T, back upstreamtest.Callback, name, value string) upstreamtest.Callback {
	t.Helper()
	u := parse(t, back.URL)
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return upstreamtest.Callback{URL: u.String()}
}

// A visitor finishes no trip but their own, and that once, in time, and where it ends.
func TestATripIsFinishedByWhoBeganIt(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, nil, func(t *testing.T, m *mall) {
		v, back := m.away(t)
		state := parse(t, back.URL).Query().Get("state")
		before := dbtest.Rows(t, m.DB)

		m.visitor(t).come(back).lost("another browser")
		other := m.visitor(t).visit(m.page(t, "/login"))
		name, value := v.cookie("q-")
		other.plant(name, value).come(back).lost("another browser with the cookie")
		m.visitor(t).come(altered(t, back, "state", "")).lost("no state")
		m.visitor(t).come(altered(t, back, "state", strings.Repeat("a", 32))).lost("a state that is nobody's")
		v.come(altered(t, back, "state", state[:31]+"=")).lost("a state that is none")

		_, second := m.away(t, "state", "z")
		v.come(altered(t, back, "state", parse(t, second.URL).Query().Get("state"))).lost("the state of another trip")
		third, _ := m.away(t)
		third.come(altered(t, second, "state", state)).lost("a code with another's state")
		v.send(http.MethodPost, m.Endpoint(t, m.pool, "/saml2/idpresponse")+"?again=1", url.Values{"RelayState": {state}, "SAMLResponse": {"x"}}).
			lost("another path")
		if diff := cmp.Diff(before, dbtest.Rows(t, m.DB)); diff != "" {
			t.Errorf("the database has changed:\n%s", diff)
		}

		v, back = m.away(t)
		code := v.come(back).code()
		v.come(back).lost("the same once more")
		name, _ = v.cookie("q-")
		if name != "" {
			t.Errorf("the browser has kept %s", name)
		}
		m.redeem(t, code)
	})
}

func TestTripsEnd(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, nil, func(t *testing.T, m *mall) {
		v, back := m.away(t)
		name, value := v.cookie("q-")
		m.Advance(5*time.Minute + time.Second)
		v.plant(name, value).come(back).lost("too late")
		again := ""
		for _, a := range v.elements("a") {
			if strings.Contains(a["href"], "/login?") {
				again = a["href"]
			}
		}
		if again == "" {
			t.Fatal("there is no way to start again")
		}
		v.visit(again).approve(m.idp).code()

		// Of what is over, a copy of the cookie gives nothing.
		v, back = m.away(t)
		name, value = v.cookie("q-")
		v.come(back).code()
		v.plant(name, value).come(back).lost("the cookie put back")
	})
}

func TestATripIsOfOneDomain(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, nil, func(t *testing.T, m *mall) {
		v, back := m.away(t)
		name, value := v.cookie("q-")
		browserName, browser := v.cookie("browser")
		m.Must(t, "CreateUserPoolDomain", M{"UserPoolId": m.pool, "Domain": "login.shop.example", "CustomDomainConfig": M{"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/0"}})
		u := parse(t, back.URL)
		elsewhere := "http://localhost:9229/_domains/login.shop.example/oauth2/idpresponse?" + u.RawQuery
		other := m.visitor(t)
		rename := func(name string) string {
			return name[:strings.Index(name, "-_domains")] + "-_domains-login.shop.example"
		}
		other.plant(rename(name), value).plant(rename(browserName), browser)
		other.come(upstreamtest.Callback{URL: elsewhere}).lost("another domain")
		v.come(back).code()
	})
}

func TestABrowserHasThreeTrips(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, nil, func(t *testing.T, m *mall) {
		v := m.visitor(t)
		var backs []upstreamtest.Callback
		for _, state := range []string{"one", "two", "three", "four"} {
			v.visit(m.authorize(t, "identity_provider", "Corp", "state", state))
			backs = append(backs, v.leftFor(m.idp))
		}
		open := 0
		for _, c := range v.jar.Cookies(v.site()) {
			if strings.Contains(c.Name, "-q-") {
				open++
			}
		}
		if open != 3 {
			t.Errorf("%d trips are open", open)
		}
		v.come(backs[0]).lost("the first of four")
		for i, state := range []string{"two", "three", "four"} {
			if v.come(backs[i+1]); v.page != nil || v.address.Query().Get("state") != state || v.address.Query().Get("code") == "" {
				t.Errorf("%s: the visitor is at %s", state, v.address)
			}
		}
	})
}

func TestAFormIsPostedOnceMoreAndNotTwice(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.Apple, nil, func(t *testing.T, m *mall) {
		const hostile = `"><script>alert(1)</script>`
		v, back := m.away(t)
		back.Form.Set("extra", hostile)
		before := dbtest.Rows(t, m.DB)
		v.sends = http.Header{"Sec-Fetch-Site": {"cross-site"}, "Cookie": nil}
		v.send(http.MethodPost, back.URL, back.Form).expect("post-again")
		if len(v.elements("script")) != 1 || strings.Contains(v.body, "<script>alert") || v.hidden("extra") != hostile {
			t.Errorf("the fields are not escaped: %q", v.hidden("extra"))
		}
		policy := v.header.Get("Content-Security-Policy")
		if nonce := v.elements("script")[0]["nonce"]; nonce == "" || !strings.Contains(policy, "script-src 'nonce-"+nonce+"'") || strings.Contains(policy, "form-action") {
			t.Errorf("policy %q", policy)
		}
		if form := v.elements("form")[0]; form["action"] != "?again=1" || form["method"] != "post" || v.elements("button")[0][""] == "" {
			t.Errorf("the form is %v", form)
		}
		for name := range back.Form {
			if v.hidden(name) != back.Form.Get(name) {
				t.Errorf("%s is %q", name, v.hidden(name))
			}
		}
		for _, c := range v.header.Values("Set-Cookie") {
			if strings.Contains(c, "q-") {
				t.Errorf("the page sets %s", c)
			}
		}

		// Without cookies the second time, too, it is over.
		v.send(http.MethodPost, back.URL+"?again=1", back.Form).lost("no cookies twice")
		v.sends = http.Header{"Sec-Fetch-Site": {"same-origin"}, "Cookie": nil}
		v.send(http.MethodPost, back.URL, back.Form).lost("no cookies on the own site")
		if diff := cmp.Diff(before, dbtest.Rows(t, m.DB)); diff != "" {
			t.Errorf("the database has changed:\n%s", diff)
		}
		// A browser that sends its cookies at once need not post again.
		v.sends = http.Header{"Sec-Fetch-Site": {"cross-site"}}
		v.send(http.MethodPost, back.URL, back.Form)
		m.redeem(t, v.code())
		for _, c := range v.set {
			if c.SameSite == http.SameSiteNoneMode || c.SameSite == 0 || !c.HttpOnly {
				t.Errorf("the cookie %s", c)
			}
		}
	})
}

// Whatever is sent to a callback: it is read once and in one way, not ahead of the visitor nor inside other pages, and nothing of it
// becomes markup or is stored.
func TestCallbacksTakeOneAnswerFromOneVisitor(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, nil, func(t *testing.T, m *mall) {
		v, back := m.away(t)
		u := parse(t, back.URL)
		address, query := m.Endpoint(t, m.pool, "/oauth2/idpresponse"), u.RawQuery
		assertions := m.Endpoint(t, m.pool, "/saml2/idpresponse")
		const hostile = `%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E`
		before := dbtest.Rows(t, m.DB)
		form := func(raw string) url.Values {
			values, err := url.ParseQuery(raw)
			if err != nil {
				t.Fatal(err)
			}
			return values
		}
		for _, c := range []struct {
			name, method, address string
			form                  url.Values
			headers               http.Header
			status                int
		}{
			{"a parameter twice", "GET", address + "?" + query + "&code=x", nil, nil, 400},
			{"the state twice", "GET", address + "?" + query + "&" + "state=x", nil, nil, 400},
			{"twice in a form", "POST", address, url.Values{"state": {"a", "b"}}, nil, 400},
			{"a zero byte", "GET", address + "?" + query + "&x=%00", nil, nil, 400},
			{"no UTF-8", "GET", address + "?" + query + "&x=%ff", nil, nil, 400},
			{"a huge query", "GET", address + "?" + query + "&x=" + strings.Repeat("x", 9000), nil, nil, 400},
			{"a huge form", "POST", address, form(query + "&x=" + strings.Repeat("x", 9000)), nil, 400},
			{"a huge assertion", "POST", assertions, url.Values{"SAMLResponse": {strings.Repeat("x", 128<<10)}}, nil, 400},
			{"an assertion by GET", "GET", assertions + "?SAMLResponse=x", nil, nil, 405},
			{"another method", "PUT", address, nil, nil, 405},
			{"only the head", "HEAD", address + "?" + query, nil, nil, 405},
			{"ahead", "GET", address + "?" + query, nil, http.Header{"Sec-Purpose": {"prefetch"}}, 400},
			{"prerendered", "GET", address + "?" + query, nil, http.Header{"Sec-Purpose": {"prefetch;prerender"}}, 400},
			{"in a frame", "GET", address + "?" + query, nil, http.Header{"Sec-Fetch-Dest": {"iframe"}}, 400},
			{"as an image", "GET", address + "?" + query, nil, http.Header{"Sec-Fetch-Dest": {"image"}}, 400},
			{"hostile error", "GET", address + "?error=" + hostile + "&error_description=" + hostile + "&state=" + hostile + "&user=" + hostile, nil, nil, 400},
			{"hostile assertion", "POST", assertions, form("SAMLResponse=" + hostile + "&RelayState=" + hostile), nil, 400},
			{"a form that is none", "POST", address, url.Values{}, http.Header{"Content-Type": {"application/json"}}, 400},
		} {
			v.sends = c.headers
			v.send(c.method, c.address, c.form)
			if v.status != c.status || v.page == nil {
				t.Errorf("%s: %d at %s", c.name, v.status, v.address)
			}
			if strings.Contains(v.body, "<script>alert") {
				t.Errorf("%s: it has become markup", c.name)
			}
			if huge := strings.HasPrefix(c.name, "a huge") && c.method == "POST"; huge && v.header.Get("Connection") != "close" {
				t.Errorf("%s: all of it is read", c.name)
			}
			lockedDown(t, c.name, servertest.Answer{Status: v.status, Header: v.header, Text: v.body})
		}
		if diff := cmp.Diff(before, dbtest.Rows(t, m.DB)); diff != "" {
			t.Errorf("the database has changed:\n%s", diff)
		}
		v.sends = nil
		v.come(back).code()
	})
}

func TestNobodyLeavesForAProviderUnseen(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, nil, func(t *testing.T, m *mall) {
		before := dbtest.Rows(t, m.DB)
		for name, headers := range map[string]http.Header{
			"ahead": {"Sec-Purpose": {"prefetch"}}, "in a frame": {"Sec-Fetch-Dest": {"iframe"}}, "as an image": {"Sec-Fetch-Dest": {"image"}},
		} {
			for _, address := range []string{
				m.authorize(t, "identity_provider", "Corp"), m.page(t, "/login") + "&identity_provider=Corp", m.page(t, "/login") + "&_provider=Corp",
			} {
				v := m.visitor(t)
				v.sends = headers
				if v.visit(address); v.page == nil {
					t.Errorf("%s: %d at %s", name, v.status, v.address)
				}
				if cookie, _ := v.cookie("q-"); cookie != "" {
					t.Errorf("%s: the browser has %s", name, cookie)
				}
			}
		}
		v := m.visitor(t).visit(m.page(t, "/login") + "&_provider=Corp")
		v.leftFor(m.idp)
		if diff := cmp.Diff(before, dbtest.Rows(t, m.DB)); diff != "" {
			t.Errorf("the database has changed:\n%s", diff)
		}
	})
}
