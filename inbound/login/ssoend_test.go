package login_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/server/servertest"
)

// logOut is the address that ends the browser's session.
func (s *shop) logOut(t *testing.T) string {
	t.Helper()
	return s.Endpoint(t, s.pool, "/logout") + "?" + url.Values{"client_id": {s.client}, "logout_uri": {bye}}.Encode()
}

func TestLogoutEndsTheSession(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, M{"LogoutURLs": []string{bye}}, func(t *testing.T, s *shop) {
		v := s.signedIn(t, "ana")
		name, value := v.cookie("sso")
		kept := s.redeem(t, v.visit(s.authorize(t)).code())
		open := v.visit(s.authorize(t)).code()

		v.visit(strings.Replace(s.logOut(t), url.QueryEscape(bye), "https://evil.example.com", 1))
		if !v.reuses(s.authorize(t)) {
			t.Error("a request that is refused has ended the session")
		}
		if v.visit(s.logOut(t)); v.address.String() != bye {
			t.Errorf("the browser was sent to %s", v.address)
		}
		if left, _ := v.cookie("sso"); left != "" {
			t.Error("the cookie is still there")
		}
		if v.reuses(s.authorize(t)) || v.plant(name, value).reuses(s.authorize(t)) {
			t.Error("the session goes on after the logout")
		}
		if status := s.redeemed(t, open); status != http.StatusBadRequest {
			t.Errorf("a code of the session: %d", status)
		}
		refresh := url.Values{"grant_type": {"refresh_token"}, "client_id": {s.client}, "refresh_token": {kept["refresh_token"].(string)}}
		if answer := s.Do(t, form(s.Endpoint(t, s.pool, "/oauth2/token"), refresh)); answer.Status != http.StatusOK {
			t.Errorf("the app is signed out, too: %d %s", answer.Status, answer.Text)
		}
		back := strings.Replace(s.authorize(t), "/oauth2/authorize", "/logout", 1)
		v = s.signedIn(t, "ana").visit(back).expect("sign-in")
		if v.reuses(s.authorize(t)) {
			t.Error("the session goes on after the logout that leads to the page")
		}
	})
}

func form(address string, v url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, address, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// redeemed is the status with which a code is answered.
func (s *shop) redeemed(t *testing.T, code string) int {
	t.Helper()
	v := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "client_id": {s.client}, "redirect_uri": {callback}}
	return s.Do(t, form(s.Endpoint(t, s.pool, "/oauth2/token"), v)).Status
}

func TestWhatEndsASession(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		of := M{"UserPoolId": s.pool, "Username": "ana"}
		app := s.another(t, -1)
		for name, c := range map[string]struct {
			change func(tokens M)
			ends   bool
		}{
			"attributes": {func(M) {
				s.Must(t, "AdminUpdateUserAttributes", servertest.With(of, M{"UserAttributes": servertest.Attributes("nickname", "a")}))
			}, false},
			"global sign-out":  {func(M) { s.Must(t, "AdminUserGlobalSignOut", of) }, false},
			"sign-out by user": {func(k M) { s.Must(t, "GlobalSignOut", M{"AccessToken": k["access_token"]}) }, false},
			"revoked token":    {func(k M) { s.Must(t, "RevokeToken", M{"ClientId": app.client, "Token": k["refresh_token"]}) }, false},
			"revoked with those linked": {func(k M) {
				s.Must(t, "RevokeToken", M{"ClientId": app.client, "Token": k["refresh_token"], "RevokeAssociatedSessions": "LINKED"})
			}, true},
			"disabled and enabled": {func(M) { s.Must(t, "AdminDisableUser", of); s.Must(t, "AdminEnableUser", of) }, true},
			"password set": {func(M) {
				s.Must(t, "AdminSetUserPassword", servertest.With(of, M{"Password": servertest.Password, "Permanent": true}))
			}, true},
			"password changed": {func(k M) {
				s.Must(t, "ChangePassword", M{"AccessToken": k["access_token"], "PreviousPassword": servertest.Password, "ProposedPassword": servertest.Password + "2"})
				s.Must(t, "AdminSetUserPassword", servertest.With(of, M{"Password": servertest.Password, "Permanent": true}))
			}, true},
		} {
			v := app.signedIn(t, "ana")
			tokens := app.redeem(t, v.visit(app.authorize(t, "scope", "openid aws.cognito.signin.user.admin")).code())
			s.Advance(time.Second)
			c.change(tokens)
			if v.reuses(app.authorize(t)) == c.ends {
				t.Errorf("%s: the session has ended is not %v", name, c.ends)
			}
		}

		for name, change := range map[string]func(){
			"disabled": func() { s.Must(t, "AdminDisableUser", of) },
			"deleted":  func() { s.Must(t, "AdminDeleteUser", of) },
		} {
			v := s.signedIn(t, "ana")
			open := v.visit(s.authorize(t)).code()
			change()
			v.visit(s.authorize(t, "prompt", "none"))
			if v.address.Query().Get("error") != "login_required" {
				t.Errorf("%s: %s", name, v.address)
			}
			if status := s.redeemed(t, open); status != http.StatusBadRequest {
				t.Errorf("%s: a code: %d", name, status)
			}
			if name == "disabled" {
				s.Must(t, "AdminEnableUser", of)
			} else {
				s.User(t, s.pool, "ana")
			}
		}
	})
}

func TestNoCodeOutlivesALogoutAtTheSameTime(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, M{"LogoutURLs": []string{bye}}, func(t *testing.T, s *shop) {
		v := s.signedIn(t, "ana")
		name, value := v.cookie("sso")
		var mu sync.Mutex
		var codes []string
		var all sync.WaitGroup
		for i := range 24 {
			address := s.authorize(t)
			if i == 12 {
				address = s.logOut(t)
			}
			all.Go(func() {
				r := httptest.NewRequest(http.MethodGet, address, nil)
				r.AddCookie(&http.Cookie{Name: name, Value: value})
				w := httptest.NewRecorder()
				s.Server.Handler.ServeHTTP(w, r)
				to, err := url.Parse(w.Header().Get("Location"))
				if err != nil || w.Code != http.StatusFound {
					t.Errorf("%d to %s", w.Code, to)
					return
				}
				if code := to.Query().Get("code"); code != "" {
					mu.Lock()
					defer mu.Unlock()
					codes = append(codes, code)
				}
			})
		}
		all.Wait()
		for _, code := range codes {
			if status := s.redeemed(t, code); status != http.StatusBadRequest {
				t.Errorf("a code of the session that has ended: %d", status)
			}
		}
		if v.reuses(s.authorize(t)) {
			t.Error("the session goes on")
		}
	})
}
