package login_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/server/servertest"
)

const taken = "There already is an account with this name."

var byMail = M{"AutoVerifiedAttributes": []string{"email"}}

// eachOpenShop is eachShop with a pool that confirms sign-ups by mail.
func eachOpenShop(t *testing.T, pool, client M, body func(t *testing.T, s *shop)) {
	t.Helper()
	eachShop(t, servertest.With(byMail, pool), client, body)
}

func TestAnAccountIsMadeAndConfirmed(t *testing.T) {
	t.Parallel()
	eachOpenShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.authorize(t)).link("Create an account").expect("sign-up")
		if v.submit("username", "eva").expect("sign-up").said() != missing+" "+missing {
			t.Errorf("no address and no password: %q", v.said())
		}
		if v.submit("username", "eva", "email", "eva", "password", servertest.Password).expect("sign-up").said() != "Enter an email address, such as ana@example.com." {
			t.Errorf("no address: %q", v.said())
		}
		if v.submit("username", "eva", "email", "eva@example.org", "password", "weak").expect("sign-up").said() != "The password does not meet all rules." {
			t.Errorf("a weak password: %q", v.said())
		}
		if v.value("username") != "eva" || v.value("email") != "eva@example.org" || strings.Contains(v.body, `"weak"`) {
			t.Error("what was typed is lost, or the password is shown")
		}
		if v.submit("username", "ana", "email", "eva@example.org", "password", servertest.Password).expect("sign-up").said() != taken {
			t.Errorf("a taken name: %q", v.said())
		}

		signUp := v.address.String()
		v.submit("username", "eva", "email", "eva@example.org", "password", servertest.Password).expect("confirm")
		if !strings.Contains(v.body, "e***@e***") {
			t.Error("the page does not say where the code went")
		}
		if v.submit("code", "000000").expect("confirm").said() != codeWrong {
			t.Errorf("a wrong code: %q", v.said())
		}
		v.visit(v.address.String()).expect("confirm")
		v.visit(signUp).expect("sign-up").submit("username", "eva", "email", "eva@example.org", "password", servertest.Password).expect("confirm")

		first := s.Code(t, "eva@example.org")
		if v.again().expect("confirm").noticed() != "We sent a new code." {
			t.Errorf("another code: %q", v.noticed())
		}
		if v.submit("code", first).expect("confirm").said() != codeWrong {
			t.Errorf("the first code: %q", v.said())
		}
		v.submit("code", s.Code(t, "eva@example.org")).expect("sign-in")
		if v.noticed() != "Your account is confirmed. You can sign in now." || v.value("username") != "eva" {
			t.Errorf("afterwards: %q, the name is %q", v.noticed(), v.value("username"))
		}
		s.redeem(t, v.submit("username", "eva", "password", servertest.Password).code())
	})
}

// again presses the button of the page's second form.
func (v *visitor) again() *visitor {
	v.t.Helper()
	var action, name string
	for _, form := range v.elements("form") {
		action = form["action"]
	}
	for _, button := range v.elements("button") {
		if strings.Contains(button["class"], "quiet") {
			name = button["name"]
		}
	}
	form := url.Values{name: {"yes"}}
	form.Set("_csrf", v.value("_csrf"))
	return v.send(http.MethodPost, action, form)
}

func TestCodesOfSignUpsAreLimitedAsByTheAPI(t *testing.T) {
	t.Parallel()
	eachOpenShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.page(t, "/signup")).submit("username", "eva", "email", "eva@example.org", "password", servertest.Password).expect("confirm")
		for range 5 {
			v.again().expect("confirm")
		}
		if v.again().expect("confirm").said() != askedOften {
			t.Errorf("the sixth code: %q", v.said())
		}
		v.submit("code", "000000").expect("confirm") // the form still confirms
		if v.said() != codeWrong {
			t.Errorf("a wrong code: %q", v.said())
		}
		for range 14 {
			s.Fails(t, "ConfirmSignUp", M{"ClientId": s.client, "Username": "eva", "ConfirmationCode": "000000"}, "CodeMismatchException", "")
		}
		if v.submit("code", s.Code(t, "eva@example.org")).expect("confirm").said() != askedOften {
			t.Errorf("the 16th try: %q", v.said())
		}
	})
}

