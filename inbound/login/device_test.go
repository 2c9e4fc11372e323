package login_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cardea/server/servertest"
)

// device makes a device wait.
func (s *shop) device(t *testing.T) M {
	t.Helper()
	answer := s.Post(t, s.Endpoint(t, s.pool, "/oauth2/device_authorization"), "client_id", s.client, "scope", "openid")
	if answer.Status != 200 {
		t.Fatalf("got %d %s", answer.Status, answer.Text)
	}
	return answer.Body
}

// poll asks for the device's tokens, as soon as it may.
func (s *shop) poll(t *testing.T, device M) servertest.Answer {
	t.Helper()
	s.Advance(5 * time.Second)
	return s.Post(t, s.Endpoint(t, s.pool, "/oauth2/token"), "client_id", s.client,
		"grant_type", "urn:ietf:params:oauth:grant-type:device_code", "device_code", servertest.Text(device, "device_code"))
}

func TestVisitorsAllowADevice(t *testing.T) {
	t.Parallel()
	eachShop(t, M{"UserPoolTags": M{"cardea:standards": "device"}}, nil, func(t *testing.T, s *shop) {
		device := s.device(t)
		code := servertest.Text(device, "user_code")
		v := s.visitor(t).visit(servertest.Text(device, "verification_uri")).expect("device")
		v.submit("user_code", "").expect("device")
		if v.said() == "" {
			t.Error("nothing is said about an empty code")
		}
		v.submit("user_code", "BCDF-GHJK").expect("device")
		if !strings.Contains(v.said(), "No device is waiting") {
			t.Errorf("of a wrong code: %q", v.said())
		}

		// The code in an address is filled in and nothing else.
		v.visit(servertest.Text(device, "verification_uri_complete")).expect("device")
		if !strings.Contains(v.body, `value="`+code+`"`) {
			t.Error("the code is not filled in")
		}
		if answer := s.poll(t, device); answer.Error() != "authorization_pending" {
			t.Fatalf("got %d %s", answer.Status, answer.Text)
		}
		v.submit("user_code", strings.ToLower(strings.ReplaceAll(code, "-", " "))).expect("sign-in")
		v.submit("username", "ana", "password", servertest.Password).expect("device-ask")
		for _, shown := range []string{code, "Shop", "ana", "openid"} {
			if !strings.Contains(v.body, shown) {
				t.Errorf("the page does not show %q", shown)
			}
		}
		if answer := s.poll(t, device); answer.Error() != "authorization_pending" {
			t.Errorf("before the answer: %d %s", answer.Status, answer.Text)
		}
		asked := v.address.String()

		// Another browser, and a form without its token, are not asked and cannot answer.
		s.visitor(t).visit(asked).expect("sign-in")
		other := s.visitor(t)
		other.jar = v.jar
		other.send(http.MethodPost, asked, map[string][]string{"allow": {"yes"}, "_csrf": {"x"}}).expect("sign-in")

		v.visit(servertest.Text(device, "verification_uri")).submit("user_code", code)
		v.submit("username", "ana", "password", servertest.Password).expect("device-ask").submit().expect("device-allowed")
		if answer := s.poll(t, device); answer.Status != 200 {
			t.Errorf("got %d %s", answer.Status, answer.Text)
		}
		v.visit(asked).expect("device-over")
		v.visit(strings.Replace(asked, "/device/confirm", "/login", 1)).expect("device-over")
	})
}

func TestVisitorsDenyADevice(t *testing.T) {
	t.Parallel()
	eachShop(t, M{"UserPoolTags": M{"cardea:standards": "device"}}, nil, func(t *testing.T, s *shop) {
		device := s.device(t)
		v := s.visitor(t).visit(servertest.Text(device, "verification_uri_complete")).submit("user_code", servertest.Text(device, "user_code"))
		v.submit("username", "ana", "password", servertest.Password).expect("device-ask")
		v.submit("deny", "yes").expect("device-denied")
		if answer := s.poll(t, device); answer.Error() != "access_denied" {
			t.Errorf("got %d %s", answer.Status, answer.Text)
		}

		// Single sign-on is asked as well; a form that says neither allows nothing.
		device = s.device(t)
		v.visit(servertest.Text(device, "verification_uri")).submit("user_code", servertest.Text(device, "user_code"))
		v.expect("reuse").submit().expect("device-ask")
		v.submit("allow", "").expect("device-denied")
	})
}

func TestPoolsWithoutDevicesHaveNoPageForThem(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, nil, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.Endpoint(t, s.pool, "/device")).expect("error")
		if v.status != 404 {
			t.Errorf("GET: %d", v.status)
		}
		if v.send(http.MethodPost, s.Endpoint(t, s.pool, "/device"), map[string][]string{"user_code": {"BCDFGHJK"}}); v.status != 404 {
			t.Errorf("POST: %d", v.status)
		}
	})
}

func TestADevicesCodeIsText(t *testing.T) {
	t.Parallel()
	eachShop(t, M{"UserPoolTags": M{"cardea:standards": "device"}}, nil, func(t *testing.T, s *shop) {
		for _, typed := range []string{"BCDF\x00GHJK", "BCDF\xffGHJK"} {
			v := s.visitor(t).send(http.MethodPost, s.Endpoint(t, s.pool, "/device"), map[string][]string{"user_code": {typed}})
			if v.expect("error").status != http.StatusBadRequest {
				t.Errorf("%q: %d", typed, v.status)
			}
		}
	})
}
