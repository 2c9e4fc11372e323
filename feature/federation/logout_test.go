package federation_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/engine/interaction"
	"cardea/feature/federation"
	"cardea/record/ssosession"
	"cardea/server/servertest"
	"cardea/spec/saml/samltest"
)

func TestSigningOutEndsTheSessionAtTheProviderToo(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		b := c.signIn(t, "jane", janes())
		if !c.signedIn(t, b) {
			t.Fatal("jane is not signed in")
		}
		m := c.leave(t, b)
		if c.rows(t, "sso_session") != 0 || c.signedIn(t, b) {
			t.Error("the session goes on")
		}
		if !m.Signed || m.NameID != "jane@example.com" || strings.Join(m.Sessions, " ") != "_s1" || m.Destination != c.idp.SLO ||
			m.Issuer != "urn:amazon:cognito:sp:"+c.pool || m.NotOnOrAfter == "" || len(m.RelayState) > 80 || m.RelayState == "" {
			t.Errorf("the provider is asked %+v", m)
		}

		form := c.answered(t, m).Form()
		a := c.post(t, nil, federation.SAMLLogout, "SAMLResponse", form, "RelayState", m.RelayState)
		if a.Status != http.StatusOK || field(a.Text, "SAMLResponse") != form || field(a.Text, "RelayState") != m.RelayState {
			t.Fatalf("without cookies: %d %s", a.Status, a.Text)
		}
		a = c.post(t, b, federation.SAMLLogout+"?again=1", "SAMLResponse", field(a.Text, "SAMLResponse"), "RelayState", m.RelayState)
		if a.Header.Get("Location") != goodbye {
			t.Fatalf("got %d %s %s", a.Status, a.Header.Get("Location"), a.Text)
		}
		for name := range b {
			if strings.HasPrefix(name, "cardea-q-") || strings.HasPrefix(name, "cardea-sso") {
				t.Errorf("the browser keeps %s", name)
			}
		}
	})
}

func TestAnswersComeByEitherBinding(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		b := c.signIn(t, "jane", janes())
		m := c.leave(t, b, "logout_uri", "", "redirect_uri", callback, "response_type", "code", "state", "a b")
		a := c.get(t, b, federation.SAMLLogout+"?"+c.answered(t, m).Query(m.RelayState))
		if want := c.Endpoint(t, c.pool, "/login?"); !strings.HasPrefix(a.Header.Get("Location"), want) || !strings.Contains(a.Header.Get("Location"), "state=a%20b") {
			t.Errorf("got %d %s %s; want %s", a.Status, a.Header.Get("Location"), a.Text, want)
		}
	})
}

func TestAProviderThatTakesPostsAloneIsPostedTheRequest(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		post := strings.Replace(string(c.idp.Metadata()), `<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"`, `<md:SingleLogoutService Binding="urn:x"`, 1)
		c.Must(t, "UpdateIdentityProvider", M{"UserPoolId": c.pool, "ProviderName": "Corp", "ProviderDetails": M{"MetadataFile": post, "IDPSignout": "true"}})
		b := c.signIn(t, "jane", janes())
		a := c.get(t, b, c.logout())
		m, err := samltest.ReadForm(field(a.Text, "SAMLRequest"))
		if err != nil || a.Status != http.StatusOK || !strings.Contains(a.Text, `action="`+c.idp.SLO+`"`) {
			t.Fatalf("%v: %d %s", err, a.Status, a.Text)
		}
		if m.Signature == nil || m.NameID != "jane@example.com" {
			t.Errorf("the provider is asked %+v", m)
		}
		relay := field(a.Text, "RelayState")
		if a = c.post(t, b, federation.SAMLLogout, "SAMLResponse", c.answered(t, m).Form(), "RelayState", relay); a.Header.Get("Location") != goodbye {
			t.Errorf("got %d %s", a.Status, a.Text)
		}
	})
}