func TestSomebodyWhoIsNotConfirmedGetsACode(t *testing.T) {
	t.Parallel()
	eachOpenShop(t, nil, nil, func(t *testing.T, s *shop) {
		s.Must(t, "SignUp", M{"ClientId": s.client, "Username": "eva", "Password": servertest.Password, "UserAttributes": servertest.Attributes("email", "eva@example.org")})
		v := s.visitor(t).visit(s.authorize(t)).submit("username", "eva", "password", servertest.Password).expect("confirm")
		v.visit(v.address.String()).expect("confirm")
		if n := len(s.Inbox("eva@example.org")); n != 2 {
			t.Errorf("%d mails, want one of the sign-up and one of the sign-in", n)
		}
		for range 4 {
			s.Must(t, "ResendConfirmationCode", M{"ClientId": s.client, "Username": "eva"})
		}
		if v.visit(s.authorize(t)).submit("username", "eva", "password", servertest.Password).expect("confirm").said() != askedOften {
			t.Errorf("the sixth code: %q", v.said())
		}
		v.submit("code", s.Code(t, "eva@example.org")).expect("sign-in")
	})
}

func TestAnAddressIsTheNameOfAnAccount(t *testing.T) {
	t.Parallel()
	pool := M{"UsernameAttributes": []string{"email"}, "Schema": []M{
		{"Name": "email", "AttributeDataType": "String", "Required": true, "Mutable": true},
		{"Name": "given_name", "AttributeDataType": "String", "Required": true, "Mutable": true},
	}}
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		s := newShop(t, w, servertest.With(byMail, pool), nil)
		v := s.visitor(t).visit(s.page(t, "/signup")).expect("sign-up")
		if got := v.value("email"); got != "no field email" {
			t.Error("the address is asked for twice")
		}
		typed := []string{"username", "eva", "given_name", "Eva", "password", servertest.Password}
		if v.submit(typed...).expect("sign-up").said() != "Enter an email address, such as ana@example.com." {
			t.Errorf("no address: %q", v.said())
		}
		typed[1] = " eva@example.org "
		v.submit(typed...).expect("confirm").submit("code", s.Code(t, "eva@example.org")).expect("sign-in")
		s.redeem(t, v.submit("username", "eva@example.org", "password", servertest.Password).code())

		v = s.visitor(t).visit(s.page(t, "/signup"))
		typed[1] = "eva@example.org"
		if v.submit(typed...).expect("sign-up").said() != taken {
			t.Errorf("a taken address: %q", v.said())
		}
		user := s.Must(t, "AdminGetUser", M{"UserPoolId": s.pool, "Username": "eva@example.org"})
		if !strings.Contains(fmt.Sprint(user["UserAttributes"]), "Name:given_name Value:Eva") {
			t.Errorf("attributes: %v", user)
		}
	})
}

func TestAPhoneNumberMayBeTypedInGroups(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		s := newShop(t, w, M{
			"UsernameAttributes": []string{"phone_number"}, "AutoVerifiedAttributes": []string{"phone_number"},
			"SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"},
		}, nil)
		v := s.visitor(t).visit(s.page(t, "/signup")).submit("username", "+1 (555) 123-4567", "password", servertest.Password).expect("confirm")
		v.submit("code", s.Code(t, "+15551234567")).expect("sign-in")
		s.redeem(t, v.submit("username", "+1 555 123 4567", "password", servertest.Password).code())
	})
}

func TestSignUpGoesOnToSignIn(t *testing.T) {
	t.Parallel()
	pool := M{"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", "EMAIL_OTP"}}}}
	client := M{"ExplicitAuthFlows": []string{"ALLOW_USER_AUTH"}}
	eachOpenShop(t, pool, client, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.page(t, "/signup")).submit("username", "eva", "email", "eva@example.org", "password", servertest.Password).expect("confirm")
		confirm := v.address.String()
		form := url.Values{"_csrf": {v.value("_csrf")}, "code": {s.Code(t, "eva@example.org")}}
		s.redeem(t, v.send(http.MethodPost, confirm, form).code())
		if v.send(http.MethodPost, confirm, form).expect("reuse").said() != startAgain {
			t.Errorf("posted twice: %q", v.said())
		}
		s.redeem(t, v.submit().code())
		s.redeem(t, s.visitor(t).visit(s.authorize(t)).submit("username", "eva").submit("answer", "PASSWORD").submit("password", servertest.Password).code())
	})
}

