package login_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cardea/server/servertest"
)

const (
	codeWrong  = "This code is not right. Check it and try again."
	askedOften = "You have asked too often. Please wait a while and try again."
	missing    = "Enter your answer here."
	fresh      = "Another-horse-2"
	cannot     = "This account cannot sign in. Ask whoever runs the app."
)

// noticed is what the page says has been done.
func (v *visitor) noticed() string {
	v.t.Helper()
	for _, p := range v.elements("p") {
		if p["class"] == "notice" {
			return p[""]
		}
	}
	return ""
}

// value is what a field of the page holds.
func (v *visitor) value(name string) string {
	v.t.Helper()
	for _, input := range v.elements("input") {
		if input["name"] == name {
			return input["value"]
		}
	}
	return "no field " + name
}

// link follows the link with a text.
func (v *visitor) link(text string) *visitor {
	v.t.Helper()
	for _, a := range v.elements("a") {
		if a[""] == text {
			return v.visit(a["href"])
		}
	}
	v.t.Fatalf("no link %q at %s", text, v.address)
	return nil
}

// page is the address of a page for the shop's authorization request.
func (s *shop) page(t testing.TB, path string) string {
	t.Helper()
	return strings.Replace(s.authorize(t), "/oauth2/authorize", path, 1)
}

func (s *shop) mail(t *testing.T, name, address string) {
	t.Helper()
	s.Must(t, "AdminUpdateUserAttributes", M{"UserPoolId": s.pool, "Username": name, "UserAttributes": servertest.Attributes(
		"email", address, "email_verified", "true")})
}

func TestAForgottenPasswordIsReplaced(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		s.mail(t, "ana", "ana@example.org")
		v := s.visitor(t).visit(s.authorize(t)).link("Forgot your password?").expect("forgot")
		if v.submit("username", " ").expect("forgot").said() != missing {
			t.Errorf("no name: %q", v.said())
		}
		v.submit("username", "ana").expect("reset")
		if !strings.Contains(v.body, "a***@e***") {
			t.Error("the page does not say where the code went")
		}
		code := s.Code(t, "ana@example.org")
		if v.submit("code", code).expect("reset").said() != missing {
			t.Errorf("no password: %q", v.said())
		}
		if v.submit("code", "000000", "password", fresh).expect("reset").said() != codeWrong {
			t.Errorf("a wrong code: %q", v.said())
		}
		if v.submit("code", code, "password", "weak").expect("reset").said() != "The password does not meet all rules." {
			t.Errorf("a weak password: %q", v.said())
		}
		if v.value("code") != code || strings.Contains(v.body, "weak") {
			t.Errorf("the code is lost (%q), or the password is shown", v.value("code"))
		}
		v.visit(v.address.String()).expect("reset") // it can be opened again

		reset := v.address.String()
		v.submit("code", code[:3]+" "+code[3:], "password", fresh).expect("sign-in")
		if v.noticed() != "Your password was changed. Sign in with the new one." || v.value("username") != "ana" {
			t.Errorf("afterwards: %q, the name is %q", v.noticed(), v.value("username"))
		}
		if v.visit(reset).expect("sign-in").noticed() != "" {
			t.Error("the notice is told twice")
		}
		if v.submit("username", "ana", "password", servertest.Password).said() != incorrect {
			t.Errorf("the old password: %q", v.said())
		}
		s.redeem(t, v.submit("username", "ana", "password", fresh).code())
	})
}

func TestTheCodeOfAForgottenPasswordIsSentAgain(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		s.mail(t, "ana", "ana@example.org")
		v := s.visitor(t).visit(s.page(t, "/forgotPassword")).submit("username", "ana").expect("reset")
		first := s.Code(t, "ana@example.org")
		if v.submit("resend", "yes").expect("reset").noticed() != "We sent a new code." {
			t.Errorf("another code: %q", v.noticed())
		}
		if v.submit("code", first, "password", fresh).said() != codeWrong {
			t.Errorf("the first code: %q", v.said())
		}
		v.submit("code", s.Code(t, "ana@example.org"), "password", fresh).expect("sign-in")
	})
}

func TestThePageForANewPasswordWaitsEightMinutes(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		s.mail(t, "ana", "ana@example.org")
		v := s.visitor(t).visit(s.page(t, "/forgotPassword")).submit("username", "ana").expect("reset")
		code := s.Code(t, "ana@example.org")
		s.Advance(7 * time.Minute)
		v.visit(v.address.String()).expect("reset")
		s.Advance(61 * time.Second)
		if v.submit("code", code, "password", fresh).expect("sign-in").said() != startAgain {
			t.Errorf("after eight minutes: %q", v.said())
		}
	})
}

