package oauth_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/hosted"
	"cardea/engine/token"
	"cardea/outbound/trigger/triggertest"
	"cardea/server/servertest"
)

func TestExchangesAreJudgedOnTheClientAsItIsNow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		code, another := w.code(t, a), w.code(t, a)
		update := M{
			"UserPoolId": w.pool, "ClientId": a.id, "AllowedOAuthFlowsUserPoolClient": true, "CallbackURLs": []string{callback},
			"AllowedOAuthFlows": []string{"implicit"}, "AllowedOAuthScopes": []string{"openid"},
		}
		w.Must(t, "UpdateUserPoolClient", update)
		refuses(t, "without the code grant", w.redeem(t, a, code), 400, "unauthorized_client")
		update["AllowedOAuthFlows"] = []string{"code"}
		w.Must(t, "UpdateUserPoolClient", update)
		if answer := w.redeem(t, a, code); answer.Status != 200 {
			t.Errorf("with it again: %s", answer.Text)
		}
		w.Must(t, "DeleteUserPoolClient", M{"UserPoolId": w.pool, "ClientId": a.id})
		refuses(t, "deleted", w.redeem(t, a, another), 400, "invalid_client")
		_, err := w.finish(t, query(a), nil)
		if _, unknown := errors.AsType[*access.UnknownError](err); !unknown {
			t.Errorf("a sign-in ends at a deleted client with %v", err)
		}
	})
}

func TestAFunctionThatRefusesLeavesTheCodeGood(t *testing.T) {
	eachTrigger(t, "V2_0", func(t *testing.T, w *world, f *triggertest.Function) {
		a := w.web(t, nil)
		code := w.code(t, a)
		f.Handle(func(triggertest.Invocation) triggertest.Answer { return triggertest.Answer{Raise: "no"} })
		answer := w.redeem(t, a, code)
		refuses(t, "refused", answer, 400, "invalid_request")
		if answer.Body["error_description"] != "PreTokenGeneration failed with error no." {
			t.Errorf("description %v", answer.Body["error_description"])
		}
		asked := len(f.Calls())
		refuses(t, "a wrong code", w.redeem(t, a, "x"), 400, "invalid_grant")
		refuses(t, "a wrong verifier", w.redeem(t, a, code, "code_verifier", "x"), 400, "invalid_grant")
		if len(f.Calls()) != asked {
			t.Error("the function was asked about a code that could not be redeemed")
		}

		f.Handle(func(triggertest.Invocation) triggertest.Answer {
			return triggertest.Answer{Response: M{"claimsAndScopeOverrideDetails": M{"accessTokenGeneration": M{"claimsToAddOrOverride": M{"tenant": "t1"}}}}}
		})
		answer = w.redeem(t, a, code)
		if answer.Status != 200 || claims(t, answer.Body["access_token"])["tenant"] != "t1" {
			t.Errorf("later: %s", answer.Text)
		}
		call := f.Calls()[asked]
		if diff := cmp.Diff([]any{"openid", "email"}, call.Request()["scopes"]); diff != "" || call.Source() != "TokenGeneration_HostedAuth" {
			t.Errorf("asked at %s: %s", call.Source(), diff)
		}
	})
}

// The function runs between the look at the code and its use.
func TestWhatChangesWhileAFunctionDecidesAboutTokensCounts(t *testing.T) {
	eachTrigger(t, "V2_0", func(t *testing.T, w *world, f *triggertest.Function) {
		who := M{"UserPoolId": w.pool, "Username": "alice"}
		settings := M{"UserPoolId": w.pool, "AllowedOAuthFlowsUserPoolClient": true, "CallbackURLs": []string{callback}, "AllowedOAuthScopes": []string{"openid"}}
		for name, c := range map[string]struct {
			meanwhile func(a app)
			code      string
		}{
			"disabled":       {func(app) { w.Must(t, "AdminDisableUser", who) }, "invalid_grant"},
			"signed out":     {func(app) { w.Must(t, "AdminUserGlobalSignOut", who) }, "invalid_grant"},
			"a new password": {func(app) { w.setPassword(t, "Another-horse-2") }, "invalid_grant"},
			"another grant": {func(a app) {
				w.Must(t, "UpdateUserPoolClient", servertest.With(settings, M{"ClientId": a.id, "AllowedOAuthFlows": []string{"implicit"}}))
			}, "unauthorized_client"},
			"no client": {func(a app) {
				w.Must(t, "DeleteUserPoolClient", M{"UserPoolId": w.pool, "ClientId": a.id})
			}, "invalid_client"},
		} {
			a := w.web(t, nil)
			code := w.code(t, a)
			w.Advance(time.Second)
			f.Handle(func(triggertest.Invocation) triggertest.Answer {
				c.meanwhile(a)
				return triggertest.Answer{}
			})
			before := w.count(t, "session")
			refuses(t, name, w.redeem(t, a, code), 400, c.code)
			if n := w.count(t, "session"); n != before {
				t.Errorf("%s: a session was made", name)
			}
			w.Must(t, "AdminEnableUser", who)
			w.setPassword(t, servertest.Password)
		}
	})
}