func TestAppsWithSecretsHaveTheSamePages(t *testing.T) {
	t.Parallel()
	eachOpenShop(t, nil, M{"GenerateSecret": true}, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.page(t, "/signup")).submit("username", "eva", "email", "eva@example.org", "password", servertest.Password).expect("confirm")
		v.again().expect("confirm").submit("code", s.Code(t, "eva@example.org")).expect("sign-in")
		v.link("Forgot your password?").submit("username", "eva").expect("reset").submit("code", s.Code(t, "eva@example.org"), "password", fresh).expect("sign-in")
		if v.submit("username", "eva", "password", fresh).code() == "" {
			t.Error("no code")
		}
		s.Fails(t, "ForgotPassword", M{"ClientId": s.client, "Username": "eva"}, "NotAuthorizedException", "")
		s.Fails(t, "SignUp", M{"ClientId": s.client, "Username": "una", "Password": fresh}, "NotAuthorizedException", "")
	})
}

func TestPoolsOfAdministratorsHaveNoSignUp(t *testing.T) {
	t.Parallel()
	eachOpenShop(t, M{"AdminCreateUserConfig": M{"AllowAdminCreateUserOnly": true}}, nil, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.page(t, "/signup")).expect("sign-in")
		if strings.Contains(v.body, "Create an account") || strings.Contains(v.body, "/signup") {
			t.Error("the page offers an account")
		}
		form := url.Values{"_csrf": {v.value("_csrf")}, "username": {"eva"}, "email": {"eva@example.org"}, "password": {servertest.Password}}
		v.send(http.MethodPost, s.page(t, "/signup"), form).expect("sign-in")
		s.Fails(t, "AdminGetUser", M{"UserPoolId": s.pool, "Username": "eva"}, "UserNotFoundException", "")
	})
}

func TestAnAccountThatNoCodeConfirmsWaits(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.page(t, "/signup")).submit("username", "eva", "password", servertest.Password).expect("sign-in")
		if v.said() != cannot {
			t.Errorf("after the sign-up: %q", v.said())
		}
		if v.submit("username", "eva", "password", servertest.Password).expect("sign-in").said() != cannot {
			t.Errorf("at the sign-in: %q", v.said())
		}
		s.Must(t, "AdminConfirmSignUp", M{"UserPoolId": s.pool, "Username": "eva"})
		s.redeem(t, v.submit("username", "eva", "password", servertest.Password).code())
	})
}

func TestNamesAreCheckedAsByTheAPI(t *testing.T) {
	t.Parallel()
	eachOpenShop(t, nil, nil, func(t *testing.T, s *shop) {
		for name, username := range map[string]string{"space": "eva maria", "long": strings.Repeat("e", 129), "control": "e\x01va"} {
			v := s.visitor(t).visit(s.page(t, "/signup"))
			if v.submit("username", username, "email", "eva@example.org", "password", servertest.Password).expect("sign-up").said() == "" {
				t.Errorf("%s: no error", name)
			}
			s.Fails(t, "SignUp", M{"ClientId": s.client, "Username": username, "Password": servertest.Password}, "InvalidParameterException", "")
		}
		if len(s.Inbox("eva@example.org")) > 0 {
			t.Error("somebody got a code")
		}
	})
}

func TestWhatIsTypedAtASignUpStaysText(t *testing.T) {
	t.Parallel()
	eachOpenShop(t, nil, nil, func(t *testing.T, s *shop) {
		const hostile = `"><script>alert(1)</script>`
		v := s.visitor(t).visit(s.page(t, "/signup")).submit("username", hostile, "email", hostile, "password", "weak").expect("sign-up")
		if v.value("username") != hostile || v.value("email") != hostile || len(v.elements("script")) != 1 {
			t.Errorf("%d scripts, the name is %q", len(v.elements("script")), v.value("username"))
		}
		v.visit(s.page(t, "/forgotPassword")).submit("username", hostile).expect("reset")
		if len(v.elements("script")) != 1 || v.elements("bdi")[1][""] != hostile {
			t.Errorf("%d scripts, the account is %v", len(v.elements("script")), v.elements("bdi"))
		}
	})
}

