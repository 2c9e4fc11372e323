package login_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

const (
	incorrect  = "The name or the password is not right."
	startAgain = "This took too long, or was finished in another window. Please start again."
)

// choosing are the settings of a pool, and a client of it, where users choose how they sign in.
var (
	choosing       = M{"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}}}
	choosingClient = M{"ExplicitAuthFlows": []string{"ALLOW_USER_AUTH"}}
)

func TestAPasswordSignsIn(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.authorize(t, "nonce", "n1")).expect("sign-in")
		if v.submit("username", "ana", "password", "wrong").expect("sign-in").said() != incorrect {
			t.Errorf("a wrong password: %q", v.said())
		}
		if got := v.elements("input"); !strings.Contains(v.body, `value="ana"`) || strings.Contains(v.body, "wrong") {
			t.Errorf("what was typed: %v", got)
		}
		code := v.submit("username", "ana", "password", servertest.Password).code()
		tokens := s.redeem(t, code)
		for _, name := range []string{"id_token", "access_token", "refresh_token"} {
			if tokens[name] == nil {
				t.Errorf("no %s", name)
			}
		}
		if v.header.Get("Referrer-Policy") != "no-referrer" || v.header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers of the way back: %v", v.header)
		}
		unknown := s.visitor(t).visit(s.authorize(t)).submit("username", "nobody", "password", "wrong")
		if unknown.said() != incorrect {
			t.Errorf("an unknown user: %q", unknown.said())
		}
	})
}

func TestEmptyAnswersAreAskedForAgain(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.authorize(t))
		for _, typed := range [][]string{{"username", " ", "password", "x"}, {"username", "ana"}} {
			if v.submit(typed...).expect("sign-in").said() != "Enter your answer here." {
				t.Errorf("%v: %q", typed, v.said())
			}
		}
	})
}

func TestACodeByMailSignsIn(t *testing.T) {
	t.Parallel()
	eachShop(t, choosing, choosingClient, func(t *testing.T, s *shop) {
		s.Must(t, "AdminUpdateUserAttributes", M{"UserPoolId": s.pool, "Username": "ana", "UserAttributes": servertest.Attributes(
			"email", "ana@example.org", "email_verified", "true")})
		v := s.visitor(t).visit(s.authorize(t)).expect("sign-in")
		v.submit("username", "ana").expect("choose")
		v.submit("answer", "EMAIL_OTP").expect("code")
		if !strings.Contains(v.body, "a***@e***") {
			t.Errorf("the page does not say where the code went: %s", v.body)
		}
		if v.submit("code", "00000000").expect("code").said() != "This code is not right. Check it and try again." {
			t.Errorf("a wrong code: %q", v.said())
		}
		first := s.Code(t, "ana@example.org")
		v.submit("resend", "yes").expect("code")
		second := s.Code(t, "ana@example.org")
		if first == second || len(s.Inbox("ana@example.org")) != 2 {
			t.Errorf("codes %s and %s, %d mails", first, second, len(s.Inbox("ana@example.org")))
		}
		s.redeem(t, v.submit("code", " "+second[:4]+" "+second[4:]).code())

		// The password can be chosen instead, and an unknown user is offered the same.
		s.redeem(t, s.visitor(t).visit(s.authorize(t)).submit("username", "ana").submit("answer", "PASSWORD").expect("password").submit("password", servertest.Password).code())
		unknown := s.visitor(t).visit(s.authorize(t)).submit("username", "nobody").expect("choose")
		if unknown.submit("answer", "PASSWORD").expect("password").submit("password", "wrong").expect("password").said() != incorrect {
			t.Errorf("an unknown user: %q", unknown.said())
		}
	})
}

