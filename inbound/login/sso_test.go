package login_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

// another makes another client of the pool that signs users in at its pages, and reuses sessions for some minutes; the default
// where they are negative.
func (s *shop) another(t *testing.T, minutes int) *shop {
	t.Helper()
	client := s.Client(t, s.pool, M{
		"ClientName": "Another", "AllowedOAuthFlows": []string{"code", "implicit"}, "AllowedOAuthFlowsUserPoolClient": true,
		"AllowedOAuthScopes": []string{"openid", "email", "aws.cognito.signin.user.admin"}, "CallbackURLs": []string{callback},
		"LogoutURLs": []string{bye}, "SupportedIdentityProviders": []string{"COGNITO"},
	})
	other := &shop{World: s.World, pool: s.pool, client: client}
	if minutes >= 0 {
		other.reuseFor(t, minutes)
	}
	return other
}

// reuseFor sets for how many minutes the shop's client reuses sessions.
func (s *shop) reuseFor(t *testing.T, minutes int) {
	t.Helper()
	s.Must(t, "SetUserPoolSessionConfiguration", M{"UserPoolId": s.pool, "UserSessionTracking": "ENABLED", "TokenSession": M{"MaxPerUser": 20}})
	s.Must(t, "SetUserPoolClientSessionConfiguration", M{
		"UserPoolId": s.pool, "ClientId": s.client, "SSOSession": M{"MaxValidityMinutes": minutes},
	})
}

const bye = "https://app.example.com/bye"

// signedIn is a visitor who has signed in.
func (s *shop) signedIn(t *testing.T, name string) *visitor {
	t.Helper()
	v := s.visitor(t).visit(s.authorize(t)).expect("sign-in").submit("username", name, "password", servertest.Password)
	v.code()
	return v
}

// reuses tells whether the visitor's browser is sent back to an app at once.
func (v *visitor) reuses(address string) bool {
	v.t.Helper()
	v.visit(address)
	if v.page == nil {
		v.code()
		return true
	}
	v.expect("sign-in")
	return false
}

// cookie is the value of a cookie of the visitor's, found by what is in its name; empty: there is none.
func (v *visitor) cookie(part string) (name, value string) {
	v.t.Helper()
	for _, c := range v.jar.Cookies(v.site()) {
		if strings.Contains(c.Name, part) {
			return c.Name, c.Value
		}
	}
	return "", ""
}

func (v *visitor) site() *url.URL {
	v.t.Helper()
	address, err := url.Parse(v.s.Endpoint(v.t, v.s.pool, "/"))
	if err != nil {
		v.t.Fatal(err)
	}
	return address
}

func (v *visitor) plant(name, value string) *visitor {
	v.t.Helper()
	v.jar.SetCookies(v.site(), []*http.Cookie{{Name: name, Value: value, Path: "/"}})
	return v
}

