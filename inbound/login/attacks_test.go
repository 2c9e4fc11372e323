package login_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/inbound/login"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

// pretended are headers with which a request pretends to be another, or of another site.
var pretended = map[string]http.Header{
	"no headers":     {},
	"a proxy":        {"X-Forwarded-Host": {"evil.test"}, "X-Forwarded-Proto": {"ftp"}, "Forwarded": {"host=evil.test"}, "X-Original-Url": {"/evil"}},
	"another site":   {"Origin": {"https://evil.test"}, "Sec-Fetch-Site": {"cross-site"}, "Referer": {"https://evil.test/"}},
	"a sibling":      {"Origin": {"https://evil.test"}, "Sec-Fetch-Site": {"same-site"}},
	"a frame":        {"Sec-Fetch-Dest": {"iframe"}},
	"a prefetch":     {"Sec-Purpose": {"prefetch"}},
	"foreign cookie": {"Cookie": {"cardea-browser=evil; cardea-i-=evil; cardea-sso=evil.evil; lang=evil"}},
}

// paths are those of everything that is served on a domain, and of what is not.
func paths() []string {
	return append(login.Paths(), "/oauth2/authorize", "/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke", "/logout", "/confirmUser",
		"/assets/0123456789abcdef0123456789abcdef.png", "/nothing", "/", "/login/", "/LOGIN", "/oauth2/introspect", "/.well-known/openid-configuration")
}

// Whatever is asked for, by whomever: the answer says nothing that only the request's headers say, no other site can frame or use
// it, nobody keeps it, and without a form nothing is stored.
func TestEveryAnswerOfADomainIsLockedDown(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		query := s.authorize(t)
		query = query[strings.Index(query, "?"):]
		before := dbtest.Rows(t, s.DB)
		for _, path := range paths() {
			for who, headers := range pretended {
				for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "POST"} {
					r := httptest.NewRequest(method, s.Endpoint(t, s.pool, path)+query, nil)
					for name, values := range headers {
						r.Header[name] = values
					}
					if method == "POST" {
						r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					}
					lockedDown(t, method+" "+path+" by "+who, s.Do(t, r))
				}
			}
		}
		if diff := cmp.Diff(before, dbtest.Rows(t, s.DB)); diff != "" {
			t.Errorf("the database has changed:\n%s", diff)
		}
	})
}

func lockedDown(t *testing.T, what string, a servertest.Answer) {
	t.Helper()
	for name, want := range map[string]string{
		"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "frame-ancestors 'none'", "Cache-Control": "no-store",
	} {
		if got := a.Header.Get(name); !strings.Contains(got, want) {
			t.Errorf("%s: %s is %q", what, name, got)
		}
	}
	if policy := a.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("%s: policy %q", what, policy)
	}
	for name, values := range a.Header {
		if strings.Contains(strings.Join(values, " "), "evil") {
			t.Errorf("%s: %s: %s", what, name, values)
		}
	}
	if strings.Contains(a.Text, "evil") {
		t.Errorf("%s: the answer repeats the headers", what)
	}
}

func TestLinksInMailsAreOfTheDomainWhateverARequestSays(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		s := newShop(t, w, byLink, nil)
		v := s.visitor(t)
		v.sends = http.Header{"X-Forwarded-Host": {"evil.test"}, "X-Forwarded-Proto": {"ftp"}, "Forwarded": {"host=evil.test;proto=ftp"}}
		v.visit(s.page(t, "/signup")).submit("username", "eva", "email", "eva@example.org", "password", servertest.Password)
		if got := link(t, w, "eva").String(); !strings.HasPrefix(got, s.Endpoint(t, s.pool, "/confirmUser?")) {
			t.Errorf("the link is %s", got)
		}
	})
}

// A form that is posted from elsewhere signs nobody in: neither with fetch metadata that say so nor, in browsers that send none,
// with the token of the attacker's own browser.
func TestNobodyIsSignedInByAnotherSite(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		attacker := s.visitor(t).visit(s.page(t, "/login")).expect("sign-in")
		form := url.Values{"username": {"ana"}, "password": {servertest.Password}, "_csrf": {attacker.hidden("_csrf")}}
		for who, headers := range map[string]http.Header{
			"another site": {"Sec-Fetch-Site": {"cross-site"}}, "a sibling": {"Sec-Fetch-Site": {"same-site"}},
			"an old browser": {"Sec-Fetch-Site": nil, "Origin": {"https://evil.test"}}, "without metadata": {"Sec-Fetch-Site": nil, "Sec-Fetch-Dest": nil},
			"from the same origin": {"Sec-Fetch-Site": {"same-origin"}},
		} {
			for _, victim := range []*visitor{s.visitor(t), s.visitor(t).visit(s.page(t, "/login"))} {
				victim.sends = headers
				victim.send(http.MethodPost, s.page(t, "/login"), form)
				if name, _ := victim.cookie("sso"); name != "" || victim.page == nil {
					t.Errorf("%s: the victim is signed in", who)
				}
			}
		}
		attacker.submit("username", "ana", "password", servertest.Password).code()
	})
}

