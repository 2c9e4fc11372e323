package federation_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/feature/federation"
	"cardea/platform/db/dbtest"
	"cardea/record/ssosession"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/id"
	"cardea/spec/saml/samltest"
)

// sends has the provider's page send a LogoutRequest, as browsers do: without cookies.
func (c *office) sends(t *testing.T, l *samltest.Logout, relay ...string) servertest.Answer {
	t.Helper()
	pairs := []string{"SAMLRequest", l.Form()}
	for _, r := range relay {
		pairs = append(pairs, "RelayState", r)
	}
	return c.post(t, nil, federation.SAMLLogout, pairs...)
}

// signsAnswer checks how a LogoutRequest is answered.
func (c *office) signsAnswer(t *testing.T, a servertest.Answer, l *samltest.Logout, relay string) {
	t.Helper()
	m, err := samltest.ReadRedirect(a.Header.Get("Location"), c.certificate(t))
	if err != nil {
		t.Fatalf("%d %s: %v", a.Status, a.Text, err)
	}
	if !m.Signed || m.InResponseTo != l.ID || m.Issuer != "urn:amazon:cognito:sp:"+c.pool || m.Destination != c.idp.SLO ||
		!strings.HasSuffix(m.Status.Code.Value, ":Success") || m.RelayState != relay {
		t.Errorf("answered %+v", m)
	}
}

func TestAProviderEndsTheSessionsOfItsUser(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		c.provider(t, "Other", samltest.New("https://other.example"), nil)
		c.person(t, "joe", "Corp", "joe@example.com")
		c.identity(t, "jane", "Corp", "janet@example.com")
		second, joes, others, janets := janes(), janes(), janes(), janes()
		second.Index, joes.NameID, others.Provider, janets.NameID = "_s2", "joe@example.com", "Other", "janet@example.com"

		c.Must(t, "UpdateUserPoolClient", M{
			"UserPoolId": c.pool, "ClientId": c.app, "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []string{"code"},
			"CallbackURLs": []string{callback}, "LogoutURLs": []string{goodbye}, "AllowedOAuthScopes": []string{"openid"},
			"SupportedIdentityProviders": []string{"COGNITO", "Corp", "Other"},
		})
		browsers := map[string]jar{
			"of the request": c.signIn(t, "jane", janes()), "another of jane's": c.signIn(t, "jane", second), "joe's": c.signIn(t, "joe", joes),
			"of another provider": c.signIn(t, "jane", others), "of the pool": c.signIn(t, "jane", ssosession.Upstream{}),
			"of jane's other name there": c.signIn(t, "jane", janets),
		}
		live := func() (n int) {
			for _, b := range browsers {
				if c.signedIn(t, b) {
					n++
				}
			}
			return n
		}
		if live() != 6 {
			t.Fatalf("%d of 6 are signed in", live())
		}

		l := c.asks(t)
		c.signsAnswer(t, c.sends(t, l, "to & fro"), l, "to & fro")
		if c.signedIn(t, browsers["of the request"]) || live() != 5 {
			t.Errorf("after a request for one session %d are signed in", live())
		}
		l = c.asks(t)
		l.SessionIndex = ""
		a := c.get(t, browsers["another of jane's"], federation.SAMLLogout+"?"+l.Query("x"))
		c.signsAnswer(t, a, l, "x")
		if c.signedIn(t, browsers["another of jane's"]) || live() != 4 {
			t.Errorf("after a request for all sessions %d are signed in", live())
		}
		for name := range browsers["another of jane's"] {
			if strings.HasPrefix(name, "cardea-sso") {
				t.Errorf("the browser keeps %s", name)
			}
		}
	})
}

