package login_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/lockout"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
	"cardea/spec/id"
)

func TestPagesOfAccountsWriteNothingUntilTheyAreAnswered(t *testing.T) {
	t.Parallel()
	eachOpenShop(t, nil, nil, func(t *testing.T, s *shop) {
		pages := []string{s.page(t, "/signup"), s.page(t, "/forgotPassword"), s.page(t, "/confirm"), s.page(t, "/resendcode"), s.page(t, "/confirmforgotPassword"), s.page(t, "/error")}
		before := dbtest.Rows(t, s.DB)
		for _, address := range pages {
			s.visitor(t).visit(address)
		}
		if diff := cmp.Diff(before, dbtest.Rows(t, s.DB)); diff != "" {
			t.Errorf("opening pages has changed the database:\n%s", diff)
		}
	})
}

func TestTheBrowsersAddressCountsWhateverTheApp(t *testing.T) {
	t.Parallel()
	eachOpenShop(t, nil, M{"GenerateSecret": true}, func(t *testing.T, s *shop) {
		s.mail(t, "ana", "ana@example.org")
		eva := s.visitor(t).visit(s.page(t, "/signup")).submit("username", "eva", "email", "eva@example.org", "password", servertest.Password).expect("confirm")
		ana := s.visitor(t).visit(s.page(t, "/forgotPassword")).submit("username", "ana").expect("reset")
		browser := httptest.NewRequest(http.MethodGet, "/", nil).RemoteAddr
		err := s.DB.Write(t.Context(), func(tx *db.Tx) error {
			for range 500 {
				source := lockout.Source{Client: id.Client(s.client), Address: strings.TrimSuffix(browser, ":1234")}
				if err := source.Fail(tx, id.Pool(s.pool)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		const locked = "There were too many tries. Please wait a while and try again."
		if eva.submit("code", s.Code(t, "eva@example.org")).expect("confirm").said() != locked {
			t.Errorf("a sign-up: %q", eva.said())
		}
		if ana.submit("code", s.Code(t, "ana@example.org"), "password", fresh).expect("reset").said() != locked {
			t.Errorf("a new password: %q", ana.said())
		}
		if v := s.visitor(t).visit(s.authorize(t)).submit("username", "ana", "password", servertest.Password).expect("sign-in"); v.said() != locked {
			t.Errorf("a sign-in: %q", v.said())
		}
	})
}

func TestTheSignUpPageHasTheTermsOfItsClient(t *testing.T) {
	t.Parallel()
	eachOpenShop(t, nil, nil, func(t *testing.T, s *shop) {
		write := func(name string) {
			s.Must(t, "CreateTerms", M{
				"UserPoolId": s.pool, "ClientId": s.client, "TermsName": name, "TermsSource": "LINK", "Enforcement": "NONE",
				"Links": M{"cognito:default": "https://shop.example.com/" + name, "cognito:german": "https://shop.example.com/de/" + name},
			})
		}
		links := func(lang string) (all []string) {
			for _, a := range s.visitor(t).visit(s.page(t, "/signup") + "&lang=" + lang).expect("sign-up").elements("a") {
				if path, found := strings.CutPrefix(a["href"], "https://shop.example.com/"); found {
					all = append(all, path)
				}
			}
			return all
		}
		write("terms-of-use")
		if got := links("en"); got != nil {
			t.Errorf("links of one document: %v", got)
		}
		write("privacy-policy")
		if diff := cmp.Diff([]string{"terms-of-use", "privacy-policy"}, links("en")); diff != "" {
			t.Errorf("English (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"de/terms-of-use", "de/privacy-policy"}, links("de")); diff != "" {
			t.Errorf("German (-want +got):\n%s", diff)
		}
	})
}

func TestWhereALinkConfirmsNoCodeIsAskedFor(t *testing.T) {
	t.Parallel()
	pool := M{"VerificationMessageTemplate": M{"DefaultEmailOption": "CONFIRM_WITH_LINK"}}
	eachOpenShop(t, pool, nil, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.page(t, "/signup")).submit("username", "eva", "email", "eva@example.org", "password", servertest.Password).expect("confirm-by-link")
		if !strings.Contains(v.body, "We sent a link to e***@e***.") || v.value("code") != "no field code" {
			t.Errorf("the page says %s", v.body)
		}
		if v.again().expect("confirm-by-link").noticed() == "" || len(s.Inbox("eva@example.org")) != 2 {
			t.Errorf("another link: %q, %d mails", v.noticed(), len(s.Inbox("eva@example.org")))
		}
		s.Must(t, "AdminConfirmSignUp", M{"UserPoolId": s.pool, "Username": "eva"})
		s.redeem(t, v.link("Sign in").submit("username", "eva", "password", servertest.Password).code())
	})
}

func TestRequestsThatNoAppCanBeToldOfHaveAPage(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		authorize := s.authorize(t)
		for name, c := range map[string]struct{ address, want string }{
			"unregistered address": {strings.Replace(authorize, url.QueryEscape(callback), url.QueryEscape("https://evil.example.com/"), 1), "asked for an address that it may not use"},
			"unknown client":       {strings.Replace(authorize, s.client, strings.Repeat("a", 26), 1), "is not known to this server"},
			"error of an endpoint": {s.Endpoint(t, s.pool, "/error") + "?error=redirect_mismatch&client_id=" + s.client, "asked for an address that it may not use"},
			"any other error":      {s.Endpoint(t, s.pool, "/error") + "?error=%3Cscript%3Enonsense&error_description=nonsense", "cannot be understood"},
		} {
			v := s.visitor(t).visit(c.address).expect("error")
			if v.status != http.StatusBadRequest || v.header.Get("Location") != "" || !strings.Contains(v.body, c.want) {
				t.Errorf("%s: %d %s", name, v.status, v.body)
			}
			if strings.Contains(v.body, "nonsense") && !strings.Contains(v.address.RawQuery, "nonsense") || strings.Contains(v.body, "<script>nonsense") || len(v.elements("form")) > 0 {
				t.Errorf("%s: the page shows what it was asked", name)
			}
			if v.header.Get("Content-Security-Policy") == "" || !strings.Contains(v.header.Get("Cache-Control"), "no-store") {
				t.Errorf("%s: headers %v", name, v.header)
			}
		}
	})
}

func TestWhoIsConfirmedElsewhereBeginsAgain(t *testing.T) {
	t.Parallel()
	eachOpenShop(t, nil, nil, func(t *testing.T, s *shop) {
		for name, answer := range map[string]func(v *visitor){
			"code":         func(v *visitor) { v.submit("code", "000000") },
			"another code": func(v *visitor) { v.again() },
		} {
			user := strings.ReplaceAll(name, " ", "-")
			v := s.visitor(t).visit(s.page(t, "/signup")).submit("username", user, "email", user+"@example.org", "password", servertest.Password).expect("confirm")
			s.Must(t, "AdminConfirmSignUp", M{"UserPoolId": s.pool, "Username": user})
			answer(v)
			if v.expect("sign-in").said() != startAgain || v.value("username") != user {
				t.Errorf("%s: %q, the name is %q", name, v.said(), v.value("username"))
			}
		}

		// Another code is sent to whom the browser was asked for one, to nobody else.
		v := s.visitor(t).visit(s.authorize(t)).expect("sign-in")
		form := url.Values{"_csrf": {v.value("_csrf")}, "resend": {"yes"}, "username": {"ana"}}
		if v.send(http.MethodPost, s.page(t, "/resendcode"), form).expect("sign-in").said() != startAgain {
			t.Errorf("without a sign-up: %q", v.said())
		}
	})
}