// authTime is that of an ID token.
func authTime(t *testing.T, tokens M) time.Time {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(tokens["id_token"].(string), ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		At int64 `json:"auth_time"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return time.Unix(claims.At, 0)
}

func TestASignInServesAllClientsOfThePool(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		second, never, short := s.another(t, -1), s.another(t, 0), s.another(t, 30)
		v := s.visitor(t).visit(s.authorize(t)).submit("username", "ana", "password", servertest.Password)
		began := authTime(t, s.redeem(t, v.code()))

		s.Advance(29 * time.Minute)
		for _, app := range []*shop{s, second, short} {
			if tokens := app.redeem(t, v.visit(app.authorize(t)).code()); !authTime(t, tokens).Equal(began) {
				t.Errorf("auth_time is %v, not that of the sign-in, %v", authTime(t, tokens), began)
			}
		}
		s.Advance(time.Minute)
		if v.reuses(short.authorize(t)) || v.reuses(never.authorize(t)) || !v.reuses(second.authorize(t)) {
			t.Error("a client's own validity does not count")
		}
		s.Advance(29*time.Minute + 59*time.Second)
		if !v.reuses(s.authorize(t)) {
			t.Error("the session has ended early")
		}
		s.Advance(time.Second)
		if v.reuses(s.authorize(t)) || v.reuses(second.authorize(t)) {
			t.Error("a session of an hour goes on, because it was reused")
		}
		if s.visitor(t).reuses(s.authorize(t)) {
			t.Error("another browser is signed in")
		}
	})
}

func TestASessionLastsAsLongAsAnyClientReusesIt(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		s.reuseFor(t, 0)
		v := s.signedIn(t, "ana")
		if name, _ := v.cookie("sso"); name != "" {
			t.Error("there is a session that no client reuses")
		}
		long := s.another(t, 600)
		v = s.signedIn(t, "ana")
		s.Advance(599 * time.Minute)
		if v.reuses(s.authorize(t)) || !v.reuses(long.authorize(t)) {
			t.Error("the session does not last for the client that reuses it longest")
		}
		s.Advance(time.Minute)
		long.reuseFor(t, 6000)
		if v.reuses(long.authorize(t)) {
			t.Error("a session that is over goes on by a new setting")
		}
	})
}

func TestPromptSaysWhetherASessionIsReused(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		const app = "app"
		for _, c := range []struct{ prompt, without, with string }{
			{"", "sign-in", app},
			{"none", "login_required", app},
			{"login", "sign-in", "sign-in"},
			{"select_account", "sign-in", "reuse"},
			{"select_account login", "sign-in", "sign-in"},
			{"consent", "sign-in", app},
			{"consent select_account", "sign-in", "reuse"},
		} {
			for who, v := range map[string]*visitor{c.without: s.visitor(t), c.with: s.signedIn(t, "ana")} {
				v.visit(s.authorize(t, "prompt", c.prompt))
				got := app
				if v.page != nil {
					got = v.at()
				} else if e := v.address.Query().Get("error"); e != "" {
					got = e
				} else {
					v.code()
				}
				if got != who {
					t.Errorf("prompt=%s leads to %s, want %s", c.prompt, got, who)
				}
			}
		}
		v := s.signedIn(t, "ana")
		began := s.Now()
		s.Advance(time.Minute)
		again := v.visit(s.authorize(t, "prompt", "login")).submit("username", "ana", "password", servertest.Password)
		if at := authTime(t, s.redeem(t, again.code())); at.Before(began.Add(time.Minute).Truncate(time.Second)) {
			t.Errorf("prompt=login is answered with a sign-in of %v", at)
		}
	})
}

func TestASignInThatIsTooOldIsAskedForAgain(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.signedIn(t, "ana")
		s.Advance(time.Minute)
		for age, want := range map[string]bool{"": true, "61": true, "3600": true, "4294967295": true, "60": false, "59": false, "0": false} {
			if v.reuses(s.authorize(t, "max_age", age)) != want {
				t.Errorf("max_age=%s after a minute: reused is not %v", age, want)
			}
		}
		if got := v.visit(s.authorize(t, "max_age", "10", "prompt", "none")).address.Query().Get("error"); got != "login_required" {
			t.Errorf("max_age and prompt=none: %s", got)
		}
		for _, age := range []string{"-1", "x", "1.5", "+1", " 1", "4294967296", "99999999999999999999"} {
			if got := v.visit(s.authorize(t, "max_age", age)).address.Query().Get("error"); got != "invalid_request" {
				t.Errorf("max_age=%s: %s", age, got)
			}
		}
		again := v.visit(s.authorize(t, "max_age", "10")).expect("sign-in").submit("username", "ana", "password", servertest.Password)
		if at := authTime(t, s.redeem(t, again.code())); !at.Equal(s.Now().Truncate(time.Second)) {
			t.Errorf("the new sign-in was at %v, want %v", at, s.Now())
		}
	})
}

// Where an app allows no page, none is shown, at whichever address it asks.
func TestPromptNoneNeverShowsAPage(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		asked := s.authorize(t, "prompt", "none")
		for _, page := range []string{"/login", "/signup", "/forgotPassword", "/mfa", "/login/password"} {
			v := s.visitor(t).visit(strings.Replace(asked, "/oauth2/authorize", page, 1))
			if v.page != nil || v.address.Query().Get("error") != "login_required" {
				t.Errorf("%s leads to %s", page, v.address)
			}
		}
	})
}

func TestThePageOffersToGoOnWithTheAccount(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		s.User(t, s.pool, "bob")
		login := strings.Replace(s.authorize(t), "/oauth2/authorize", "/login", 1)
		v := s.signedIn(t, "ana")
		began := s.Now()
		s.Advance(time.Minute)

		before := dbtest.Rows(t, s.DB)
		v.visit(login).expect("reuse")
		if diff := cmp.Diff(before, dbtest.Rows(t, s.DB)); diff != "" {
			t.Errorf("opening the page has changed the database:\n%s", diff)
		}
		if !strings.Contains(v.body, "ana") {
			t.Error("the page does not say who is signed in")
		}
		if at := authTime(t, s.redeem(t, v.submit().code())); at.After(began.Add(time.Second)) {
			t.Errorf("auth_time is %v", at)
		}

		// A form without its token goes on with nothing, nor does the form for a request that wants a new sign-in.
		v.visit(login).expect("reuse")
		var account string
		for _, input := range v.elements("input") {
			if input["name"] == "account" {
				account = input["value"]
			}
		}
		if account == "" {
			t.Fatal("the form does not name the account")
		}
		v.send(http.MethodPost, login, url.Values{"account": {account}}).expect("reuse")
		anew := strings.Replace(s.authorize(t, "prompt", "login"), "/oauth2/authorize", "/login", 1)
		v.visit(anew).expect("sign-in").submit("account", account).expect("sign-in")

		// Another account signs in anew, and the browser is then signed in to that one.
		other := v.visit(login).expect("reuse")
		for _, a := range other.elements("a") {
			if strings.Contains(a["href"], "prompt=login") {
				other.visit(a["href"])
			}
		}
		other.expect("sign-in").submit("username", "bob", "password", "wrong").expect("sign-in")
		other.submit("username", "bob", "password", servertest.Password).code()
		if v.visit(login).expect("reuse"); !strings.Contains(v.body, "bob") || strings.Contains(v.body, "ana") {
			t.Error("the browser is not signed in to the other account")
		}

		// What a page has shown is what the visitor goes on with.
		v.submit("account", account).expect("reuse")
		v.submit().code()
	})
}

func TestASecondFactorSwitchedOnSinceIsAskedFor(t *testing.T) {
	t.Parallel()
	eachShop(t, M{"MfaConfiguration": "OFF"}, nil, func(t *testing.T, s *shop) {
		v := s.signedIn(t, "ana")
		open := v.visit(s.authorize(t)).code()
		s.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": s.pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		if status := s.redeemed(t, open); status != http.StatusBadRequest {
			t.Errorf("a code: %d", status)
		}
		if v.reuses(s.authorize(t)) {
			t.Fatal("a password alone is reused where a second factor is asked for")
		}
		if v.visit(s.authorize(t, "prompt", "none")).address.Query().Get("error") != "interaction_required" {
			t.Errorf("prompt=none leads to %s", v.address)
		}
		v.visit(s.authorize(t)).submit("username", "ana", "password", servertest.Password).expect("set-up").submit("answer", "SOFTWARE_TOKEN_MFA")
		secret := strings.ReplaceAll(v.elements("code")[0][""], " ", "")
		v.submit("code", s.SoftwareCode(t, secret)).code()
		if !v.reuses(s.authorize(t)) {
			t.Error("the sign-in with both factors is not reused")
		}
	})
}

func TestOnlyItsOwnCookieOpensASession(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.signedIn(t, "ana")
		name, value := v.cookie("sso")
		_, foreign := s.signedIn(t, "ana").cookie("sso")
		session, secret, _ := strings.Cut(value, ".")
		strange, _, _ := strings.Cut(foreign, ".")
		if !s.visitor(t).plant(name, value).reuses(s.authorize(t)) {
			t.Fatal("the cookie itself opens nothing")
		}
		before := dbtest.Rows(t, s.DB)
		for _, wrong := range []string{
			session, session + ".", "." + secret, secret, ".", strange + "." + secret, session + "." + secret[1:], session + "." + secret + "A",
			session + "." + strings.ToLower(secret), strings.ToUpper(session) + "." + secret, strings.Repeat("x", 3000), "%00.%00", value + "." + secret,
		} {
			if s.visitor(t).plant(name, wrong).reuses(s.authorize(t)) {
				t.Errorf("%q opens a session", wrong)
			}
			s.visitor(t).plant(name, wrong).visit(s.Endpoint(t, s.pool, "/logout") + "?" + strings.SplitN(s.authorize(t), "?", 2)[1])
		}
		if diff := cmp.Diff(before, dbtest.Rows(t, s.DB)); diff != "" {
			t.Errorf("cookies that are none have changed the database:\n%s", diff)
		}

		// At another domain of the pool, and in another pool, the cookie is worth nothing under any name.
		s.Must(t, "CreateUserPoolDomain", M{"UserPoolId": s.pool, "Domain": "login.example.com", "CustomDomainConfig": M{
			"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/11111111-1111-1111-1111-111111111111",
		}})
		custom := strings.Replace(s.authorize(t), "/_domains/"+domainOf(t, s), "/_domains/login.example.com", 1)
		elsewhere := s.visitor(t).plant(strings.Replace(name, domainOf(t, s), "login.example.com", 1), value).visit(custom).expect("sign-in")
		elsewhere.submit("username", "ana", "password", servertest.Password).code()
		if own, _ := elsewhere.cookie("login.example.com"); own == "" {
			t.Fatal("the other domain has cookies of another name")
		}
		if elsewhere.visit(custom).page != nil {
			t.Error("the other domain has no session of its own")
		}

		foreignShop := &shop{World: s.World, pool: s.Pool(t, nil)}
		foreignShop.client = foreignShop.another(t, -1).client
		foreignShop.User(t, foreignShop.pool, "ana")
		theirs, _ := foreignShop.signedIn(t, "ana").cookie(domainOf(t, foreignShop))
		if foreignShop.visitor(t).plant(strings.Replace(name, domainOf(t, s), domainOf(t, foreignShop), 1), value).reuses(foreignShop.authorize(t)) {
			t.Error("the cookie opens a session in another pool")
		}
		if !strings.Contains(theirs, domainOf(t, foreignShop)) {
			t.Errorf("the other pool's cookie is called %s", theirs)
		}
	})
}

// domainOf is the prefix of a shop's domain.
func domainOf(t testing.TB, s *shop) string {
	t.Helper()
	_, rest, _ := strings.Cut(s.Endpoint(t, s.pool, ""), "/_domains/")
	return rest
}

func TestACookieFromBeforeASignInIsWorthNothingAfterIt(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		s.User(t, s.pool, "eve")
		for _, planter := range []string{"eve", "ana"} {
			theirs := s.signedIn(t, planter)
			name, planted := theirs.cookie("sso")
			open := theirs.visit(s.authorize(t)).code()
			victim := s.visitor(t).plant(name, planted)
			victim.visit(s.authorize(t, "prompt", "login")).expect("sign-in").submit("username", "ana", "password", servertest.Password)
			first := victim.code()
			if _, own := victim.cookie("sso"); own == planted || own == "" {
				t.Errorf("the session of %s goes on with its secret", planter)
			}
			if s.visitor(t).plant(name, planted).reuses(s.authorize(t)) {
				t.Errorf("the cookie that %s has planted opens a session", planter)
			}
			again := victim.visit(s.authorize(t, "prompt", "login")).submit("username", "ana", "password", servertest.Password).code()
			s.redeem(t, first)
			if good := s.redeemed(t, open) == http.StatusOK; good != (planter == "ana") {
				t.Errorf("a code of the session of %s is good: %v", planter, good)
			}
			s.redeem(t, again)
		}
	})
}

func TestASessionGivesSixtyCodesAMinute(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.signedIn(t, "ana")
		other := s.signedIn(t, "ana")
		for range 60 {
			v.visit(s.authorize(t)).code()
		}
		before := dbtest.Rows(t, s.DB)
		if v.visit(s.authorize(t)); v.address.Query().Get("error") != "temporarily_unavailable" || v.address.Query().Get("state") == "" {
			t.Errorf("the 61st leads to %s", v.address)
		}
		login := strings.Replace(s.authorize(t), "/oauth2/authorize", "/login", 1)
		if v.visit(login).expect("reuse").submit(); v.page != nil || v.address.Query().Get("error") != "temporarily_unavailable" {
			t.Errorf("the page leads to %s", v.address)
		}
		if diff := cmp.Diff(before, dbtest.Rows(t, s.DB)); diff != "" {
			t.Errorf("what is refused has changed the database:\n%s", diff)
		}
		if !other.reuses(s.authorize(t)) {
			t.Error("another session is limited, too")
		}
		s.Advance(time.Minute)
		if !v.reuses(s.authorize(t)) {
			t.Error("the limit does not end")
		}
	})
}

func TestOnlyNavigationsReuseAndEndSessions(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, M{"LogoutURLs": []string{bye}}, func(t *testing.T, s *shop) {
		v := s.signedIn(t, "ana")
		name, value := v.cookie("sso")
		before := dbtest.Rows(t, s.DB)
		for _, header := range [][2]string{{"Sec-Fetch-Dest", "image"}, {"Sec-Fetch-Dest", "script"}, {"Sec-Fetch-Dest", "empty"}, {"Sec-Purpose", "prefetch"}, {"Purpose", "prefetch"}} {
			for _, address := range []string{s.authorize(t), s.logOut(t)} {
				r := httptest.NewRequest(http.MethodGet, address, nil)
				r.AddCookie(&http.Cookie{Name: name, Value: value})
				r.Header.Set(header[0], header[1])
				if answer := s.Do(t, r); answer.Status != http.StatusBadRequest || answer.Header.Get("Location") != "" {
					t.Errorf("%v: %d to %q", header, answer.Status, answer.Header.Get("Location"))
				}
			}
		}
		if diff := cmp.Diff(before, dbtest.Rows(t, s.DB)); diff != "" {
			t.Errorf("the database has changed:\n%s", diff)
		}
		if !v.reuses(s.authorize(t)) {
			t.Error("the session has ended")
		}
	})
}

func TestReuseAsksPreTokenGenerationAlone(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		s := &shop{World: w, pool: w.Pool(t, servertest.Triggers("PreAuthentication", "PostAuthentication", "PreTokenGeneration"))}
		s.client = s.another(t, -1).client
		w.User(t, s.pool, "ana")
		v := s.signedIn(t, "ana")
		since := len(f.Calls())
		code := v.visit(s.authorize(t)).code()
		if n := len(f.Calls()) - since; n != 0 {
			t.Errorf("%d functions are asked before the code is redeemed", n)
		}
		s.redeem(t, code)
		var asked []string
		for _, call := range f.Calls()[since:] {
			asked = append(asked, call.Source())
		}
		if diff := cmp.Diff([]string{"TokenGeneration_HostedAuth"}, asked); diff != "" {
			t.Error(diff)
		}
	})
}