func TestOneOfAHundredAnswersToAPageGivesACode(t *testing.T) {
	t.Parallel()
	eachShop(t, choosing, choosingClient, func(t *testing.T, s *shop) {
		s.mail(t, "ana", "ana@example.org")
		v := s.visitor(t).visit(s.authorize(t)).submit("username", "ana").submit("answer", "EMAIL_OTP").expect("code")
		form := url.Values{"code": {s.Code(t, "ana@example.org")}, "_csrf": {v.hidden("_csrf")}}
		address, cookies := v.address.String(), v.jar.Cookies(v.address)
		var mu sync.Mutex
		var codes, again int
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				for _, c := range cookies {
					r.AddCookie(c)
				}
				w := httptest.NewRecorder()
				s.Server.Handler.ServeHTTP(w, r)
				mu.Lock()
				defer mu.Unlock()
				switch location := w.Header().Get("Location"); {
				case strings.HasPrefix(location, callback+"?code="):
					codes++
				case strings.HasPrefix(location, s.page(t, "/login")[:40]):
					again++
				default:
					t.Errorf("%d to %q", w.Code, location)
				}
			})
		}
		all.Wait()
		if codes != 1 || again != 99 {
			t.Errorf("%d codes, %d of 100 begin again", codes, again)
		}
	})
}

func TestTwoTabsBothFinish(t *testing.T) {
	t.Parallel()
	eachShop(t, choosing, choosingClient, func(t *testing.T, s *shop) {
		first := s.visitor(t)
		second := &visitor{t: t, s: s, jar: first.jar}
		first.visit(s.authorize(t, "nonce", "first")).submit("username", "ana").expect("password")
		second.visit(s.authorize(t, "nonce", "second")).submit("username", "ana").expect("password")
		first.submit("password", "wrong").expect("password")
		for nonce, tab := range map[string]*visitor{"second": second, "first": first} {
			tokens := s.redeem(t, tab.submit("password", servertest.Password).code())
			if got := payload(t, tokens["id_token"].(string))["nonce"]; got != nonce {
				t.Errorf("the %s tab has the nonce %v", nonce, got)
			}
		}
	})
}

// What is typed wrong at the pages and in the API counts together.
func TestPagesAndAPILockAnAccountTogether(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, M{"ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH"}}, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.authorize(t))
		for range 3 {
			v.submit("username", "ana", "password", "wrong").expect("sign-in")
			s.Fails(t, "InitiateAuth", M{"ClientId": s.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{
				"USERNAME": "ana", "PASSWORD": "wrong"}}, "NotAuthorizedException", "")
		}
		const locked = "There were too many tries. Please wait a while and try again."
		if v.submit("username", "ana", "password", servertest.Password).expect("sign-in"); v.said() != locked {
			t.Errorf("the right password, at the pages: %q", v.said())
		}
		s.Fails(t, "InitiateAuth", M{"ClientId": s.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{
			"USERNAME": "ana", "PASSWORD": servertest.Password}}, "NotAuthorizedException", "Password attempts exceeded")
	})
}

func TestTheLogOfPagesHasNoSecrets(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, database string) {
		var written servertest.Log
		w := servertest.New(t, database, func(c *server.Config) { c.Log = slog.New(slog.NewJSONHandler(&written, nil)) })
		s := newShop(t, w, servertest.With(choosing, byLink), choosingClient)
		s.User(t, s.pool, "ana", "email", "ana@example.org", "email_verified", "true")
		v := s.visitor(t).visit(s.authorize(t, "state", "the-state", "login_hint", "the-hint")).submit("username", "ana").submit("answer", "EMAIL_OTP")
		secrets := map[string]string{
			"the token of a form": v.hidden("_csrf"), "the state": "the-state", "the hint": "the-hint", "a password": servertest.Password,
			"a wrong password": "a-wrong-password", "a forged line": "forged", "a name": "a-strange-name", "an address": "ana@example.org",
		}
		v.submit("code", "a-wrong-code\nservice=forged")
		_, secrets["how far the visitor has come"] = v.cookie("i-")
		secrets["the code of a mail"] = s.Code(t, "ana@example.org")
		v.submit("code", secrets["the code of a mail"])
		secrets["an authorization code"] = v.address.Query().Get("code")
		_, secrets["the single sign-on session"] = v.cookie("sso")
		s.visitor(t).visit(s.authorize(t)).submit("username", "a-strange-name").submit("answer", "PASSWORD").submit("password", "a-wrong-password")
		s.visitor(t).visit(s.page(t, "/signup")).submit("username", "eva", "email", "eva@example.org", "password", servertest.Password)
		opened := link(t, w, "eva")
		secrets["the code of a link"] = opened.Query().Get("confirmation_code")
		open(w, http.MethodGet, opened.String(), nil)
		press(w, opened)
		s.visitor(t).visit(s.page(t, "/error") + "&error=the-hint")

		text := written.String()
		for what, secret := range secrets {
			if secret == "" || strings.Contains(text, secret) {
				t.Errorf("%s (%q) is in the log", what, secret)
			}
		}
		for _, want := range []string{
			`"operation":"Login"`, `"operation":"Code"`, `"operation":"ConfirmUser"`, `"service":"pages"`, `"client":"` + s.client + `"`, `"pool":"` + s.pool + `"`,
			`"code":"CodeMismatchException"`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the log lacks %s", want)
			}
		}
	})
}

