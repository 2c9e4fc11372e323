package oauth_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/outbound/trigger/triggertest"
	"cardea/server/servertest"
)

// refresh asks for new tokens.
func (w *world) refresh(t testing.TB, a app, token any, pairs ...string) servertest.Answer {
	t.Helper()
	form := append([]string{"grant_type", "refresh_token", "client_id", a.id, "refresh_token", token.(string)}, pairs...)
	if a.secret != "" {
		form = append(form, "client_secret", a.secret)
	}
	return w.token(t, form...)
}

func TestRefreshTokensGiveTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, other := w.app(t, nil), w.app(t, nil)
		first := w.SignIn(t, a.id, "alice")
		w.Advance(time.Minute)
		answer := w.refresh(t, a, first["RefreshToken"])
		if answer.Status != 200 || answer.Body["refresh_token"] != nil || answer.Body["token_type"] != "Bearer" {
			t.Fatalf("got %d %s", answer.Status, answer.Text)
		}
		before, after := claims(t, first["AccessToken"]), claims(t, answer.Body["access_token"])
		for _, same := range []string{"sub", "event_id", "origin_jti", "auth_time", "scope"} {
			if before[same] != after[same] {
				t.Errorf("%s was %v and is %v", same, before[same], after[same])
			}
		}
		if claims(t, answer.Body["id_token"])["email"] != "alice@example.com" {
			t.Error("the ID token lacks the address")
		}
		w.Must(t, "GetUser", M{"AccessToken": answer.Body["access_token"]})

		refuses(t, "no token", w.token(t, "grant_type", "refresh_token", "client_id", a.id), 400, "invalid_request")
		refuses(t, "garbage", w.refresh(t, a, "garbage"), 400, "invalid_grant")
		refuses(t, "an access token", w.refresh(t, a, first["AccessToken"]), 400, "invalid_grant")
		refuses(t, "another client", w.refresh(t, other, first["RefreshToken"]), 400, "invalid_grant")
		w.Must(t, "AdminDisableUser", M{"UserPoolId": w.pool, "Username": "alice"})
		refuses(t, "disabled", w.refresh(t, a, first["RefreshToken"]), 400, "invalid_grant")
		w.Must(t, "AdminEnableUser", M{"UserPoolId": w.pool, "Username": "alice"})
		w.Must(t, "AdminUserGlobalSignOut", M{"UserPoolId": w.pool, "Username": "alice"})
		refuses(t, "signed out", w.refresh(t, a, first["RefreshToken"]), 400, "invalid_grant")
		last := w.SignIn(t, a.id, "alice")
		w.Advance(31 * 24 * time.Hour)
		refuses(t, "expired", w.refresh(t, a, last["RefreshToken"]), 400, "invalid_grant")
	})
}

func TestRefreshTokensRotate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.app(t, M{
			"ExplicitAuthFlows":    []string{"ALLOW_USER_PASSWORD_AUTH"},
			"RefreshTokenRotation": M{"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
		})
		first := w.SignIn(t, a.id, "alice")
		second := w.refresh(t, a, first["RefreshToken"])
		next, _ := second.Body["refresh_token"].(string)
		if second.Status != 200 || next == "" || next == first["RefreshToken"] {
			t.Fatalf("got %d %s", second.Status, second.Text)
		}
		third := w.refresh(t, a, next)
		if third.Status != 200 {
			t.Fatalf("got %d %s", third.Status, third.Text)
		}
		refuses(t, "a replaced token", w.refresh(t, a, next), 400, "invalid_grant")
		refuses(t, "after the reuse", w.refresh(t, a, third.Body["refresh_token"]), 400, "invalid_grant")
	})
}

func TestOneOfAHundredRefreshesRotates(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.app(t, M{
			"ExplicitAuthFlows":    []string{"ALLOW_USER_PASSWORD_AUTH"},
			"RefreshTokenRotation": M{"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
		})
		first := w.SignIn(t, a.id, "alice")
		var won atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if answer := w.refresh(t, a, first["RefreshToken"]); answer.Status == 200 {
					won.Add(1)
				} else {
					refuses(t, "another", answer, 400, "invalid_grant")
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%d of 100 won", won.Load())
		}
	})
}

func TestAFunctionThatRefusesARefreshKeepsTheSession(t *testing.T) {
	eachTrigger(t, "V2_0", func(t *testing.T, w *world, f *triggertest.Function) {
		a := w.app(t, nil)
		first := w.SignIn(t, a.id, "alice")
		f.Handle(func(triggertest.Invocation) triggertest.Answer { return triggertest.Answer{Raise: "no"} })
		refuses(t, "refused", w.refresh(t, a, first["RefreshToken"]), 400, "invalid_request")
		f.Handle(func(triggertest.Invocation) triggertest.Answer { return triggertest.Answer{} })
		if answer := w.refresh(t, a, first["RefreshToken"]); answer.Status != 200 {
			t.Errorf("later: %s", answer.Text)
		}
		calls := f.Calls()
		if got := calls[len(calls)-1].Source(); got != "TokenGeneration_RefreshTokens" {
			t.Errorf("asked at %s", got)
		}
	})
}

func TestRevocation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, secret, other := w.app(t, nil), w.app(t, M{"GenerateSecret": true}), w.app(t, nil)
		forever := w.app(t, M{"EnableTokenRevocation": false})
		tokens := w.SignIn(t, a.id, "alice")
		revoke := func(pairs ...string) servertest.Answer {
			return w.Post(t, w.Endpoint(t, w.pool, "/oauth2/revoke"), pairs...)
		}
		given := tokens["RefreshToken"].(string)

		refuses(t, "no token", revoke("client_id", a.id), 400, "invalid_request")
		refuses(t, "no client", revoke("token", given), 400, "invalid_request")
		refuses(t, "an access token", revoke("client_id", a.id, "token", tokens["AccessToken"].(string)), 400, "unsupported_token_type")
		refuses(t, "an unproven client", revoke("client_id", secret.id, "token", given), 401, "invalid_client")
		refuses(t, "an unknown client", revoke("client_id", "x", "token", given), 401, "invalid_client")
		refuses(t, "another client", revoke("client_id", other.id, "token", given), 400, "invalid_grant")
		refuses(t, "a client that does not revoke", revoke("client_id", forever.id, "token", given), 400, "invalid_request")
		if answer := w.refresh(t, a, given); answer.Status != 200 {
			t.Fatalf("after all that: %s", answer.Text)
		}
		for _, text := range []string{"garbage", given, given} {
			if answer := revoke("client_id", a.id, "token", text, "token_type_hint", "refresh_token"); answer.Status != 200 || answer.Text != "" {
				t.Errorf("got %d %q", answer.Status, answer.Text)
			}
		}
		refuses(t, "revoked", w.refresh(t, a, given), 400, "invalid_grant")
		w.Fails(t, "GetUser", M{"AccessToken": tokens["AccessToken"]}, "NotAuthorizedException", "Access Token has been revoked")
	})
}
