package login_test

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

// providers are those that the page has buttons for, and what the buttons say.
func (v *visitor) providers() (names, labels []string) {
	v.t.Helper()
	for _, b := range v.elements("button") {
		if b["name"] == "_provider" {
			names, labels = append(names, b["value"]), append(labels, b[""])
		}
	}
	return names, labels
}

// Without accounts of the pool itself there is no form for them, and what is posted all the same is refused.
func TestAppsWithoutAccountsOfThePoolHaveButtonsAlone(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, M{"SupportedIdentityProviders": []string{"Corp"}}, func(t *testing.T, m *mall) {
		v := m.visitor(t).visit(m.authorize(t)).expect("sign-in")
		if names, labels := v.providers(); !slices.Equal(names, []string{"Corp"}) || labels[0] != "Continue with Corp" {
			t.Errorf("buttons %v %v", names, labels)
		}
		for _, input := range v.elements("input") {
			if input["type"] != "hidden" {
				t.Errorf("the page asks for %s", input["name"])
			}
		}
		for _, a := range v.elements("a") {
			if strings.Contains(a["href"], "/signup") || strings.Contains(a["href"], "/forgotPassword") {
				t.Errorf("the page leads to %s", a["href"])
			}
		}

		// A page of another app has a token that would hold, were it of this request.
		before := dbtest.Rows(t, m.DB)
		m.settle(t, M{"SupportedIdentityProviders": []string{"COGNITO", "Corp"}})
		token := v.visit(m.page(t, "/login")).hidden("_csrf")
		m.settle(t, M{"SupportedIdentityProviders": []string{"Corp"}})
		for _, path := range []string{"/login", "/login/password", "/signup", "/forgotPassword", "/confirm", "/resendcode", "/confirmforgotPassword"} {
			v.send(http.MethodPost, m.page(t, path), url.Values{
				"_csrf": {token}, "username": {"ana"}, "password": {servertest.Password}, "email": {"eva@example.org"}, "code": {"1"}, "resend": {"yes"},
			})
			if v.expect("sign-in"); path == "/login" && !strings.Contains(v.said(), "not available here") {
				t.Errorf("POST %s: %q", path, v.said())
			}
		}
		changed := slices.DeleteFunc(dbtest.Rows(t, m.DB), func(row string) bool { return strings.HasPrefix(row, "client ") })
		if diff := cmp.Diff(slices.DeleteFunc(before, func(row string) bool { return strings.HasPrefix(row, "client ") }), changed); diff != "" {
			t.Errorf("the database has changed:\n%s", diff)
		}
		v.visit(m.authorize(t)).choose("Corp").approve(m.idp).code()
	})
}

func TestTheRequestDecidesWhichProvidersAreOffered(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, nil, func(t *testing.T, m *mall) {
		other := upstreamtest.StartPlain(t, upstream.OIDC)
		m.provider(t, "Other", other)
		m.provider(t, "Unused", other)
		m.settle(t, M{"SupportedIdentityProviders": []string{"Other", "COGNITO", "Corp"}})
		v := m.visitor(t).visit(m.authorize(t)).expect("sign-in")
		if names, _ := v.providers(); !slices.Equal(names, []string{"Other", "Corp"}) {
			t.Errorf("offered %v", names)
		}
		// Amplify names the pool itself unless it is told another.
		v.visit(m.authorize(t, "identity_provider", "COGNITO")).expect("sign-in")
		if names, _ := v.providers(); !slices.Equal(names, []string{"Other", "Corp"}) {
			t.Errorf("for the pool itself: offered %v", names)
		}
		v.choose("Other")
		if v.leftFor(other); v.address.Query().Get("client_id") != other.ClientID {
			t.Errorf("the visitor is at %s", v.address)
		}

		for name, address := range map[string]string{
			"a provider of another app": m.page(t, "/login") + "&_provider=Unused", "none": m.page(t, "/login") + "&_provider=nonsense",
			"not the one asked for": m.page(t, "/login") + "&identity_provider=Corp&_provider=Other",
			"the pool itself":       m.page(t, "/login") + "&_provider=COGNITO",
		} {
			v := m.visitor(t).visit(address)
			if v.page == nil || !strings.Contains(v.said(), "not available here") {
				t.Errorf("%s: the visitor is at %s", name, v.address)
			}
		}
		v = m.visitor(t).visit(m.authorize(t, "identity_provider", "Unused"))
		if v.page != nil || v.address.Query().Get("error") != "invalid_request" {
			t.Errorf("a request for a provider of another app: %s", v.address)
		}
		if v = m.visitor(t).visit(m.authorize(t, "identity_provider", "Corp", "prompt", "none")); v.address.Query().Get("error") != "login_required" {
			t.Errorf("prompt=none: %s", v.address)
		}
		m.Must(t, "DeleteIdentityProvider", M{"UserPoolId": m.pool, "ProviderName": "Other"})
		if names, _ := m.visitor(t).visit(m.authorize(t)).providers(); slices.Contains(names, "Other") {
			t.Error("a deleted provider is offered")
		}
	})
}