// A domain that is given to another pool takes nothing of the first along: what the browsers and apps of one have is worth nothing
// at the other.
func TestADomainThatMovesTakesNothingAlong(t *testing.T) {
	t.Parallel()
	eachShop(t, choosing, choosingClient, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.authorize(t)).submit("username", "ana").submit("password", servertest.Password)
		open := v.code()
		v.visit(s.authorize(t, "prompt", "login")).submit("username", "ana").expect("password")
		form := url.Values{"_csrf": {v.hidden("_csrf")}, "password": {servertest.Password}}
		address := v.address.String()

		bank := newShop(t, s.World, choosing, choosingClient)
		bank.User(t, bank.pool, "ana")
		domain := domainOf(t, s)
		theirs := strings.Replace(bank.authorize(t, "prompt", "login"), "/_domains/"+domainOf(t, bank), "/_domains/"+domain, 1)
		s.Must(t, "DeleteUserPoolDomain", M{"UserPoolId": s.pool, "Domain": domain})
		s.Must(t, "DeleteUserPoolDomain", M{"UserPoolId": bank.pool, "Domain": domainOf(t, bank)})
		s.Must(t, "CreateUserPoolDomain", M{"UserPoolId": bank.pool, "Domain": domain})

		for _, stale := range []string{address, s.authorize(t)} {
			if v.visit(stale); v.page == nil || v.at() != "error" || v.status != http.StatusBadRequest {
				t.Errorf("the first pool's request: %d at %s", v.status, v.address)
			}
		}
		if v.send(http.MethodPost, address, form); v.page == nil || v.at() != "error" {
			t.Errorf("the first pool's form: %d at %s", v.status, v.address)
		}
		if v.visit(theirs).expect("sign-in"); strings.Contains(v.body, "ana") {
			t.Error("the second pool knows the visitor")
		}
		v.visit(strings.Replace(theirs, "prompt=login", "prompt=none", 1))
		if v.page != nil || v.address.Query().Get("error") != "login_required" {
			t.Errorf("the second pool's request: %s", v.address)
		}
		for _, client := range []string{s.client, bank.client} {
			exchange := url.Values{"grant_type": {"authorization_code"}, "code": {open}, "client_id": {client}, "redirect_uri": {callback}}
			if a := s.Do(t, servertestForm(s.World, domain, exchange)); a.Status != http.StatusBadRequest {
				t.Errorf("the first pool's code: %d %s", a.Status, a.Text)
			}
		}
	})
}

func servertestForm(w *servertest.World, domain string, v url.Values) *http.Request {
	return form(w.URL+"/_domains/"+domain+"/oauth2/token", v)
}

// Any node of a database answers any request: nothing that the pages need is kept by one.
func TestNodesTakeTurns(t *testing.T) {
	t.Parallel()
	database := dbtest.Postgres(t)
	nodes := []*servertest.World{servertest.New(t, database, nil), servertest.New(t, database, nil), servertest.New(t, database, nil)}
	s := newShop(t, nodes[0], servertest.With(choosing, byMail), choosingClient)
	s.User(t, s.pool, "ana", "email", "ana@example.org", "email_verified", "true")
	turns := func() *visitor {
		v := s.visitor(t)
		v.nodes = slices.Clone(nodes)
		return v
	}
	v := turns().visit(s.authorize(t)).submit("username", "ana").submit("answer", "EMAIL_OTP").submit("code", "00000000").submit("resend", "yes")
	s.redeem(t, v.submit("code", s.Code(t, "ana@example.org")).code())
	if !v.reuses(s.authorize(t)) {
		t.Error("another node does not know the session")
	}
	v = turns().visit(s.page(t, "/forgotPassword")).submit("username", "ana").submit("code", s.Code(t, "ana@example.org"), "password", fresh).expect("sign-in")
	v.submit("username", "ana").submit("answer", "PASSWORD").submit("password", fresh).code()
	v = turns().visit(s.page(t, "/signup")).submit("username", "eva", "email", "eva@example.org", "password", servertest.Password).expect("confirm")
	v.submit("code", s.Code(t, "eva@example.org"))
}
