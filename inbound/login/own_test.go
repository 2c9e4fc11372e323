package login_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cardea/server/servertest"
)

// own is the address of one of the user's own pages.
func (s *shop) own(t *testing.T, path string) string {
	t.Helper()
	return s.Endpoint(t, s.pool, "/account"+path) + "?client_id=" + s.client
}

// atHome is a visitor who has signed in to see their own pages.
func (s *shop) atHome(t *testing.T) *visitor {
	t.Helper()
	v := s.visitor(t).visit(s.own(t, "")).expect("sign-in")
	return v.submit("username", "ana", "password", servertest.Password).expect("account")
}

// press posts the form of the button with this name, and with this value unless it is empty.
func (v *visitor) press(name, value string) *visitor {
	v.t.Helper()
	for n := range v.page.Descendants() {
		if n.Data != "form" {
			continue
		}
		form, found, action := url.Values{}, false, v.address.String()
		for _, a := range n.Attr {
			if a.Key == "action" {
				action = a.Val
			}
		}
		for d := range n.Descendants() {
			of := map[string]string{}
			for _, a := range d.Attr {
				of[a.Key] = a.Val
			}
			switch {
			case d.Data == "input" && of["type"] == "hidden":
				form.Set(of["name"], of["value"])
			case d.Data == "button" && of["name"] == name && (value == "" || of["value"] == value) && !found:
				form.Set(of["name"], of["value"])
				found = true
			}
		}
		if found {
			return v.send(http.MethodPost, action, form)
		}
	}
	v.t.Fatalf("no button %s=%s at %s", name, value, v.at())
	return v
}

// rows are the labels of the page's list.
func (v *visitor) rows() (labels []string) {
	v.t.Helper()
	for _, b := range v.elements("b") {
		labels = append(labels, b[""])
	}
	return labels
}

// notice is what the page says has been done.
func (v *visitor) notice() string {
	v.t.Helper()
	for _, p := range v.elements("p") {
		if p["class"] == "notice" {
			return p[""]
		}
	}
	return ""
}

func (s *shop) attribute(t *testing.T, name string) string {
	t.Helper()
	for _, a := range servertest.At(s.Must(t, "AdminGetUser", M{"UserPoolId": s.pool, "Username": "ana"}), "UserAttributes").([]any) {
		if a.(M)["Name"] == name {
			return a.(M)["Value"].(string)
		}
	}
	return ""
}

func TestUsersSeeTheirOwnPages(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.atHome(t)
		if want := []string{"Personal details", "Email address", "Phone number", "Password", "Where you are signed in"}; !slices.Equal(v.rows(), want) {
			t.Errorf("got %q, want %q", v.rows(), want)
		}
		if policy := v.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self'") || v.header.Get("Cache-Control") != "no-store" {
			t.Errorf("policy %q, cache %q", policy, v.header.Get("Cache-Control"))
		}
		if v.address.RawQuery != "client_id="+s.client {
			t.Errorf("the address is %s", v.address)
		}
		v.visit(s.own(t, "/details")).expect("details").submit("name", "Ana")
		if v.expect("account").notice() != "Your changes were saved." || s.attribute(t, "name") != "Ana" {
			t.Errorf("said %q, name %q", v.notice(), s.attribute(t, "name"))
		}
		if v.visit(v.address.String()).notice() != "" {
			t.Error("the notice is said twice")
		}
		// The session is that of all apps, and an app's is that of the pages.
		if !v.reuses(s.authorize(t)) || s.signedIn(t, "ana").visit(s.own(t, "")).at() != "account" {
			t.Error("there are two sign-ins")
		}
	})
}