// The domain of an address alone decides where its owner signs in, whoever it is.
func TestAddressesLeadToTheProviderOfTheirDomain(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, nil, func(t *testing.T, m *mall) {
		m.provider(t, "Acme", m.idp, "acme.example", "acme", "x@acme.test")
		m.settle(t, M{"SupportedIdentityProviders": []string{"COGNITO", "Acme"}})
		v := m.visitor(t).visit(m.authorize(t)).expect("sign-in")
		if strings.Contains(v.body, `name="password"`) {
			t.Error("the page asks for a password before it knows whose")
		}
		for _, address := range []string{"ana@acme.example", "nobody@ACME.example", " x@y@acme.example "} {
			v := m.visitor(t).visit(m.authorize(t)).submit("username", address)
			v.leftFor(m.idp)
			if v.status != http.StatusSeeOther || v.address.Query().Get("login_hint") != strings.TrimSpace(address) {
				t.Errorf("%s: %d to %s", address, v.status, v.address)
			}
		}
		var pages []string
		for _, name := range []string{"ana", "nobody7", "ana@other.example", "ana@sub.acme.example", "acme.example", "ana@acme"} {
			v := m.visitor(t).visit(m.authorize(t)).submit("username", name).expect("password")
			token := v.hidden("_csrf")
			page := strings.NewReplacer(name, "NAME", token, "TOKEN", url.QueryEscape(name), "NAME").Replace(v.body)
			pages = append(pages, nonces.ReplaceAllString(page, "nonce"))
			if v.said() != "" {
				t.Errorf("%s: %q", name, v.said())
			}
		}
		for _, page := range pages[1:] {
			if page != pages[0] {
				t.Errorf("known and unknown names have different pages:\n%s", cmp.Diff(strings.Split(pages[0], "\n"), strings.Split(page, "\n")))
			}
		}
		v.submit("username", "ana").expect("password").submit("password", "wrong").expect("password")
		if !strings.Contains(v.said(), "not right") {
			t.Errorf("a wrong password: %q", v.said())
		}
		m.settle(t, M{"SupportedIdentityProviders": []string{"Acme"}})
		if v.submit("password", servertest.Password).expect("password"); !strings.Contains(v.said(), "not available here") {
			t.Errorf("a password of an app that takes none any more: %q", v.said())
		}
		m.settle(t, M{"SupportedIdentityProviders": []string{"COGNITO", "Acme"}})
		v.submit("password", servertest.Password).code()

		m.settle(t, M{"SupportedIdentityProviders": []string{"Acme"}})
		v = m.visitor(t).visit(m.authorize(t)).expect("sign-in").submit("username", "ana@other.example").expect("sign-in")
		if !strings.Contains(v.said(), "No organization") {
			t.Errorf("of an unknown domain: %q", v.said())
		}
		v.submit("username", "").expect("sign-in").submit("username", "eva@acme.example").approve(m.idp).code()
	})
}