func TestASecondFactorIsAskedFor(t *testing.T) {
	t.Parallel()
	eachShop(t, M{"MfaConfiguration": "OFF"}, nil, func(t *testing.T, s *shop) {
		s.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": s.pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		v := s.visitor(t).visit(s.authorize(t)).submit("username", "ana", "password", servertest.Password).expect("set-up")
		v.submit("answer", "SOFTWARE_TOKEN_MFA").expect("authenticator")
		if len(v.elements("img")) != 1 || !strings.HasPrefix(v.elements("img")[0]["src"], "data:image/png;base64,") {
			t.Errorf("no picture: %v", v.elements("img"))
		}
		secret := strings.ReplaceAll(v.elements("code")[0][""], " ", "")
		v.submit("code", "000000").expect("authenticator")
		v.visit(v.address.String()).expect("authenticator")
		if again := strings.ReplaceAll(v.elements("code")[0][""], " ", ""); again != secret {
			t.Error("the key changed when the page was opened again")
		}
		s.redeem(t, v.submit("code", s.SoftwareCode(t, secret)).code())

		s.Advance(time.Minute)
		v = s.visitor(t).visit(s.authorize(t)).submit("username", "ana", "password", servertest.Password).expect("code")
		if v.submit("code", "000000").expect("code").said() == "" {
			t.Error("a wrong code is right")
		}
		s.redeem(t, v.submit("code", s.SoftwareCode(t, secret)).code())
	})
}

func TestATemporaryPasswordIsReplaced(t *testing.T) {
	t.Parallel()
	pool := M{"Schema": []M{{"Name": "given_name", "AttributeDataType": "String", "Required": true, "Mutable": true}}}
	eachShop(t, pool, nil, func(t *testing.T, s *shop) {
		s.Must(t, "AdminCreateUser", M{"UserPoolId": s.pool, "Username": "bob", "TemporaryPassword": servertest.Password, "MessageAction": "SUPPRESS"})
		v := s.visitor(t).visit(s.authorize(t)).submit("username", "bob", "password", servertest.Password).expect("new-password")
		if v.submit("password", "weak", "userAttributes.given_name", "Bob").expect("new-password").said() != "The password does not meet all rules." {
			t.Errorf("a weak password: %q", v.said())
		}
		if !strings.Contains(v.body, `value="Bob"`) || strings.Contains(v.body, `value="weak"`) {
			t.Error("what was typed is lost, or the password is shown")
		}
		s.redeem(t, v.submit("password", "Bobs-new-password-1", "userAttributes.given_name", "Bob").code())
	})
}

func TestAnInteractionBelongsToItsBrowserAndRequest(t *testing.T) {
	t.Parallel()
	eachShop(t, choosing, choosingClient, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.authorize(t)).submit("username", "ana").expect("password")
		address := v.address.String()

		// Another browser that opens the page's address begins anew, and another request in the same browser, too.
		s.visitor(t).visit(address).expect("sign-in")
		other := strings.Replace(address, "state=a", "state=b", 1)
		if other == address {
			t.Fatal("the state is not in the address")
		}
		v.visit(other).expect("sign-in")
		v.visit(address).expect("password")

		// The answer to another page than that the visitor has come to is not taken.
		ahead := url.Values{"code": {"123456"}, "_csrf": {v.hidden("_csrf")}}
		if v.send(http.MethodPost, strings.Replace(address, "/login/password", "/mfa", 1), ahead).expect("sign-in").said() != startAgain {
			t.Errorf("another page: %q", v.said())
		}
		v.submit("username", "ana").expect("password")

		// A form without its token, or with that of another browser, is not taken.
		form := url.Values{"password": {servertest.Password}}
		if v.send(http.MethodPost, address, form).expect("sign-in").said() != startAgain {
			t.Errorf("a form without a token: %q", v.said())
		}
		elsewhere := s.visitor(t).visit(s.authorize(t))
		form.Set("_csrf", elsewhere.hidden("_csrf"))
		form.Set("username", "ana")
		if v.send(http.MethodPost, address, form).expect("sign-in").said() != startAgain {
			t.Errorf("another browser's token: %q", v.said())
		}
	})
}

// hidden is the value of a hidden field of the page.
func (v *visitor) hidden(name string) string {
	v.t.Helper()
	for _, input := range v.elements("input") {
		if input["name"] == name {
			return input["value"]
		}
	}
	return ""
}

