package oauth_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/server/servertest"
)

const accessTokenType = "urn:ietf:params:oauth:token-type:access_token"

// exchange exchanges an access token as an app.
func (w *world) exchange(t testing.TB, a app, subject any, pairs ...string) servertest.Answer {
	t.Helper()
	return w.exchangeWith(t, a, nil, subject, pairs...)
}

// exchangeWith is exchange with proofs.
func (w *world) exchangeWith(t testing.TB, a app, proofs []string, subject any, pairs ...string) servertest.Answer {
	t.Helper()
	form := []string{
		"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange", "client_id", a.id,
		"subject_token", subject.(string), "subject_token_type", accessTokenType,
	}
	if a.secret != "" {
		form = append(form, "client_secret", a.secret)
	}
	return w.with(t, "/oauth2/token", proofs, append(form, pairs...)...)
}

// exchangers are a client of users with all scopes of two resource servers, a service with some, and a user's access token.
func (w *world) exchangers(t testing.TB) (a, service app, subject any) {
	t.Helper()
	w.Must(t, "CreateResourceServer", M{
		"UserPoolId": w.pool, "Identifier": "https://billing.example.com", "Name": "Billing", "Scopes": []M{{"ScopeName": "pay", "ScopeDescription": "p"}},
	})
	a = w.web(t, M{"GenerateSecret": true, "AllowedOAuthScopes": []string{
		"openid", "email", "api/read", "api/write", "https://billing.example.com/pay", "aws.cognito.signin.user.admin"}})
	service = w.machine(t, M{"AllowedOAuthScopes": []string{"api/read", "https://billing.example.com/pay"}})
	scopes := "openid email api/read api/write https://billing.example.com/pay aws.cognito.signin.user.admin"
	return a, service, w.redeem(t, a, w.code(t, a, "scope", scopes)).Body["access_token"]
}

