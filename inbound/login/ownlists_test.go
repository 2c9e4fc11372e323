package login_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cardea/engine/passkey/passkeytest"
	"cardea/server/servertest"
	"cardea/spec/srp"
)

// pressAs posts the hidden fields of the page with a button that it may not have.
func (v *visitor) pressAs(name, value string) *visitor {
	v.t.Helper()
	form := url.Values{name: {value}, "_csrf": {v.value("_csrf")}, "account": {v.value("account")}}
	return v.send(http.MethodPost, v.address.String(), form)
}

func TestUsersForgetTheirDevices(t *testing.T) {
	t.Parallel()
	pool := M{"DeviceConfiguration": M{"ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false}}
	eachShop(t, pool, nil, func(t *testing.T, s *shop) {
		api := s.Client(t, s.pool, nil)
		s.User(t, s.pool, "bob")
		remember := func(name, device string) (key string) {
			made := s.SignIn(t, api, name)
			who := srp.Identity{Scope: servertest.Text(made, "NewDeviceMetadata.DeviceGroupKey"), User: servertest.Text(made, "NewDeviceMetadata.DeviceKey")}
			salt, verifier := srp.NewDeviceVerifier(who, "the device's own password")
			s.Must(t, "ConfirmDevice", M{
				"AccessToken": made["AccessToken"], "DeviceKey": who.User, "DeviceName": device,
				"DeviceSecretVerifierConfig": M{"Salt": salt, "PasswordVerifier": verifier},
			})
			return who.User
		}
		devices := func(name string) int {
			return len(servertest.At(s.Must(t, "AdminListDevices", M{"UserPoolId": s.pool, "Username": name}), "Devices").([]any))
		}
		v := s.atHome(t).visit(s.own(t, "/devices")).expect("devices")
		if !strings.Contains(v.body, "No device is remembered.") || len(v.rows()) > 0 {
			t.Errorf("without devices the page lists %q", v.rows())
		}
		key, another := remember("ana", "Ana's tablet"), remember("bob", "Bob's tablet")
		if v.visit(s.own(t, "")).link("Remembered devices").expect("devices"); !slices.Equal(v.rows(), []string{"Ana's tablet"}) {
			t.Errorf("the page lists %q", v.rows())
		}
		page := *v
		if got := v.pressAs("remove", another).expect("devices"); devices("bob") != 1 || len(got.rows()) != 1 {
			t.Errorf("the form with another's device leaves %d devices of bob's, and lists %q", devices("bob"), got.rows())
		}
		v.press("remove", key).expect("devices")
		if v.notice() != "The device was removed." || len(v.rows()) > 0 || devices("ana") != 0 {
			t.Errorf("said %q, lists %q", v.notice(), v.rows())
		}
		if page.press("remove", key).expect("devices").notice() != "The device was removed." {
			t.Errorf("what is gone already: %q, %q", page.notice(), page.said())
		}
	})
}

func TestUsersConfirmANewNumber(t *testing.T) {
	t.Parallel()
	eachShop(t, M{"AutoVerifiedAttributes": []string{"phone_number"}, "SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}}, nil, func(t *testing.T, s *shop) {
		v := s.atHome(t).visit(s.own(t, "/phone")).expect("contact")
		if v.submit("value", "12").expect("contact"); v.said() == "" || s.attribute(t, "phone_number") != "" {
			t.Errorf("no number: said %q, the number is %q", v.said(), s.attribute(t, "phone_number"))
		}
		v.submit("value", "+1 (555) 010-0199").expect("confirm-contact")
		if s.attribute(t, "phone_number") != "+15550100199" || s.attribute(t, "phone_number_verified") == "true" {
			t.Errorf("%q is %q before the code", s.attribute(t, "phone_number"), s.attribute(t, "phone_number_verified"))
		}
		if v.submit("code", "000000").expect("confirm-contact"); v.said() != "This code is not right. Check it and try again." {
			t.Errorf("said %q", v.said())
		}
		v.submit("code", s.Code(t, "+15550100199")).expect("account")
		if s.attribute(t, "phone_number_verified") != "true" || v.notice() != "Thank you. It is confirmed." {
			t.Errorf("the number is %q: %s", s.attribute(t, "phone_number_verified"), v.notice())
		}

		// Who leaves the page comes back to it by the number that is not confirmed.
		v.visit(s.own(t, "/phone")).submit("value", "+15550100200").expect("confirm-contact")
		v.visit(s.own(t, "/phone")).expect("contact").press("verify", "").expect("confirm-contact")
		v.submit("code", s.Code(t, "+15550100200")).expect("account")
		if s.attribute(t, "phone_number") != "+15550100200" || s.attribute(t, "phone_number_verified") != "true" {
			t.Errorf("the number is %q, %q", s.attribute(t, "phone_number"), s.attribute(t, "phone_number_verified"))
		}
	})
}

func TestOwnPagesTakeTextOnly(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.atHome(t).visit(s.own(t, "/details"))
		for _, value := range []string{"a\x00b", "a\xffb"} {
			form := *v
			if form.submit("name", value).expect("error"); form.status != http.StatusBadRequest || s.attribute(t, "name") != "" {
				t.Errorf("%q: %d, the name is %q", value, form.status, s.attribute(t, "name"))
			}
		}
	})
}