func TestRequestsThatNoClientMayMakeAreNotShownALogin(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		login := strings.Replace(s.authorize(t), "/oauth2/authorize", "/login", 1)
		for name, address := range map[string]string{
			"unregistered address": strings.Replace(login, url.QueryEscape(callback), url.QueryEscape("https://evil.example.com/"), 1),
			"unknown client":       strings.Replace(login, s.client, strings.Repeat("a", 26), 1),
			"no parameters":        s.Endpoint(t, s.pool, "/login"),
			"malformed query":      s.Endpoint(t, s.pool, "/login") + "?%zz",
		} {
			v := s.visitor(t).visit(address)
			if v.page == nil || v.status != http.StatusBadRequest || v.at() != "error" || len(v.elements("form")) > 0 {
				t.Errorf("%s: %d at %s", name, v.status, v.address)
			}
		}
		back := s.visitor(t).visit(strings.Replace(login, "response_type=code", "response_type=nonsense", 1))
		if back.page != nil || back.address.Query().Get("error") == "" {
			t.Errorf("a request with a mistake ends at %s", back.address)
		}
	})
}

func TestPagesWriteNothingUntilTheyAreAnswered(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		address := s.authorize(t)
		before := dbtest.Rows(t, s.DB)
		s.visitor(t).visit(address).expect("sign-in").visit(strings.Replace(address, "/oauth2/authorize", "/mfa", 1))
		if diff := cmp.Diff(before, dbtest.Rows(t, s.DB)); diff != "" {
			t.Errorf("opening pages has changed the database:\n%s", diff)
		}
	})
}

func TestPagesNeedNoPermitForPasswords(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, M{"ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH"}, "GenerateSecret": true}, func(t *testing.T, s *shop) {
		s.visitor(t).visit(s.authorize(t)).submit("username", "ana", "password", servertest.Password).code()
	})
}

func TestTriggersAreAskedAtThePages(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		s := newShop(t, w, servertest.Triggers("PreAuthentication", "PostAuthentication", "PreTokenGeneration"), nil)
		w.User(t, s.pool, "ana")
		v := s.visitor(t).visit(s.authorize(t))
		f.Script(triggertest.Answer{Raise: "come back <later>"})
		if said := v.submit("username", "ana", "password", servertest.Password).expect("sign-in").said(); said != "come back <later>" {
			t.Errorf("a refusal: %q", said)
		}
		f.Script(triggertest.Answer{})
		begun := len(f.Calls())
		s.redeem(t, v.submit("username", "ana", "password", servertest.Password).code())
		var asked []string
		for _, call := range f.Calls()[begun:] {
			asked = append(asked, call.Source())
		}
		want := []string{"PreAuthentication_Authentication", "PostAuthentication_Authentication", "TokenGeneration_HostedAuth"}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
	})
}

func TestCookiesStayWithTheSite(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://localhost:9229", "https://localhost:9229"} {
		secure := strings.HasPrefix(address, "https:")
		w := servertest.New(t, dbtest.SQLite(t), func(c *server.Config) { c.PublicURL = address })
		w.URL = address
		s := newShop(t, w, choosing, choosingClient)
		w.User(t, s.pool, "ana")
		v := s.visitor(t).visit(s.authorize(t, "lang", "de")).submit("username", "ana").expect("password")
		if len(v.set) < 3 {
			t.Errorf("%d cookies, want those of the browser, the interaction and the language", len(v.set))
		}
		for _, c := range v.set {
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure != secure ||
				strings.HasPrefix(c.Name, "__Host-") != secure {
				t.Errorf("on %s: %s", address, c)
			}
		}
	}
}

func TestABrowserHasFewInteractions(t *testing.T) {
	t.Parallel()
	eachShop(t, choosing, choosingClient, func(t *testing.T, s *shop) {
		v := s.visitor(t)
		var addresses []string
		for _, state := range []string{"1", "2", "3", "4"} {
			v.visit(s.authorize(t, "state", state)).submit("username", "ana").expect("password")
			addresses = append(addresses, v.address.String())
		}
		v.visit(addresses[0]).expect("sign-in")
		for _, address := range addresses[1:] {
			v.visit(address).expect("password")
		}
	})
}

func TestFormsAreBoundedText(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		for what, typed := range map[string][2]string{
			"too much": {"ana", strings.Repeat("x", 64<<10)}, "a zero byte": {"a\x00na", "x"}, "no UTF-8": {"ana", "\xff"},
		} {
			v := s.visitor(t).visit(s.authorize(t))
			if v.submit("username", typed[0], "password", typed[1]).expect("error"); v.status != http.StatusBadRequest {
				t.Errorf("%s: status %d", what, v.status)
			}
		}
	})
}