func TestASessionWithoutScopesOpensNoAccount(t *testing.T) {
	eachTrigger(t, "V2_0", func(t *testing.T, w *world, f *triggertest.Function) {
		a := w.web(t, nil)
		f.Handle(func(triggertest.Invocation) triggertest.Answer {
			return triggertest.Answer{Response: M{"claimsAndScopeOverrideDetails": M{"accessTokenGeneration": M{"scopesToSuppress": []string{"openid", "email"}}}}}
		})
		first := w.redeem(t, a, w.code(t, a))
		for what, answer := range map[string]servertest.Answer{"an exchange": first, "a refresh": w.refresh(t, a, first.Body["refresh_token"])} {
			if got := claims(t, answer.Body["access_token"])["scope"]; got != "" {
				t.Errorf("after %s: scope %q", what, got)
			}
			w.Fails(t, "GetUser", M{"AccessToken": answer.Body["access_token"]}, "NotAuthorizedException", "Access Token does not have required scopes")
			if w.alive(t, answer.Body["access_token"]) {
				t.Errorf("after %s: userInfo answers", what)
			}
		}
		f.Handle(func(triggertest.Invocation) triggertest.Answer { return triggertest.Answer{} })
		later := w.refresh(t, a, first.Body["refresh_token"])
		if got := claims(t, later.Body["access_token"])["scope"]; got != "openid email" {
			t.Errorf("when nothing is suppressed: scope %q", got)
		}
	})
}

func TestIDTokensAreForOpenIDOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		answer := w.redeem(t, a, w.code(t, a, "scope", "api/read"))
		if answer.Status != 200 || answer.Body["id_token"] != nil || answer.Body["refresh_token"] == nil {
			t.Errorf("got %s", answer.Text)
		}
	})
}

func TestAnAddressThatWasImpliedMayStayOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, M{"DefaultRedirectURI": callback})
		for _, address := range []string{"", callback} {
			code := w.code(t, a, "redirect_uri", "")
			refuses(t, "another address", w.redeem(t, a, code, "redirect_uri", "http://127.0.0.1/cb"), 400, "invalid_grant")
			if answer := w.redeem(t, a, code, "redirect_uri", address); answer.Status != 200 {
				t.Errorf("%q: %s", address, answer.Text)
			}
		}
		refuses(t, "an address that was given", w.redeem(t, a, w.code(t, a), "redirect_uri", ""), 400, "invalid_grant")
	})
}

func TestWrongCodesCountByAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		code := w.code(t, a)
		there := &world{w.From("192.0.2.9"), w.pool}
		w.guess(t, "192.0.2.9", 499)
		refuses(t, "a guess", there.redeem(t, a, "guess"), 400, "invalid_grant")
		refuses(t, "the right one", there.redeem(t, a, code), 429, "temporarily_unavailable")
		if answer := w.redeem(t, a, code); answer.Status != 200 {
			t.Errorf("from elsewhere: %s", answer.Text)
		}
	})
}

func TestCodesAreForUsersWhoMayHaveTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		_, err := w.finish(t, query(a), func(who *hosted.SignIn) { who.Proofs = nil })
		if !errors.Is(err, token.ErrProofMissing) {
			t.Errorf("without a proof: %v", err)
		}
		code := w.code(t, a)
		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": w.pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		refuses(t, "a second factor is due since", w.redeem(t, a, code), 400, "invalid_grant")
		_, err = w.finish(t, query(a), func(who *hosted.SignIn) { who.Proofs = []factor.Proof{factor.Password} })
		if !errors.Is(err, token.ErrProofMissing) {
			t.Errorf("with one of two factors: %v", err)
		}
		w.Must(t, "AdminDisableUser", M{"UserPoolId": w.pool, "Username": "alice"})
		if _, err = w.finish(t, query(a), nil); !errors.Is(err, account.ErrDisabled) {
			t.Errorf("disabled: %v", err)
		}
	})
}

func TestFinishJudgesTheRequest(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		if _, err := w.finish(t, query(a, "redirect_uri", "https://evil.test"), nil); !errors.Is(err, hosted.ErrRedirect) {
			t.Errorf("another address: %v", err)
		}
		if _, err := w.finish(t, query(a, "scope", "api/write"), nil); err == nil {
			t.Error("a scope that is not allowed was granted")
		}
		location, err := w.finish(t, query(a, "redirect_uri", "http://127.0.0.1:8123/cb", "state", "a b+c"), nil)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(location)
		if err != nil || u.Host != "127.0.0.1:8123" || u.Query().Get("state") != "a b+c" {
			t.Errorf("location %s, %v", location, err)
		}
		code := u.Query().Get("code")
		refuses(t, "another port", w.redeem(t, a, code, "redirect_uri", "http://127.0.0.1:8124/cb"), 400, "invalid_grant")
		if answer := w.redeem(t, a, code, "redirect_uri", "http://127.0.0.1:8123/cb"); answer.Status != 200 {
			t.Errorf("the same port: %s", answer.Text)
		}
	})
}

func TestUsedAndExpiredCodesAreDeleted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.web(t, nil)
		code := w.code(t, a)
		first := w.redeem(t, a, code)
		w.Advance(55 * time.Minute)
		if err := w.Server.RunJob(t.Context(), "prune authorization codes"); err != nil {
			t.Fatal(err)
		}
		refuses(t, "a replay within the hour", w.redeem(t, a, code), 400, "invalid_grant")
		if w.alive(t, first.Body["access_token"]) {
			t.Error("the replay was not recognized")
		}
		w.Advance(time.Hour)
		if err := w.Server.RunJob(t.Context(), "prune authorization codes"); err != nil {
			t.Fatal(err)
		}
		if n := w.count(t, "auth_code"); n != 0 {
			t.Errorf("%d codes are left", n)
		}
	})
}