// What has gone wrong at a provider the app is told, and a visitor where there is no app.
func TestWhatGoesWrongAtAProviderIsTold(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, nil, func(t *testing.T, m *mall) {
		for _, c := range []struct{ query, code, description string }{
			{"error=access_denied", "access_denied", "access_denied"},
			{"error=access_denied&error_description=User+said+%3Cno%3E", "access_denied", "User said <no>"},
			{"error=server_error&error_description=broken", "invalid_request", "server_error - broken"},
			{"code=nonsense", "invalid_request", ""},
		} {
			v, back := m.away(t)
			u := parse(t, back.URL)
			u.RawQuery = c.query + "&state=" + u.Query().Get("state")
			v.come(upstreamtest.Callback{URL: u.String()})
			got := v.address.Query()
			if v.page != nil || got.Get("error") != c.code || c.description != "" && got.Get("error_description") != c.description || got.Get("state") != "a+b c/=" {
				t.Errorf("%s: %s", c.query, v.address)
			}
			if name, _ := v.cookie("q-"); name != "" {
				t.Errorf("%s: the browser has kept %s", c.query, name)
			}
		}

		own := m.visitor(t).visit(m.own(t, "")).expect("sign-in").choose("Corp")
		u := parse(t, own.leftFor(m.idp).URL)
		u.RawQuery = "error=access_denied&state=" + u.Query().Get("state")
		own.come(upstreamtest.Callback{URL: u.String()})
		if own.page == nil || own.status != http.StatusBadRequest || !strings.Contains(own.body, "You did not allow the sign-in.") || !strings.Contains(own.body, "Request ") {
			t.Errorf("on the way to one's own pages: %d at %s", own.status, own.address)
		}
	})
}

// The user's own pages and devices are reached through a provider as well.
func TestProvidersLeadToOwnPagesAndDevices(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, nil, func(t *testing.T, m *mall) {
		m.visitor(t).visit(m.own(t, "")).expect("sign-in").choose("Corp").approve(m.idp).expect("account")
		m.Must(t, "UpdateUserPool", M{"UserPoolId": m.pool, "UserPoolTags": M{"cardea:standards": "device"}})
		device := m.device(t)
		v := m.visitor(t).visit(servertest.Text(device, "verification_uri")).submit("user_code", servertest.Text(device, "user_code"))
		v.expect("sign-in").choose("Corp").approve(m.idp).expect("device-ask").submit().expect("device-allowed")
		if answer := m.poll(t, device); answer.Status != 200 {
			t.Errorf("got %d %s", answer.Status, answer.Text)
		}
	})
}

func TestARequestTooLongForACookieIsRefused(t *testing.T) {
	t.Parallel()
	eachMall(t, upstream.OIDC, nil, func(t *testing.T, m *mall) {
		long := random(4000)
		v := m.visitor(t).visit(m.authorize(t, "identity_provider", "Corp", "state", long))
		if v.page != nil || v.address.Query().Get("error") != "invalid_request" || v.address.Query().Get("state") != long {
			t.Errorf("the visitor is at %s", v.address)
		}
		if name, _ := v.cookie("q-"); name != "" {
			t.Errorf("the browser has %s", name)
		}
		v.visit(m.authorize(t, "identity_provider", "Corp", "state", strings.Repeat("x", 4000))).approve(m.idp)
		if v.address.Query().Get("code") == "" {
			t.Errorf("the visitor is at %s", v.address)
		}
	})
}

// nonces match those of a page.
var nonces = regexp.MustCompile(`nonce="[^"]*"`)

// random is a text that cannot be shortened.
func random(n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(rand.Text())
	}
	return b.String()[:n]
}
