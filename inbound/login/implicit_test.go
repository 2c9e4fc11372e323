package login_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

// implicit are the settings of a client of the implicit grant.
var implicit = M{"AllowedOAuthFlows": []string{"implicit"}, "AllowedOAuthScopes": []string{"openid", "email", "aws.cognito.signin.user.admin"}}

// fragment are the parameters with which the visitor's browser was sent back to the app.
func (v *visitor) fragment() url.Values {
	v.t.Helper()
	if v.page != nil {
		v.t.Fatalf("the visitor is at %s: %s", v.at(), v.said())
	}
	address, sent, found := strings.Cut(v.header["Location"][0], "#")
	if address != callback || !found {
		v.t.Fatalf("the visitor was sent to %s", v.address)
	}
	got, err := url.ParseQuery(sent)
	if err != nil || got.Get("state") != "a+b c/=" {
		v.t.Fatalf("the fragment is %s", sent)
	}
	return got
}

// payload is that of a token.
func payload(t testing.TB, token string) (claims M) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestImplicitTokensComeInTheFragment(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, implicit, func(t *testing.T, s *shop) {
		s.Must(t, "SetUserPoolSessionConfiguration", M{"UserPoolId": s.pool, "UserSessionTracking": "ENABLED", "TokenSession": M{"MaxPerUser": 20}})
		asked := s.authorize(t, "response_type", "token", "nonce", "n", "resource", "https://api.example.com", "scope", "openid aws.cognito.signin.user.admin")
		v := s.visitor(t).visit(asked).submit("username", "ana", "password", servertest.Password)
		got := v.fragment()
		if v.header.Get("Referrer-Policy") != "no-referrer" || v.header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers of the way back: %v", v.header)
		}
		if got.Has("refresh_token") || got.Has("code") || got.Get("expires_in") != "3600" || got.Get("token_type") != "Bearer" {
			t.Errorf("the fragment has %v", got)
		}
		access, id := payload(t, got.Get("access_token")), payload(t, got.Get("id_token"))
		if id["nonce"] != "n" || id["at_hash"] == nil || id["event_id"] != access["event_id"] || access["aud"] != "https://api.example.com" ||
			access["scope"] != "openid aws.cognito.signin.user.admin" {
			t.Errorf("the tokens say %v and %v", id, access)
		}

		s.Must(t, "GetUser", M{"AccessToken": got.Get("access_token")})
		s.Advance(time.Minute)
		again := v.visit(asked).fragment()
		if later := payload(t, again.Get("id_token")); later["auth_time"] != id["auth_time"] || later["event_id"] == id["event_id"] {
			t.Errorf("the tokens of a reused session say %v", later)
		}
		if n := len(s.Must(t, "ListUserSessions", M{"AccessToken": got.Get("access_token")})["Sessions"].([]any)); n == 0 {
			t.Error("no session is listed")
		}
		s.Must(t, "GlobalSignOut", M{"AccessToken": got.Get("access_token")})
		for _, token := range []string{got.Get("access_token"), again.Get("access_token")} {
			s.Fails(t, "GetUser", M{"AccessToken": token}, "NotAuthorizedException", "")
		}
	})
}

func TestImplicitSessionsLastAsLongAsTheirTokens(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, servertest.With(implicit, M{"AccessTokenValidity": 1, "IdTokenValidity": 2}), func(t *testing.T, s *shop) {
		s.Must(t, "SetUserPoolSessionConfiguration", M{"UserPoolId": s.pool, "UserSessionTracking": "ENABLED", "TokenSession": M{"MaxPerUser": 20}})
		s.visitor(t).visit(s.authorize(t, "response_type", "token")).submit("username", "ana", "password", servertest.Password).fragment()
		for i, want := range []int{1, 1, 0} {
			got := 0
			for _, listed := range s.Must(t, "AdminListUserSessions", M{"UserPoolId": s.pool, "Username": "ana"})["Sessions"].([]any) {
				if strings.HasPrefix(servertest.Text(listed.(M), "SessionId"), "tkn") {
					got++
				}
			}
			if got != want {
				t.Errorf("%d sessions after %d hours", got, i)
			}
			s.Advance(time.Hour + time.Second - time.Duration(i)*time.Second)
		}
	})
}