func TestOnlyProvidersThatAreToSignOutAreAsked(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		silent := samltest.New("https://silent.example")
		silent.SLO = ""
		c.provider(t, "Silent", silent, nil)
		c.provider(t, "Stays", samltest.New("https://stays.example"), M{"IDPSignout": "false"})
		c.Must(t, "UpdateUserPoolClient", M{
			"UserPoolId": c.pool, "ClientId": c.app, "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []string{"code"},
			"CallbackURLs": []string{callback}, "LogoutURLs": []string{goodbye}, "AllowedOAuthScopes": []string{"openid"},
			"SupportedIdentityProviders": []string{"COGNITO", "Corp", "Silent", "Stays"},
		})
		from := func(name string) ssosession.Upstream { return ssosession.Upstream{Provider: name, NameID: "x"} }
		for what, session := range map[string]ssosession.Upstream{
			"of the pool itself": {}, "without IDPSignout": from("Stays"), "without an address": from("Silent"), "without a name": {Provider: "Corp"},
		} {
			b := c.signIn(t, "jane", session)
			if a := c.get(t, b, c.logout()); a.Header.Get("Location") != goodbye {
				t.Errorf("%s: %d %s", what, a.Status, a.Header.Get("Location"))
			}
		}
		b := c.signIn(t, "jane", janes())
		c.Must(t, "DeleteIdentityProvider", M{"UserPoolId": c.pool, "ProviderName": "Corp"})
		if a := c.get(t, b, c.logout()); a.Header.Get("Location") != goodbye {
			t.Errorf("deleted: %d %s", a.Status, a.Header.Get("Location"))
		}
		if n := c.rows(t, "sso_session"); n != 0 {
			t.Errorf("%d sessions go on", n)
		}
	})
}

func TestNothingIsSentToTheProviderForARequestThatIsRefused(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		b := c.signIn(t, "jane", janes())
		a := c.get(t, b, c.logout("logout_uri", "https://evil.example/"))
		if a.Status != http.StatusBadRequest || a.Header.Get("Location") != "" || !c.signedIn(t, b) {
			t.Errorf("got %d %s", a.Status, a.Header.Get("Location"))
		}
	})
}

func TestAnswersThatAreNotTheProvidersOwnAreRefused(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		evil := samltest.New("https://evil.example")
		c.provider(t, "Evil", evil, nil)
		type change func(m *samltest.Message, l *samltest.Logout)
		for what, change := range map[string]change{
			"unsigned":        func(_ *samltest.Message, l *samltest.Logout) { l.Unsigned = true },
			"another key":     func(_ *samltest.Message, l *samltest.Logout) { l.Signing.Key = evil.Key },
			"another issuer":  func(_ *samltest.Message, l *samltest.Logout) { l.Issuer, l.Signing.Key = evil.EntityID, evil.Key },
			"another request": func(_ *samltest.Message, l *samltest.Logout) { l.InResponseTo = "_other" },
			"elsewhere":       func(_ *samltest.Message, l *samltest.Logout) { l.Destination = "https://evil.example/saml2/logout" },
			"tomorrow":        func(_ *samltest.Message, l *samltest.Logout) { l.Issued = l.Issued.Add(24 * time.Hour) },
			"another handle": func(m *samltest.Message, _ *samltest.Logout) {
				m.RelayState = m.RelayState[:len(m.RelayState)-1] + "_"
			},
			"no handle": func(m *samltest.Message, _ *samltest.Logout) { m.RelayState = "" },
			"an address": func(m *samltest.Message, _ *samltest.Logout) {
				m.RelayState = "https://evil.example/aaaaaaaaaaaaaaaaaaaaaaaa"
			},
			"the goodbye":  func(m *samltest.Message, _ *samltest.Logout) { m.RelayState = goodbye },
			"other markup": func(_ *samltest.Message, l *samltest.Logout) { l.Edit = func(s string) string { return s + "<x/>" } },
		} {
			for _, binding := range []string{"redirect", "post"} {
				b := c.signIn(t, "jane", janes())
				m := c.leave(t, b)
				l := c.answered(t, m)
				change(m, l)
				var a servertest.Answer
				if binding == "post" {
					a = c.post(t, b, federation.SAMLLogout, "SAMLResponse", l.Form(), "RelayState", m.RelayState)
				} else {
					a = c.get(t, b, federation.SAMLLogout+"?"+l.Query(m.RelayState))
				}
				if a.Status != http.StatusBadRequest || a.Header.Get("Location") != "" {
					t.Errorf("%s by %s: got %d %s", what, binding, a.Status, a.Header.Get("Location"))
				}
				if c.signedIn(t, b) {
					t.Errorf("%s by %s: the session goes on", what, binding)
				}
			}
		}
	})
}

