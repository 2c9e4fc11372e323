package login_test

import (
	"net/url"
	"strings"
	"testing"

	"cardea/server/servertest"
)

// The pages work for a request that the app has pushed, of which their addresses name no more than the name.
func TestVisitorsSignInForAPushedRequest(t *testing.T) {
	t.Parallel()
	eachShop(t, M{"UserPoolTags": M{"cardea:standards": "par"}}, nil, func(t *testing.T, s *shop) {
		pushed := s.Post(t, s.Endpoint(t, s.pool, "/oauth2/par"),
			"client_id", s.client, "redirect_uri", callback, "response_type", "code", "scope", "openid", "state", "a+b c/=", "login_hint", "ana")
		q := url.Values{"client_id": {s.client}, "request_uri": {servertest.Text(pushed.Body, "request_uri")}}
		address := s.Endpoint(t, s.pool, "/oauth2/authorize") + "?" + q.Encode()

		v := s.visitor(t).visit(address).expect("sign-in")
		if strings.Contains(v.address.String(), "callback") || !strings.Contains(v.body, `value="ana"`) {
			t.Errorf("the page is at %s", v.address)
		}
		other := s.visitor(t).visit(address).expect("sign-in")
		if s.redeem(t, v.submit("username", "ana", "password", servertest.Password).code())["id_token"] == nil {
			t.Error("no ID token")
		}
		other.submit("username", "ana", "password", servertest.Password).expect("error")
		if other.status != 400 || !strings.Contains(other.body, "finished already") {
			t.Errorf("a second sign-in: %d %s", other.status, other.body)
		}
		v.visit(address).expect("error")
		v.visit(strings.Replace(address, "/oauth2/authorize", "/login", 1)).expect("error")
	})
}