func TestTheAuditLogNamesWhomAProviderSignsOut(t *testing.T) {
	t.Parallel()
	log := &servertest.AuditLog{}
	w := servertest.New(t, dbtest.SQLite(t), func(c *server.Config) { c.Audit.Stdout, c.Stdout = true, log })
	c := newOffice(t, w)
	c.signIn(t, "jane", janes())
	sub := servertest.Text(c.Must(t, "AdminGetUser", M{"UserPoolId": c.pool, "Username": "jane"}), "UserAttributes.0.Value")
	l := c.asks(t)
	log.Take(t)
	c.sends(t, l)
	record := log.One(t)
	if name := servertest.Text(record, "eventName"); name != "SAML2Logout_POST" {
		t.Errorf("%s is recorded", name)
	}
	if got := servertest.Text(record, "additionalEventData.sub"); got == "" || got != sub {
		t.Errorf("the record names %q, want %q", got, sub)
	}
}

func TestAppsAreToldOfSessionsThatAProviderEnds(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		c.Must(t, "TagResource", M{
			"ResourceArn": id.Pool(c.pool).ARN(servertest.Account), "Tags": M{"cardea:backchannel-logout/" + c.app: "https://app.example.com/out"},
		})
		b := c.signIn(t, "jane", janes())
		code := strings.TrimPrefix(c.get(t, b, "/oauth2/authorize?"+c.asked().Encode()).Header.Get("Location"), callback+"?code=")
		code, _, _ = strings.Cut(code, "&")
		if a := c.Post(t, c.Endpoint(t, c.pool, "/oauth2/token"), "grant_type", "authorization_code", "client_id", c.app, "code", code, "redirect_uri", callback); a.Status != 200 {
			t.Fatalf("got %d %s", a.Status, a.Text)
		}
		l := c.asks(t)
		c.signsAnswer(t, c.sends(t, l), l, "")
		if n := c.rows(t, "logout_notice"); n != 1 {
			t.Errorf("%d notices", n)
		}
	})
}

func TestAnswersDoNotTellWhomAProviderMeant(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		c.person(t, "joe", "Other", "joe@example.com")
		b := c.signIn(t, "jane", janes())
		for what, change := range map[string]func(l *samltest.Logout){
			"nobody":               func(l *samltest.Logout) { l.NameID = "nobody@example.com" },
			"another provider's":   func(l *samltest.Logout) { l.NameID = "joe@example.com" },
			"another case":         func(l *samltest.Logout) { l.NameID = "Jane@example.com" },
			"a session of another": func(l *samltest.Logout) { l.SessionIndex = "_other" },
		} {
			l := c.asks(t)
			change(l)
			c.signsAnswer(t, c.sends(t, l), l, "")
			if !c.signedIn(t, b) {
				t.Fatalf("%s: the session has ended", what)
			}
		}
	})
}

func TestRequestsThatAreNotTheProvidersOwnEndNothing(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		evil, stays := samltest.New("https://evil.example"), samltest.New("https://stays.example")
		c.provider(t, "Evil", evil, nil)
		c.provider(t, "Stays", stays, M{"IDPSignout": "false"})
		b := c.signIn(t, "jane", janes())
		before := c.rows(t, "replay")
		for what, change := range map[string]func(l *samltest.Logout){
			"unsigned":         func(l *samltest.Logout) { l.Unsigned = true },
			"another key":      func(l *samltest.Logout) { l.Signing.Key = evil.Key },
			"an unknown one":   func(l *samltest.Logout) { l.Issuer = "https://unknown.example" },
			"no issuer":        func(l *samltest.Logout) { l.Issuer = "" },
			"one that stays":   func(l *samltest.Logout) { l.Issuer, l.Signing.Key = stays.EntityID, stays.Key },
			"elsewhere":        func(l *samltest.Logout) { l.Destination = c.Endpoint(t, c.pool, "/saml2/idpresponse") },
			"over":             func(l *samltest.Logout) { l.NotOnOrAfter = c.Now().Add(-2 * time.Minute) },
			"old":              func(l *samltest.Logout) { l.Issued, l.NotOnOrAfter = c.Now().Add(-time.Hour), time.Time{} },
			"tomorrow":         func(l *samltest.Logout) { l.Issued = c.Now().Add(24 * time.Hour) },
			"without a name":   func(l *samltest.Logout) { l.NameID = "" },
			"a changed answer": func(l *samltest.Logout) { l.InResponseTo = "_x" },
		} {
			for _, binding := range []string{"post", "redirect"} {
				l := c.asks(t)
				change(l)
				var a servertest.Answer
				if binding == "post" {
					a = c.sends(t, l)
				} else {
					a = c.get(t, b, federation.SAMLLogout+"?"+l.Query(""))
				}
				if a.Status != http.StatusBadRequest || a.Header.Get("Location") != "" || !c.signedIn(t, b) {
					t.Errorf("%s by %s: got %d %s", what, binding, a.Status, a.Header.Get("Location"))
				}
			}
		}
		// another provider that speaks for itself ends no session of Corp's
		l := evil.Logout(c.Now(), c.slo(t))
		if a := c.sends(t, l); a.Status != http.StatusSeeOther || !c.signedIn(t, b) {
			t.Errorf("by another provider: got %d, signed in: %t", a.Status, c.signedIn(t, b))
		}
		if n := c.rows(t, "replay"); n != before+1 {
			t.Errorf("%d rows were written", n-before)
		}
	})
}