func TestWhoIsConfirmedAtOnceSignsIn(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		s := newShop(t, w, servertest.With(byMail, servertest.Triggers("PreSignUp")), nil)
		f.Script(triggertest.Answer{Response: M{"autoConfirmUser": true}})
		v := s.visitor(t).visit(s.page(t, "/signup")).submit("username", "eva", "email", "eva@example.org", "password", servertest.Password).expect("sign-in")
		if v.noticed() != "Your account is confirmed. You can sign in now." || v.value("username") != "eva" {
			t.Errorf("%q, the name is %q", v.noticed(), v.value("username"))
		}
		s.redeem(t, v.submit("username", "eva", "password", servertest.Password).code())
	})
}

func TestFunctionsSpeakOnThePages(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		s := newShop(t, w, servertest.With(byMail, servertest.Triggers("PreSignUp", "PostConfirmation", "CustomMessage")), nil)
		typed := []string{"username", "eva", "email", "eva@example.org", "password", servertest.Password}
		raises := func(source, text string) {
			f.Handle(func(call triggertest.Invocation) triggertest.Answer {
				switch {
				case strings.HasPrefix(call.Source(), source):
					return triggertest.Answer{Raise: text}
				case source == "PostConfirmation_ConfirmSignUp" && call.Source() == "PreSignUp_SignUp" && call.UserName() == "una":
					return triggertest.Answer{Response: M{"autoConfirmUser": true}}
				}
				return triggertest.Answer{}
			})
		}
		for _, source := range []string{"PreSignUp", "CustomMessage_SignUp"} {
			raises(source, "only on Tuesdays <b>")
			v := s.visitor(t).visit(s.page(t, "/signup")).submit(typed...).expect("sign-up")
			if !strings.Contains(v.said(), "only on Tuesdays <b>") || v.value("email") != "eva@example.org" {
				t.Errorf("%s: %q", source, v.said())
			}
		}

		raises("PostConfirmation_ConfirmSignUp", "no seats <b>")
		v := s.visitor(t).visit(s.page(t, "/signup")).submit(typed...).expect("confirm")
		v.submit("code", s.Code(t, "eva@example.org")).expect("confirm-link-done")
		if !strings.Contains(v.said(), "no seats <b>") {
			t.Errorf("PostConfirmation: %q", v.said())
		}
		s.redeem(t, v.link("Sign in").submit("username", "eva", "password", servertest.Password).code())

		una := s.visitor(t).visit(s.page(t, "/signup")).submit("username", "una", "email", "una@example.org", "password", servertest.Password)
		if !strings.Contains(una.expect("confirm-link-done").said(), "no seats <b>") {
			t.Errorf("PostConfirmation of somebody confirmed at once: %q", una.said())
		}

		raises("PostConfirmation_ConfirmForgotPassword", "no seats <b>")
		v = s.visitor(t).visit(s.page(t, "/forgotPassword")).submit("username", "eva").expect("reset")
		v.submit("code", s.Code(t, "eva@example.org"), "password", fresh).expect("reset-done")
		if !strings.Contains(v.said(), "no seats <b>") {
			t.Errorf("PostConfirmation of a new password: %q", v.said())
		}
		s.redeem(t, v.link("Sign in").submit("username", "eva", "password", fresh).code())
	})
}

func TestAHiddenSignUpLeadsToTheSamePage(t *testing.T) {
	t.Parallel()
	pool := M{
		"UsernameAttributes": []string{"email"}, "AutoVerifiedAttributes": []string{"email"}, "UserPoolTags": M{"cardea:signup": "private"},
	}
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		s := newShop(t, w, pool, nil)
		s.User(t, s.pool, "kim1@example.com", "email", "kim1@example.com")
		seen := func(name string) (all []string) {
			v := s.visitor(t).visit(s.page(t, "/signup")).submit("username", name, "password", servertest.Password).expect("confirm")
			all = append(all, v.answer(name))
			v.submit("code", "000000").expect("confirm")
			all = append(all, v.answer(name))
			v.again().expect("confirm")
			return append(all, v.answer(name))
		}
		if diff := cmp.Diff(seen("kim2@example.com"), seen("kim1@example.com")); diff != "" {
			t.Errorf("a user is told from a new one (-new +known):\n%s", diff)
		}
		mails := s.Inbox("kim1@example.com")
		if n := len(mails); n == 0 || !strings.Contains(mails[n-1].Body, "already has an account") {
			t.Errorf("the owner is told nothing: %v", mails)
		}
	})
}