func TestOwnPagesAreForAppsWithPages(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		api := s.Client(t, s.pool, nil)
		for _, address := range []string{
			s.Endpoint(t, s.pool, "/account") + "?client_id=" + api, s.Endpoint(t, s.pool, "/account") + "?client_id=",
			s.own(t, "") + "&client_id=" + s.client,
			s.Endpoint(t, s.pool, "/login") + "?response_type=account&redirect_uri=/account&client_id=" + api,
			s.Endpoint(t, s.pool, "/login") + "?response_type=account&redirect_uri=//evil.example&client_id=" + s.client,
			s.Endpoint(t, s.pool, "/login") + "?response_type=account&redirect_uri=/account/../x&client_id=" + s.client,
			s.Endpoint(t, s.pool, "/login") + "?response_type=account&redirect_uri=" + url.QueryEscape(callback) + "&client_id=" + s.client,
			s.Endpoint(t, s.pool, "/oauth2/authorize") + "?response_type=account&redirect_uri=/account&client_id=" + s.client,
		} {
			v := s.visitor(t).visit(address)
			if v.status != http.StatusBadRequest || v.at() != "error" {
				t.Errorf("%s: %d, %s", address, v.status, v.at())
			}
		}
	})
}

func TestChangesOfWhatOneSignsInWithNeedARecentSignIn(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.atHome(t)
		for _, path := range []string{"/email", "/phone", "/password"} {
			if v.visit(s.own(t, path)); v.at() == "sign-in" {
				t.Errorf("%s asks for a sign-in at once", path)
			}
		}
		form := v.visit(s.own(t, "/email")).expect("contact")
		s.Advance(10*time.Minute + time.Second)
		form.submit("value", "ana@evil.example").expect("sign-in")
		if s.attribute(t, "email") != "" {
			t.Error("an old sign-in has changed the address")
		}
		for _, path := range []string{"/email", "/phone", "/password"} {
			if v.visit(s.own(t, path)).expect("sign-in").notice() == "" || v.shown("input", "value", "name", "username") != "ana" {
				t.Errorf("%s: said %q to %q", path, v.notice(), v.shown("input", "value", "name", "username"))
			}
		}
		v.visit(s.own(t, "")).expect("account")
		v.visit(s.own(t, "/details")).expect("details")
		v.visit(s.own(t, "/password")).submit("username", "ana", "password", servertest.Password).expect("own-password")
		s.Advance(time.Hour)
		v.visit(s.own(t, "")).expect("sign-in")
	})
}

func TestUsersChangeTheirPassword(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		other := s.signedIn(t, "ana")
		v := s.atHome(t)
		name, before := v.cookie("sso")
		v.visit(s.own(t, "/password")).submit("current", "wrong", "password", "Another-horse-2").expect("own-password")
		if v.said() != "This is not your current password." {
			t.Errorf("said %q", v.said())
		}
		if v.submit("current", servertest.Password, "password", "short").expect("own-password"); v.said() != "The password does not meet all rules." {
			t.Errorf("said %q", v.said())
		}
		if v.submit("current", servertest.Password).expect("own-password"); v.said() != "Enter your answer here." {
			t.Errorf("said %q", v.said())
		}
		s.Advance(time.Second)
		v.submit("current", servertest.Password, "password", "Another-horse-2").expect("account")
		if v.notice() != "Your password was changed." {
			t.Errorf("said %q", v.notice())
		}
		if _, after := v.cookie("sso"); after == before {
			t.Error("the cookie is the same")
		}
		s.visitor(t).plant(name, before).visit(s.own(t, "")).expect("sign-in")
		other.visit(s.own(t, "")).expect("sign-in")
		v.visit(s.own(t, "/sessions")).expect("sessions")
	})
}

func TestWrongPasswordsLockAtTheOwnPagesToo(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.atHome(t).visit(s.own(t, "/password"))
		for range 5 {
			v.submit("current", "wrong", "password", "Another-horse-2").expect("own-password")
		}
		s.Fails(t, "InitiateAuth", M{
			"ClientId": s.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "ana", "PASSWORD": servertest.Password},
		}, "NotAuthorizedException", "Password attempts exceeded")
		if v.submit("current", "wrong", "password", "Another-horse-2"); !strings.HasPrefix(v.said(), "You have asked too often.") {
			t.Errorf("said %q", v.said())
		}
	})
}