func TestMessagesAboutLogoutsAreReadStrictly(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		b := c.signIn(t, "jane", janes())
		form := c.asks(t).Form()
		for what, pairs := range map[string][]string{
			"nothing": {}, "twice": {"SAMLRequest", form, "SAMLRequest", form}, "both": {"SAMLRequest", form, "SAMLResponse", form},
			"no base64": {"SAMLRequest", "%%%"}, "no XML": {"SAMLRequest", "aGVsbG8="}, "too long": {"SAMLRequest", strings.Repeat("A", 300<<10)},
			"as an answer": {"SAMLResponse", form, "RelayState", "x"},
		} {
			if a := c.post(t, nil, federation.SAMLLogout, pairs...); a.Status != http.StatusBadRequest {
				t.Errorf("%s: got %d %s", what, a.Status, a.Header.Get("Location"))
			}
		}
		for _, method := range []string{http.MethodPut, http.MethodDelete} {
			if a := c.Do(t, httptest.NewRequest(method, c.slo(t), nil)); a.Status != http.StatusMethodNotAllowed {
				t.Errorf("%s: got %d", method, a.Status)
			}
		}
		if a := c.Do(t, httptest.NewRequest(http.MethodPost, c.Endpoint(t, c.pool, federation.OAuthLogout), nil)); a.Status != http.StatusMethodNotAllowed {
			t.Errorf("a form for %s: got %d", federation.OAuthLogout, a.Status)
		}
		if !c.signedIn(t, b) {
			t.Error("the session has ended")
		}
	})
}

func TestALogoutRequestIsUsedOnce(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		c.signIn(t, "jane", janes())
		l := c.asks(t)
		c.signsAnswer(t, c.sends(t, l), l, "")
		again := c.signIn(t, "jane", janes())
		for _, later := range []time.Duration{0, 4 * time.Minute, time.Minute + 30*time.Second, time.Hour} {
			c.Advance(later)
			if err := c.Server.RunJob(t.Context(), "prune used sign-in sessions"); err != nil {
				t.Fatal(err)
			}
			if a := c.sends(t, l); a.Status != http.StatusBadRequest {
				t.Errorf("replayed: got %d", a.Status)
			}
		}
		if n := c.rows(t, "sso_session"); n != 1 || again == nil {
			t.Errorf("%d sessions are left", n)
		}
	})
}

func TestOneOfAHundredLogoutRequestsIsAnswered(t *testing.T) {
	eachOffice(t, func(t *testing.T, c *office) {
		c.signIn(t, "jane", janes())
		l := c.asks(t)
		form := l.Form()
		var answers sync.Map
		var all sync.WaitGroup
		for n := range 100 {
			all.Go(func() {
				if a := c.post(t, nil, federation.SAMLLogout, "SAMLRequest", form); a.Status == http.StatusSeeOther {
					answers.Store(n, a)
				}
			})
		}
		all.Wait()
		count := 0
		answers.Range(func(_, _ any) bool { count++; return true })
		if count != 1 || c.rows(t, "sso_session") != 0 {
			t.Errorf("%d were answered, and %d sessions go on", count, c.rows(t, "sso_session"))
		}
	})
}