func TestImplicitAnswersHaveAnIDTokenWithOpenIDOnly(t *testing.T) {
	t.Parallel()
	eachShop(t, nil, implicit, func(t *testing.T, s *shop) {
		v := s.visitor(t).visit(s.authorize(t, "response_type", "token", "scope", "aws.cognito.signin.user.admin"))
		got := v.submit("username", "ana", "password", servertest.Password).fragment()
		if got.Has("id_token") || !got.Has("access_token") {
			t.Errorf("the fragment has %v", got)
		}
		for what, c := range map[string]struct{ name, value, want string }{
			"a scope not allowed": {"scope", "phone openid", "invalid_scope"},
			"prompt":              {"prompt", "none login", "invalid_request"},
			"no session":          {"prompt", "none", "login_required"},
		} {
			refused := s.visitor(t).visit(s.authorize(t, "response_type", "token", c.name, c.value)).fragment()
			if refused.Get("error") != c.want {
				t.Errorf("%s: %v", what, refused)
			}
		}
	})
}

func TestStrictPoolsHaveNoImplicitGrant(t *testing.T) {
	t.Parallel()
	eachShop(t, M{"UserPoolTags": M{"cardea:standards": "strict"}}, M{"AllowedOAuthFlows": []string{"implicit", "code"}, "GenerateSecret": true}, func(t *testing.T, s *shop) {
		got := s.visitor(t).visit(s.authorize(t, "response_type", "token")).fragment()
		if got.Get("error") != "unsupported_response_type" {
			t.Errorf("got %v", got)
		}
		_, text := s.Get(t, "/"+s.pool+"/.well-known/openid-configuration")
		if !strings.Contains(text, `"response_types_supported":["code"]`) {
			t.Errorf("discovery: %s", text)
		}
		s.signedIn(t, "ana")
	})
}

// PreTokenGeneration is asked once for implicit tokens, before anything is stored, and what it refuses leaves nothing behind.
func TestPreTokenGenerationIsAskedForImplicitTokens(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		s := newShop(t, w, servertest.Triggers("PreTokenGeneration"), implicit)
		w.User(t, s.pool, "ana")
		asked := s.authorize(t, "response_type", "token")
		v := s.visitor(t).visit(asked)
		f.Script(triggertest.Answer{Raise: "not today"})
		before := dbtest.Rows(t, s.DB)
		if said := v.submit("username", "ana", "password", servertest.Password).expect("sign-in").said(); said != "not today" {
			t.Errorf("a refusal: %q", said)
		}
		if diff := cmp.Diff(before, dbtest.Rows(t, s.DB)); diff != "" {
			t.Errorf("a refusal has changed the database:\n%s", diff)
		}

		f.Script(triggertest.Answer{Response: M{"claimsOverrideDetails": M{"claimsToAddOrOverride": M{"plan": "gold"}}}})
		begun := len(f.Calls())
		got := v.submit("username", "ana", "password", servertest.Password).fragment()
		if id := payload(t, got.Get("id_token")); id["plan"] != "gold" {
			t.Errorf("the ID token says %v", id)
		}
		got = v.visit(asked).fragment()
		if id := payload(t, got.Get("id_token")); id["plan"] != "gold" {
			t.Errorf("the ID token of a reused session says %v", id)
		}
		var sources []string
		for _, call := range f.Calls()[begun:] {
			sources = append(sources, call.Source())
		}
		if diff := cmp.Diff([]string{"TokenGeneration_HostedAuth", "TokenGeneration_HostedAuth"}, sources); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}

		f.Script(triggertest.Answer{Raise: "not today"})
		before = dbtest.Rows(t, s.DB)
		if got = v.visit(asked).fragment(); got.Get("error") != "invalid_request" || !strings.Contains(got.Get("error_description"), "not today") {
			t.Errorf("a refusal of a reused session: %v", got)
		}
		if diff := cmp.Diff(before, dbtest.Rows(t, s.DB)); diff != "" {
			t.Errorf("a refusal has changed the database:\n%s", diff)
		}
	})
}

// A browser in a circle runs no function more often than it is given tokens.
func TestReuseBeyondItsLimitAsksNoFunction(t *testing.T) {
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, w *servertest.World, f *triggertest.Function) {
		s := newShop(t, w, servertest.Triggers("PreTokenGeneration"), implicit)
		w.User(t, s.pool, "ana")
		asked := s.authorize(t, "response_type", "token")
		v := s.visitor(t).visit(asked).submit("username", "ana", "password", servertest.Password)
		begun := len(f.Calls())
		for range 61 {
			v.visit(asked)
		}
		if got := v.fragment(); got.Get("error") != "temporarily_unavailable" || len(f.Calls())-begun != 60 {
			t.Errorf("after %d calls: %v", len(f.Calls())-begun, got)
		}
	})
}