func TestUsersConfirmANewAddress(t *testing.T) {
	t.Parallel()
	eachShop(t, M{
		"AutoVerifiedAttributes":      []string{"email"},
		"UserAttributeUpdateSettings": M{"AttributesRequireVerificationBeforeUpdate": []string{"email"}},
	}, nil, func(t *testing.T, s *shop) {
		v := s.atHome(t)
		v.visit(s.own(t, "/email")).submit("value", "not an address").expect("contact")
		if v.said() != "Enter an email address, such as ana@example.com." {
			t.Errorf("said %q", v.said())
		}
		v.submit("value", "ana@new.example").expect("confirm-contact")
		if s.attribute(t, "email") == "ana@new.example" {
			t.Error("the address is changed before it is confirmed")
		}
		if v.submit("code", "000000").expect("confirm-contact"); v.said() != "This code is not right. Check it and try again." {
			t.Errorf("said %q", v.said())
		}
		v.press("resend", "").expect("confirm-contact")
		v.submit("code", s.Code(t, "ana@new.example")).expect("account")
		if s.attribute(t, "email") != "ana@new.example" || s.attribute(t, "email_verified") != "true" || v.notice() != "Thank you. It is confirmed." {
			t.Errorf("%q is %q: %s", s.attribute(t, "email"), s.attribute(t, "email_verified"), v.notice())
		}
	})
}

func TestOwnPagesKeepToTheAppsPermissions(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, M{"ReadAttributes": []string{"name", "nickname"}, "WriteAttributes": []string{"name"}}, func(t *testing.T, s *shop) {
		v := s.atHome(t)
		if slices.Contains(v.rows(), "Email address") || slices.Contains(v.rows(), "Phone number") {
			t.Errorf("the page shows %q", v.rows())
		}
		v.visit(s.own(t, "/email")).expect("account")
		v.visit(s.own(t, "/details")).submit("name", "Ana", "nickname", "A", "email", "a@b.example").expect("account")
		if s.attribute(t, "name") != "Ana" || s.attribute(t, "nickname") != "" || s.attribute(t, "email") != "" {
			t.Error("the form has written what the app may not")
		}
	})
}

func TestFormsAreOfTheirBrowserAndAccount(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		s.User(t, s.pool, "bob")
		v := s.atHome(t).visit(s.own(t, "/details"))
		action := v.address.String()
		form := url.Values{"account": {v.shown("input", "value", "name", "account")}, "name": {"Mallory"}}
		v.send(http.MethodPost, action, form)
		form.Set("_csrf", s.atHome(t).visit(s.own(t, "/details")).shown("input", "value", "name", "_csrf"))
		v.send(http.MethodPost, action, form)
		if s.attribute(t, "name") != "" {
			t.Error("a form without the browser's token has changed the account")
		}

		page := s.atHome(t)
		v = s.visitor(t)
		v.jar = page.jar
		v.visit(s.own(t, "/details"))
		page.visit(s.authorize(t, "prompt", "login")).submit("username", "bob", "password", servertest.Password)
		v.submit("name", "Ana").expect("details")
		of := M{"UserPoolId": s.pool, "Username": "bob"}
		if strings.Contains(s.Must(t, "AdminGetUser", of)["Username"].(string)+s.attribute(t, "name"), "Ana") || v.said() == "" {
			t.Errorf("the form of one account was taken for another: %q", v.said())
		}
		if strings.Contains(fmt.Sprint(s.Must(t, "AdminGetUser", of)), "Ana") {
			t.Error("bob has ana's name")
		}
	})
}

func TestEndedSessionsChangeNothing(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, M{"LogoutURLs": []string{bye}}, func(t *testing.T, s *shop) {
		v := s.atHome(t)
		name, value := v.cookie("sso")
		form := v.visit(s.own(t, "/details"))
		s.visitor(t).plant(name, value).visit(s.logOut(t))
		form.submit("name", "Ana").expect("sign-in")
		if s.attribute(t, "name") != "" {
			t.Error("an ended session has changed the account")
		}
		v = s.atHome(t).visit(s.own(t, "/details"))
		s.Must(t, "AdminDisableUser", M{"UserPoolId": s.pool, "Username": "ana"})
		v.submit("name", "Ana").expect("sign-in")
	})
}