func TestServicesExchangeTokensOfUsers(t *testing.T) {
	eachFollowing(t, "token-exchange introspection", func(t *testing.T, w *world) {
		a, service, subject := w.exchangers(t)
		before := claims(t, subject)
		w.Advance(10 * time.Minute)
		made := w.exchange(t, service, subject, "audience", "https://billing.example.com")
		got := claims(t, made.Body["access_token"])
		if made.Body["issued_token_type"] != accessTokenType || made.Body["token_type"] != "Bearer" || made.Body["expires_in"] != float64(3000) ||
			made.Body["scope"] != "https://billing.example.com/pay" || made.Body["refresh_token"] != nil || made.Body["id_token"] != nil {
			t.Errorf("got %s", made.Text)
		}
		for name, want := range map[string]any{
			"sub": before["sub"], "username": "alice", "client_id": service.id, "aud": "https://billing.example.com", "exp": before["exp"],
			"event_id": before["event_id"], "auth_time": before["auth_time"], "iss": before["iss"], "token_use": "access",
			"scope": "https://billing.example.com/pay",
		} {
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		if diff := cmp.Diff(M{"sub": service.id}, got["act"]); diff != "" {
			t.Error(diff)
		}
		told := w.introspect(t, a, made.Body["access_token"]).Body
		if told["active"] != true || told["client_id"] != service.id || cmp.Diff(M{"sub": service.id}, told["act"]) != "" {
			t.Errorf("introspected: %v", told)
		}

		for name, c := range map[string]struct {
			by    app
			pairs []string
			want  string
		}{
			"all that there may be": {service, nil, "api/read https://billing.example.com/pay"},
			"one of them":           {service, []string{"scope", "api/read"}, "api/read"},
			"for another client":    {service, []string{"audience", a.id}, "api/read https://billing.example.com/pay"},
			"by resource":           {service, []string{"resource", "https://billing.example.com"}, "https://billing.example.com/pay"},
			"the same client":       {a, []string{"audience", "api"}, "api/read api/write"},
		} {
			made := w.exchange(t, c.by, subject, c.pairs...)
			if made.Body["scope"] != c.want {
				t.Errorf("%s: %s", name, made.Text)
			}
		}
		if got := claims(t, w.exchange(t, service, subject).Body["access_token"])["aud"]; got != service.id {
			t.Errorf("without an audience it is %v", got)
		}
	})
}

func TestWhatIsNotExchanged(t *testing.T) {
	eachFollowing(t, "token-exchange introspection", func(t *testing.T, w *world) {
		a, service, subject := w.exchangers(t)
		public := w.web(t, nil)
		plain := w.app(t, M{"GenerateSecret": true})
		elsewhere := furnish(t, w.World, M{"UserPoolTags": M{"cardea:standards": "token-exchange"}})
		other := elsewhere.machine(t, nil)
		made := w.redeem(t, a, w.code(t, a, "scope", "openid api/read"))
		noScopes := w.SignIn(t, public.id, "alice")["AccessToken"]

		refuses(t, "a public client", w.exchange(t, public, subject), 400, "unauthorized_client")
		refuses(t, "a client without OAuth", w.exchange(t, plain, subject), 400, "unauthorized_client")
		refuses(t, "a wrong secret", w.exchange(t, app{service.id, "x"}, subject), 400, "invalid_client")
		refuses(t, "another pool's", elsewhere.exchange(t, other, subject), 400, "invalid_request")
		refuses(t, "an ID token", w.exchange(t, service, made.Body["id_token"]), 400, "invalid_request")
		refuses(t, "a refresh token", w.exchange(t, service, made.Body["refresh_token"]), 400, "invalid_request")
		refuses(t, "a machine's token", w.exchange(t, service, w.of(t, service).Body["access_token"]), 400, "invalid_request")
		refuses(t, "a forged token", w.exchange(t, service, forged(subject)), 400, "invalid_request")
		refuses(t, "an unknown audience", w.exchange(t, service, subject, "audience", "https://evil.example.com"), 400, "invalid_target")
		refuses(t, "another pool's client", w.exchange(t, service, subject, "audience", other.id), 400, "invalid_target")
		refuses(t, "two audiences", w.exchange(t, service, subject, "audience", "api", "resource", "https://billing.example.com"), 400, "invalid_target")
		refuses(t, "two of one", w.exchange(t, service, subject, "audience", "api", "audience", "api"), 400, "invalid_request")
		refuses(t, "a scope of the token alone", w.exchange(t, service, subject, "scope", "api/write"), 400, "invalid_scope")
		refuses(t, "a scope of the service alone", w.exchange(t, service, made.Body["access_token"], "scope", "https://billing.example.com/pay"), 400, "invalid_scope")
		refuses(t, "a scope of another audience", w.exchange(t, service, subject, "audience", "api", "scope", "https://billing.example.com/pay"), 400, "invalid_scope")
		refuses(t, "the user's account", w.exchange(t, a, subject, "scope", "aws.cognito.signin.user.admin"), 400, "invalid_scope")
		refuses(t, "the user's claims", w.exchange(t, a, subject, "scope", "openid"), 400, "invalid_scope")
		refuses(t, "a token without scopes for others", w.exchange(t, a, noScopes), 400, "invalid_scope")
		refuses(t, "another type", w.exchange(t, service, subject, "requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"), 400, "invalid_request")
		refuses(t, "an actor's token", w.exchange(t, service, subject, "actor_token", "x"), 400, "invalid_request")
		refuses(t, "without a type", w.token(t, "grant_type", "urn:ietf:params:oauth:grant-type:token-exchange", "client_id", service.id,
			"client_secret", service.secret, "subject_token", subject.(string)), 400, "invalid_request")

		exchanged := w.exchange(t, service, subject, "audience", "api").Body["access_token"]
		refuses(t, "userInfo", w.userInfo(t, exchanged), 401, "invalid_token")
		w.Fails(t, "GetUser", M{"AccessToken": exchanged}, "NotAuthorizedException", "")
		who := M{"UserPoolId": w.pool, "Username": "alice"}
		w.Must(t, "AdminDisableUser", who)
		refuses(t, "a disabled user", w.exchange(t, service, subject), 400, "invalid_request")
		w.inactive(t, "exchanged, of a disabled user", a, exchanged)
		w.Must(t, "AdminEnableUser", who)
		again := w.redeem(t, a, w.code(t, a, "scope", "openid api/read")).Body["access_token"]
		w.Must(t, "AdminResetUserPassword", who)
		refuses(t, "a user who must reset their password", w.exchange(t, service, again), 400, "invalid_request")
		w.Must(t, "AdminUserGlobalSignOut", who)
		refuses(t, "after a sign-out", w.exchange(t, service, subject), 400, "invalid_request")
		w.inactive(t, "exchanged, after a sign-out", a, exchanged)
		w.Must(t, "UpdateUserPool", M{"UserPoolId": w.pool, "UserPoolTags": M{}})
		refuses(t, "in other pools", w.exchange(t, service, subject), 400, "unsupported_grant_type")
	})
}

// Whoever holds no key but the token has nothing of it, nor for it.
func TestTokensThatAreBoundToAKeyAreNotExchanged(t *testing.T) {
	eachFollowing(t, "token-exchange dpop", func(t *testing.T, w *world) {
		a, service, _ := w.exchangers(t)
		h := w.holder(t)
		bound := w.redeems(t, a, w.code(t, a, "scope", "openid api/read"), h.forToken(t)).Body["access_token"]
		refuses(t, "a bound token", w.exchange(t, service, bound), 400, "invalid_request")
	})
}

func TestExchangedTokensAreBoundToAKey(t *testing.T) {
	eachFollowing(t, "token-exchange dpop", func(t *testing.T, w *world) {
		_, service, subject := w.exchangers(t)
		h := w.holder(t)
		proof := []string{h.forToken(t)}
		made := w.exchangeWith(t, service, proof, subject, "scope", "api/read")
		bound, _ := claims(t, made.Body["access_token"])["cnf"].(M)
		if made.Body["token_type"] != "DPoP" || bound["jkt"] != h.jkt {
			t.Errorf("got %s, bound to %v", made.Text, bound)
		}
		refuses(t, "with the same proof", w.exchangeWith(t, service, proof, subject, "scope", "api/read"), 400, "invalid_dpop_proof")
	})
}

func TestExchangedTokensAreExchangedAFewTimes(t *testing.T) {
	eachFollowing(t, "token-exchange", func(t *testing.T, w *world) {
		a, service, token := w.exchangers(t)
		for i := range 4 {
			by := []app{service, a}[i%2]
			made := w.exchange(t, by, token, "scope", "api/read")
			if made.Status != 200 {
				t.Fatalf("exchange %d: %s", i, made.Text)
			}
			token = made.Body["access_token"]
		}
		want := M{"sub": a.id, "act": M{"sub": service.id, "act": M{"sub": a.id, "act": M{"sub": service.id}}}}
		if diff := cmp.Diff(want, claims(t, token)["act"]); diff != "" {
			t.Error(diff)
		}
		refuses(t, "once more", w.exchange(t, service, token), 400, "invalid_request")
		w.Advance(time.Hour)
		refuses(t, "expired", w.exchange(t, service, token), 400, "invalid_request")
	})
}

func TestFunctionsDoNotWidenExchangedTokens(t *testing.T) {
	eachTrigger(t, "V2_0", func(t *testing.T, w *world, f *triggertest.Function) {
		a, service, subject := w.exchangers(t)
		w.Must(t, "TagResource", M{"ResourceArn": servertest.Text(w.Must(t, "DescribeUserPool", M{"UserPoolId": w.pool}), "UserPool.Arn"),
			"Tags": M{"cardea:standards": "token-exchange"}})
		f.Handle(func(triggertest.Invocation) triggertest.Answer {
			return triggertest.Answer{Response: M{"claimsAndScopeOverrideDetails": M{"accessTokenGeneration": M{
				"claimsToAddOrOverride": M{"act": M{"sub": "nobody"}, "tier": "gold"}, "scopesToAdd": []string{"api/write"},
			}}}}
		})
		got := claims(t, w.exchange(t, service, subject, "audience", "api").Body["access_token"])
		if got["scope"] != "api/read" || got["tier"] != "gold" || cmp.Diff(M{"sub": service.id}, got["act"]) != "" {
			t.Errorf("got %v", got)
		}
		calls := f.Calls()
		if got := calls[len(calls)-1].Source(); got != "TokenGeneration_RefreshTokens" {
			t.Errorf("asked at %s", got)
		}
		_ = a
	})
}