// seen is what a visitor who has forgotten a password can tell: of each answer the status, the size of the page and of its
// cookies, and what is said.
func (s *shop) seen(t *testing.T, name string) (all [][4]any) {
	t.Helper()
	v := s.visitor(t).visit(s.page(t, "/forgotPassword"))
	look := func() {
		bytes := 0
		for _, c := range v.jar.Cookies(v.address) {
			bytes += len(c.Value)
		}
		all = append(all, [4]any{v.status, len(strings.ReplaceAll(v.body, name, "")), bytes, v.said()})
	}
	v.submit("username", name).expect("reset")
	look()
	v.submit("code", "000000", "password", fresh).expect("reset")
	look()
	v.submit("code", "000000", "password", "weak").expect("reset")
	look()
	v.submit("resend", "yes").expect("reset")
	look()
	return all
}

func TestForgottenPasswordsDoNotTellWhoExists(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		s := newShop(t, w, M{"UsernameAttributes": []string{"email"}}, nil)
		s.User(t, s.pool, "eva@example.org", "email", "eva@example.org", "email_verified", "true")
		s.User(t, s.pool, "dan@example.org", "email", "dan@example.org", "email_verified", "true")
		s.Must(t, "AdminDisableUser", M{"UserPoolId": s.pool, "Username": "dan@example.org"})
		s.User(t, s.pool, "una@example.org")
		known := s.seen(t, "eva@example.org")
		for _, name := range []string{"nil@example.org", "dan@example.org", "una@example.org"} {
			got := s.seen(t, name)
			for i := range known {
				if got[i] != known[i] {
					t.Errorf("%s, answer %d: %v, of a user who can be reached %v", name, i, got[i], known[i])
				}
			}
		}
	})
}

func TestClientsThatDoNotHideUsersTell(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, M{"PreventUserExistenceErrors": "LEGACY"}, func(t *testing.T, s *shop) {
		s.User(t, s.pool, "dan")
		s.Must(t, "AdminDisableUser", M{"UserPoolId": s.pool, "Username": "dan"})
		for name, want := range map[string]string{"nobody": "This name cannot be used.", "dan": cannot, "ana": cannot} {
			if v := s.visitor(t).visit(s.page(t, "/forgotPassword")).submit("username", name).expect("forgot"); v.said() != want || v.value("username") != name {
				t.Errorf("%s: %q, the name is %q", name, v.said(), v.value("username"))
			}
		}
	})
}

func TestResetsAreLimitedAsByTheAPI(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		s.mail(t, "ana", "ana@example.org")
		v := s.visitor(t).visit(s.page(t, "/forgotPassword")).submit("username", "ana").expect("reset")
		for range 19 {
			s.Must(t, "ForgotPassword", M{"ClientId": s.client, "Username": "ana"})
		}
		if v.submit("resend", "yes").expect("reset").said() != askedOften {
			t.Errorf("the 21st code: %q", v.said())
		}
		if v.submit("code", s.Code(t, "ana@example.org"), "password", fresh).expect("reset").said() != askedOften {
			t.Errorf("the 22nd try: %q", v.said())
		}
		s.Fails(t, "ForgotPassword", M{"ClientId": s.client, "Username": "ana"}, "LimitExceededException", "")
	})
}

func TestAPasswordThatMustBeResetLeadsThere(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, M{"PreventUserExistenceErrors": "LEGACY"}, func(t *testing.T, s *shop) {
		s.mail(t, "ana", "ana@example.org")
		s.Must(t, "AdminResetUserPassword", M{"UserPoolId": s.pool, "Username": "ana"})
		v := s.visitor(t).visit(s.authorize(t)).submit("username", "ana", "password", servertest.Password).expect("forgot")
		if v.said() != "Your password has to be reset. Ask for a code below." || v.value("username") != "ana" {
			t.Errorf("%q, the name is %q", v.said(), v.value("username"))
		}
		v.submit("username", "ana").expect("reset").submit("code", s.Code(t, "ana@example.org"), "password", fresh).expect("sign-in")
		s.redeem(t, v.submit("username", "ana", "password", fresh).code())
	})
}

func TestPagesOfAccountsBelongToTheirBrowser(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		s.mail(t, "ana", "ana@example.org")
		v := s.visitor(t).visit(s.page(t, "/forgotPassword")).submit("username", "ana").expect("reset")
		reset := v.address.String()
		s.visitor(t).visit(reset).expect("sign-in")
		s.visitor(t).visit(s.page(t, "/confirm")).expect("sign-in")
		s.visitor(t).visit(s.page(t, "/resendcode")).expect("sign-in")
		form := url.Values{"code": {s.Code(t, "ana@example.org")}, "password": {fresh}}
		if v.send(http.MethodPost, reset, form).expect("sign-in").said() != startAgain {
			t.Errorf("a form without a token: %q", v.said())
		}

		// Another request of the same browser has its own progress.
		v.visit(s.page(t, "/forgotPassword")).submit("username", "ana").expect("reset")
		other := strings.Replace(s.authorize(t, "nonce", "other"), "/oauth2/authorize", "/forgotPassword", 1)
		tab := &visitor{t: t, s: s, jar: v.jar}
		tab.visit(other).submit("username", "nobody").expect("reset")
		v.visit(v.address.String()).expect("reset").submit("code", s.Code(t, "ana@example.org"), "password", fresh).expect("sign-in")
		tab.visit(tab.address.String()).expect("reset")
	})
}