func TestUsersSignOut(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.atHome(t)
		name, value := v.cookie("sso")
		v.press("sign-out", "").expect("signed-out")
		if s.visitor(t).plant(name, value).reuses(s.authorize(t)) {
			t.Error("the session goes on")
		}

		phone := s.signedIn(t, "ana")
		tokens := s.redeem(t, phone.visit(s.authorize(t)).code())
		api := s.SignIn(t, s.client, "ana")
		v = s.atHome(t).visit(s.own(t, "/sessions")).expect("sessions")
		if rows := v.rows(); len(rows) != 4 {
			t.Errorf("the page lists %q, want two browsers, an app and the way to end all", rows)
		}
		v.press("end", "").expect("sessions")
		v.press("end", "").expect("sessions")
		if rows := v.rows(); len(rows) != 2 {
			t.Errorf("the page lists %q after two were ended", rows)
		}
		refresh := url.Values{"grant_type": {"refresh_token"}, "client_id": {s.client}, "refresh_token": {tokens["refresh_token"].(string)}}
		if phone.reuses(s.authorize(t)) || s.Do(t, form(s.Endpoint(t, s.pool, "/oauth2/token"), refresh)).Status != http.StatusBadRequest {
			t.Error("the browser that was signed out goes on")
		}
		s.Fails(t, "GetUser", M{"AccessToken": api["AccessToken"]}, "NotAuthorizedException", "")

		phone, api = s.signedIn(t, "ana"), s.SignIn(t, s.client, "ana")
		v.visit(s.own(t, "/sessions")).press("everywhere", "").expect("signed-out")
		if phone.reuses(s.authorize(t)) || v.reuses(s.authorize(t)) {
			t.Error("a browser is signed in")
		}
		s.Fails(t, "GetUser", M{"AccessToken": api["AccessToken"]}, "NotAuthorizedException", "")
	})
}

func TestUsersSetUpASecondStep(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		s.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": s.pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		v := s.atHome(t).visit(s.own(t, "/second-step")).expect("second-steps").press("set-up", "").expect("authenticator")
		key := strings.ReplaceAll(v.elements("code")[0][""], " ", "")
		if v.submit("code", "000000").expect("authenticator"); v.said() != "This code is not right. Check it and try again." {
			t.Errorf("said %q", v.said())
		}
		if again := strings.ReplaceAll(v.elements("code")[0][""], " ", ""); again != key {
			t.Error("a wrong code has changed the key")
		}
		// The session has proven the new step: its user need not sign in again.
		if v.submit("code", s.SoftwareCode(t, key)).expect("second-steps").notice() != "Your second step was changed." {
			t.Errorf("said %q", v.notice())
		}
		if !v.reuses(s.authorize(t)) {
			t.Error("single sign-on does not know of the proof")
		}
		s.visitor(t).visit(s.own(t, "")).submit("username", "ana", "password", servertest.Password).expect("code")

		s.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": s.pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		v.visit(s.own(t, "/second-step")).press("turn-off", "").expect("second-steps")
		if v.said() != "A second step is needed here. Turn on another one first." {
			t.Errorf("said %q", v.said())
		}
		s.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": s.pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		v.visit(s.own(t, "/second-step")).press("turn-off", "").expect("second-steps")
		s.visitor(t).visit(s.own(t, "")).submit("username", "ana", "password", servertest.Password).expect("account")
	})
}

