package login_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

// reached is what the tokens of a visitor who was sent back say of their sign-in.
func (v *visitor) reached() M {
	v.t.Helper()
	tokens := v.s.redeem(v.t, v.code())
	id, access := payload(v.t, tokens["id_token"].(string)), payload(v.t, tokens["access_token"].(string))
	for _, name := range []string{"acr", "amr"} {
		if diff := cmp.Diff(id[name], access[name]); diff != "" {
			v.t.Errorf("%s in the ID token and in the access token:\n%s", name, diff)
		}
	}
	return M{"acr": id["acr"], "amr": id["amr"]}
}

func TestAppsAskForALevelOfAuthentication(t *testing.T) {
	t.Parallel()
	levels := M{"AcrConfiguration": M{"Level1": M{"AcrValue": "low"}, "Level4": M{"AcrValue": "high"}}}
	eachShop(t, levels, nil, func(t *testing.T, s *shop) {
		says := func(what string, got, want M) {
			t.Helper()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		signIn := func(v *visitor) *visitor { return v.submit("username", "ana", "password", servertest.Password) }
		low, nothing := M{"acr": "low", "amr": []any{"pwd"}}, M{"acr": nil, "amr": nil}
		v := s.visitor(t).visit(s.authorize(t))
		says("unasked", signIn(v).reached(), nothing)
		for asked, want := range map[string]M{"low": low, "urn:cognito:loa:3 low": low, "unknown": low, "": nothing} {
			says("reused for "+asked, v.visit(s.authorize(t, "acr_values", asked)).reached(), want)
		}
		says("max_age", v.visit(s.authorize(t, "max_age", "60")).reached(), low)

		two := s.authorize(t, "acr_values", "urn:cognito:loa:3 high")
		if v.reuses(two) {
			t.Fatal("a password alone is reused where two factors are asked for")
		}
		if got := v.visit(s.authorize(t, "acr_values", "high", "prompt", "none")).address.Query().Get("error"); got != "interaction_required" {
			t.Errorf("prompt=none: %s", got)
		}
		says("a user who has one factor", signIn(v.visit(two)).reached(), low)

		s.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": s.pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		secret := s.SoftwareToken(t, s.SignIn(t, s.Client(t, s.pool, nil), "ana")["AccessToken"])
		s.Advance(30 * time.Second) // to the next code
		signIn(v.visit(two)).expect("code").submit("code", s.SoftwareCode(t, secret))
		says("a user who has two", v.reached(), M{"acr": "urn:cognito:loa:3", "amr": []any{"pwd", "otp", "mfa"}})
		if !v.reuses(two) || v.reuses(s.authorize(t, "acr_values", "high")) {
			t.Error("the session of two factors does not serve the level that it has reached, and that alone")
		}
	})
}