func TestUsersRemoveTheirPasskeys(t *testing.T) {
	t.Parallel()
	eachKeyShop(t, func(t *testing.T, s *shop) {
		s.User(t, s.pool, "bob")
		s.keyOf(t, "bob")
		v := s.visitor(t).visit(s.own(t, "/passkeys")).typePassword("ana").expect("passkeys")
		if !strings.Contains(v.body, "You have no passkeys yet.") || len(v.rows()) > 0 {
			t.Errorf("without passkeys the page lists %q", v.rows())
		}
		key := &passkeytest.Authenticator{Counter: 1}
		v.link("Add a passkey").enrol(key).expect("passkeys")
		if got := v.rows(); len(got) != 1 || !slices.Contains(s.factors(t, "ana"), "WEB_AUTHN") {
			t.Fatalf("the page lists %q, the user has %v", got, s.factors(t, "ana"))
		}

		other := s.visitor(t).visit(s.own(t, "/passkeys")).typePassword("bob").expect("passkeys")
		page := *v
		v.pressAs("remove", other.shown("button", "value", "name", "remove"))
		if len(v.expect("passkeys").rows()) != 1 || !slices.Contains(s.factors(t, "bob"), "WEB_AUTHN") {
			t.Errorf("one user has removed another's passkey; the page lists %q", v.rows())
		}
		v.press("remove", "").expect("passkeys")
		if v.notice() != "The passkey was removed." || len(v.rows()) > 0 || slices.Contains(s.factors(t, "ana"), "WEB_AUTHN") {
			t.Errorf("said %q, lists %q, the user has %v", v.notice(), v.rows(), s.factors(t, "ana"))
		}
		if page.press("remove", "").expect("passkeys").notice() != "The passkey was removed." {
			t.Errorf("what is gone already: %q, %q", page.notice(), page.said())
		}
	})
}

func TestOwnPagesAreThoseOfTheOnlyApp(t *testing.T) {
	t.Parallel()
	registering := M{"DcrConfiguration": M{"EnableStatus": "Enabled", "OpenDcrEnabled": true, "AllowedScopes": []string{"openid"}}}
	eachShop(t, registering, nil, func(t *testing.T, s *shop) {
		s.Client(t, s.pool, nil) // has no pages
		described := `{"client_name": "Other", "redirect_uris": ["https://other.example.com/"], "scope": "openid", "token_endpoint_auth_method": "none"}`
		r := httptest.NewRequest(http.MethodPost, s.Endpoint(t, s.pool, "/oauth2/register"), strings.NewReader(described))
		r.Header.Set("Content-Type", "application/json")
		if answer := s.Do(t, r); answer.Status != http.StatusCreated {
			t.Fatalf("registration: %d %s", answer.Status, answer.Text)
		}
		v := s.visitor(t).visit(s.Endpoint(t, s.pool, "/account/sessions") + "?lang=de").expect("sign-in")
		v.submit("username", "ana", "password", servertest.Password).expect("sessions")
		if v.address.RawQuery != "client_id="+s.client || v.elements("html")[0]["lang"] != "de" {
			t.Errorf("the visitor is at %s in %s", v.address, v.elements("html")[0]["lang"])
		}
		refused := func(when string) {
			t.Helper()
			v.visit(s.Endpoint(t, s.pool, "/account") + "?lang=en")
			if v.at() != "error" || v.status != http.StatusBadRequest || !strings.Contains(v.body, "Open this page from the app that you use.") {
				t.Errorf("%s: %d %s", when, v.status, v.body)
			}
		}
		other := s.Client(t, s.pool, shopClient)
		refused("two apps")
		s.Must(t, "DeleteUserPoolClient", M{"UserPoolId": s.pool, "ClientId": other})
		v.visit(s.Endpoint(t, s.pool, "/account")).expect("account")
		for range 48 {
			s.Client(t, s.pool, nil)
		}
		refused("fifty clients")
	})
}