func TestSessionsOfThePagesAreListedAndRevoked(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		s.Must(t, "SetUserPoolSessionConfiguration", M{"UserPoolId": s.pool, "UserSessionTracking": "ENABLED", "TokenSession": M{"MaxPerUser": 20}})
		of := M{"UserPoolId": s.pool, "Username": "ana"}
		list := func() (kinds []string, sso M) {
			for _, one := range servertest.At(s.Must(t, "AdminListUserSessions", of), "Sessions").([]any) {
				kinds = append(kinds, one.(M)["SessionType"].(string))
				if one.(M)["SessionType"] == "SSO" {
					sso = one.(M)
				}
			}
			return kinds, sso
		}
		v := s.signedIn(t, "ana")
		s.Advance(time.Second)
		tokens := s.redeem(t, v.visit(s.authorize(t)).code())
		kinds, sso := list()
		if slices.Sort(kinds); !slices.Equal(kinds, []string{"SSO", "TOKEN"}) || !strings.HasPrefix(sso["SessionId"].(string), "sso") || sso["ClientId"] != nil {
			t.Fatalf("got %v with %v", kinds, sso)
		}
		for _, one := range servertest.At(s.Must(t, "AdminListUserSessions", of), "Sessions").([]any) {
			if one.(M)["SessionType"] == "TOKEN" && one.(M)["OriginSessionId"] != sso["SessionId"] {
				t.Errorf("the tokens came from %v", one)
			}
		}
		s.User(t, s.pool, "bob")
		name := servertest.With(of, M{"SessionId": sso["SessionId"]})
		s.Fails(t, "AdminRevokeUserSession", servertest.With(name, M{"Username": "bob"}), "ResourceNotFoundException", "")
		s.Must(t, "AdminRevokeUserSession", name)
		s.Fails(t, "AdminRevokeUserSession", name, "ResourceNotFoundException", "")
		refresh := url.Values{"grant_type": {"refresh_token"}, "client_id": {s.client}, "refresh_token": {tokens["refresh_token"].(string)}}
		if v.reuses(s.authorize(t)) || s.Do(t, form(s.Endpoint(t, s.pool, "/oauth2/token"), refresh)).Status != http.StatusOK {
			t.Error("the session goes on, or its tokens do not")
		}
		v = s.signedIn(t, "ana")
		tokens = s.redeem(t, v.visit(s.authorize(t)).code())
		_, sso = list()
		s.Must(t, "AdminRevokeUserSession", servertest.With(of, M{"SessionId": sso["SessionId"], "RevokeAssociatedSessions": "LINKED"}))
		refresh.Set("refresh_token", tokens["refresh_token"].(string))
		if v.reuses(s.authorize(t)) || s.Do(t, form(s.Endpoint(t, s.pool, "/oauth2/token"), refresh)).Status != http.StatusBadRequest {
			t.Error("what was linked goes on")
		}
	})
}

func TestAnotherLoginVersionEndsTheDomainsSessions(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.signedIn(t, "ana")
		domain := servertest.Text(s.Must(t, "DescribeUserPool", M{"UserPoolId": s.pool}), "UserPool.Domain")
		change := func(version int) {
			s.Must(t, "UpdateUserPoolDomain", M{"UserPoolId": s.pool, "Domain": domain, "ManagedLoginVersion": version})
		}
		if change(1); !v.reuses(s.authorize(t)) {
			t.Error("the same version has ended the session")
		}
		if change(2); v.reuses(s.authorize(t)) {
			t.Error("the session goes on at another version")
		}
	})
}

func TestOnlyPagesActWithoutAToken(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		s.atHome(t)
		for _, token := range []string{"page", "x"} {
			s.Fails(t, "GetUser", M{"AccessToken": token}, "NotAuthorizedException", "")
			s.Fails(t, "ChangePassword", M{"AccessToken": token, "PreviousPassword": servertest.Password, "ProposedPassword": "Another-horse-2"}, "NotAuthorizedException", "")
		}
		for operation, in := range map[string]M{"AssociateSoftwareToken": {}, "ListDevices": {}, "GetUser": {"AccessToken": ""}} {
			s.Fails(t, operation, in, "InvalidParameterException", "")
		}
	})
}