func TestAnswersAreForTheBrowserThatWasSent(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		for what, change := range map[string]func(b jar){
			"another browser": func(b jar) {
				for name := range b {
					if strings.HasPrefix(name, "cardea-browser") {
						b[name] = "ZZZZZZZZZZZZZZZZZZZZZZZZZZ"
					}
				}
			},
			"no cookies": func(b jar) { clear(b) },
			"too late":   func(jar) { c.Advance(interaction.TripLife + time.Second) },
		} {
			b := c.signIn(t, "jane", janes())
			m := c.leave(t, b)
			change(b)
			if a := c.get(t, b, federation.SAMLLogout+"?"+c.answered(t, m).Query(m.RelayState)); a.Status != http.StatusBadRequest {
				t.Errorf("%s: got %d %s", what, a.Status, a.Header.Get("Location"))
			}
		}

		b := c.signIn(t, "jane", janes())
		m := c.leave(t, b)
		query := federation.SAMLLogout + "?" + c.answered(t, m).Query(m.RelayState)
		frame := httptest.NewRequest(http.MethodGet, c.Endpoint(t, c.pool, query), nil)
		frame.Header.Set("Sec-Fetch-Dest", "image")
		if a := c.in(t, b, frame); a.Status != http.StatusBadRequest {
			t.Errorf("as an image: got %d", a.Status)
		}
		if a := c.get(t, b, query); a.Header.Get("Location") != goodbye {
			t.Errorf("first: got %d %s", a.Status, a.Text)
		}
		if a := c.get(t, b, query); a.Status != http.StatusBadRequest {
			t.Errorf("replayed: got %d %s", a.Status, a.Header.Get("Location"))
		}
	})
}

// Where the browser goes on was judged when it left, and is judged again.
func TestBrowsersComeBackToRegisteredAddressesAlone(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		b := c.signIn(t, "jane", janes())
		m := c.leave(t, b)
		c.Must(t, "UpdateUserPoolClient", M{
			"UserPoolId": c.pool, "ClientId": c.app, "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []string{"code"},
			"CallbackURLs": []string{callback}, "AllowedOAuthScopes": []string{"openid"}, "SupportedIdentityProviders": []string{"COGNITO", "Corp"},
		})
		a := c.get(t, b, federation.SAMLLogout+"?"+c.answered(t, m).Query(m.RelayState))
		if a.Status != http.StatusBadRequest || a.Header.Get("Location") != "" {
			t.Errorf("got %d %s", a.Status, a.Header.Get("Location"))
		}
	})
}

func TestAUserGoesOnWhenTheProviderSaysThatItHasFailed(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		b := c.signIn(t, "jane", janes())
		m := c.leave(t, b)
		l := c.answered(t, m)
		l.Status = "Responder"
		if a := c.get(t, b, federation.SAMLLogout+"?"+l.Query(m.RelayState)); a.Header.Get("Location") != goodbye {
			t.Errorf("got %d %s", a.Status, a.Text)
		}
	})
}

func TestAHundredAnswersAtOnceChangeNothing(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		b := c.signIn(t, "jane", janes())
		m := c.leave(t, b)
		next := c.signIn(t, "jane", janes()) // who signs in again meanwhile stays so
		query := federation.SAMLLogout + "?" + c.answered(t, m).Query(m.RelayState)
		before := c.rows(t, "replay")
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				own := jar{}
				for name, value := range b {
					own[name] = value
				}
				for name, value := range next {
					if strings.HasPrefix(name, "cardea-sso") {
						own[name] = value
					}
				}
				if a := c.get(t, own, query); a.Header.Get("Location") != goodbye {
					t.Errorf("got %d %s", a.Status, a.Text)
				}
			})
		}
		all.Wait()
		if !c.signedIn(t, next) || c.rows(t, "replay") != before {
			t.Error("answers have ended a session, or written rows")
		}
	})
}

// Codes that a session has given while it was being ended are void.
func TestASessionGivesNoCodesWhileItEnds(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		b := c.signIn(t, "jane", janes())
		var mu sync.Mutex
		var codes []string
		var all sync.WaitGroup
		for n := range 50 {
			all.Go(func() {
				own := jar{}
				for name, value := range b {
					own[name] = value
				}
				if n == 25 {
					c.get(t, own, c.logout())
					return
				}
				back, err := url.Parse(c.get(t, own, "/oauth2/authorize?"+c.asked().Encode()).Header.Get("Location"))
				if err == nil && back.Query().Get("code") != "" {
					mu.Lock()
					defer mu.Unlock()
					codes = append(codes, back.Query().Get("code"))
				}
			})
		}
		all.Wait()
		for _, code := range codes {
			a := c.Post(t, c.Endpoint(t, c.pool, "/oauth2/token"), "grant_type", "authorization_code", "client_id", c.app, "code", code, "redirect_uri", callback)
			if a.Error() != "invalid_grant" {
				t.Errorf("a code gives %d %s", a.Status, a.Text)
			}
		}
	})
}
