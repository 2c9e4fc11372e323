package login_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cardea/engine/passkey/passkeytest"
	"cardea/server/servertest"
)

func TestOnlyWhoHasSignedInAMomentAgoMakesPasskeys(t *testing.T) {
	t.Parallel()
	eachKeyShop(t, func(t *testing.T, s *shop) {
		s.User(t, s.pool, "bob")
		v := s.visitor(t).visit(s.authorize(t)).typePassword("ana")
		v.code()
		key := &passkeytest.Authenticator{Origin: pagesOrigin}
		v.visit(s.adding(t)).expect("add-passkey")
		if !strings.Contains(v.body, "<bdi>ana</bdi>") {
			t.Errorf("the page does not say whose passkey it is")
		}
		page := *v
		answer := string(key.Register(t, v.options()))

		s.Advance(10*time.Minute + time.Second)
		if v.submit("credential", answer); v.at() != "sign-in" {
			t.Errorf("after ten minutes the visitor is at %s", v.at())
		}
		v.typePassword("bob").expect("add-passkey") // another account than the first page has shown
		if script := page.script(); script.status == http.StatusOK && script.header.Get("Content-Type") == "application/json" {
			t.Errorf("the page of ana's begins a passkey of bob's: %s", script.body)
		}
		if page.submit("credential", answer); page.page == nil || page.at() == "add-passkey" && page.said() == "" {
			t.Errorf("the page of ana's made a passkey in bob's session")
		}
		for _, name := range []string{"ana", "bob"} {
			if got := s.factors(t, name); slices.Contains(got, "WEB_AUTHN") {
				t.Errorf("%s has %v", name, got)
			}
		}

		s.Must(t, "AdminDisableUser", M{"UserPoolId": s.pool, "Username": "bob"})
		if v.visit(s.adding(t)); v.at() != "sign-in" {
			t.Errorf("a disabled user is at %s", v.at())
		}
	})
}

// factors are what a user can sign in with. Passkeys of pages at localhost, where all pages of tests are, count where that is the
// pool's relying party.
func (s *shop) factors(t *testing.T, name string) (list []string) {
	t.Helper()
	s.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": s.pool, "WebAuthnConfiguration": M{"RelyingPartyId": "localhost", "UserVerification": "preferred"}})
	out := s.Must(t, "AdminGetUserAuthFactors", M{"UserPoolId": s.pool, "Username": name})
	for _, f := range out["ConfiguredUserAuthFactors"].([]any) {
		list = append(list, f.(string))
	}
	return list
}

func TestAddingAPasskeyIsRefusedWhereThereAreNone(t *testing.T) {
	t.Parallel()
	eachShop(t, byPasskey, byPasskeyClient, func(t *testing.T, s *shop) {
		for _, change := range []func(){
			func() {}, // classic pages
			func() {
				s.manage(t)
				s.Must(t, "UpdateUserPool", M{"UserPoolId": s.pool, "Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD"}}}})
			},
		} {
			change()
			v := s.visitor(t).visit(s.adding(t)).expect("error")
			if v.status != http.StatusBadRequest || !strings.Contains(v.body, "Passkeys cannot be added here.") {
				t.Errorf("%d %s", v.status, v.body)
			}
		}
		if v := s.visitor(t).visit(strings.Replace(s.adding(t), "app.example.com", "evil.example", 1)); v.at() != "error" {
			t.Errorf("another address: %s", v.at())
		}
	})
}

func TestWhatAPageSaysWhenNoPasskeyWasMade(t *testing.T) {
	t.Parallel()
	eachKeyShop(t, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.adding(t)).typePassword("ana").expect("add-passkey")
		for problem, want := range map[string]string{
			"":                  "That did not work. Try again, or go on without a passkey.",
			"NotAllowedError":   "That did not work. Try again, or go on without a passkey.",
			"InvalidStateError": "This device already has a passkey for this account.",
		} {
			if got := v.submit("credential", "", "problem", problem).expect("add-passkey").said(); got != want {
				t.Errorf("%s: %q", problem, got)
			}
		}
		if got := v.submit("credential", "{}").expect("add-passkey").said(); got != "That did not work. Try again, or go on without a passkey." {
			t.Errorf("nonsense: %q", got)
		}
		for range 20 {
			v.enrol(&passkeytest.Authenticator{})
			v.visit(s.adding(t)).expect("add-passkey")
		}
		if got := v.submit("credential", "").said(); got != "This account has as many passkeys as it can have." {
			t.Errorf("the twenty-first: %q", got)
		}
		if v.submit("skip", "yes"); v.page != nil || !strings.HasPrefix(v.address.String(), callback+"?state=") {
			t.Errorf("whoever cancels is at %s", v.address)
		}
	})
}

func TestAPasskeyIsOfferedOnceAfterASignUp(t *testing.T) {
	t.Parallel()
	settings := servertest.With(byPasskey, M{"AutoVerifiedAttributes": []string{"email"}})
	eachShop(t, settings, byPasskeyClient, func(t *testing.T, s *shop) {
		s.manage(t)
		join := func(name string) *visitor {
			v := s.visitor(t).visit(s.authorize(t)).visit(strings.Replace(s.authorize(t), "/oauth2/authorize", "/signup", 1))
			v.expect("sign-up").submit("username", name, "email", name+"@example.org", "password", servertest.Password)
			v.expect("confirm").submit("code", s.Code(t, name+"@example.org"))
			return v.typePassword(name).expect("add-passkey")
		}
		v := join("eve")
		if v.submit("skip", "yes"); s.redeem(t, v.code())["id_token"] == nil {
			t.Errorf("no tokens after the offer was skipped")
		}
		v.visit(s.authorize(t, "prompt", "login")).typePassword("eve").code() // not once more

		v = join("eva")
		key := &passkeytest.Authenticator{Counter: 1}
		s.redeem(t, v.enrol(key).code())
		key.Counter++
		s.visitor(t).visit(s.authorize(t)).present(key).code()

		v = join("ada")
		s.Advance(6 * time.Minute) // longer than a code lives
		s.redeem(t, v.submit("skip", "yes").code())
		v = join("ida")
		s.Advance(16 * time.Minute) // longer than the pages remember
		if got := v.submit("skip", "yes").expect("reuse").said(); got != startAgain {
			t.Errorf("after sixteen minutes: %q", got)
		}
		v.submit().code()
		s.visitor(t).visit(s.authorize(t)).typePassword("ana").code() // has not signed up here
	})
}
