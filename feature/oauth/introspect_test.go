package oauth_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/server/servertest"
)

// eachFollowing is each for a pool that follows standards, separated by spaces.
func eachFollowing(t *testing.T, standards string, body func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.World) {
		body(t, furnish(t, s, M{"UserPoolTags": M{"cardea:standards": standards}}))
	})
}

// introspect asks what a token says.
func (w *world) introspect(t testing.TB, a app, token any) servertest.Answer {
	t.Helper()
	r := servertest.Form(w.Endpoint(t, w.pool, "/oauth2/introspect"), "token", token.(string))
	r.SetBasicAuth(a.id, a.secret)
	return w.Do(t, r)
}

// inactive wants that nothing is told of a token.
func (w *world) inactive(t testing.TB, what string, a app, token any) {
	t.Helper()
	if answer := w.introspect(t, a, token); answer.Status != 200 || answer.Text != `{"active":false}` {
		t.Errorf("%s: %d %s", what, answer.Status, answer.Text)
	}
}

func TestIntrospectionTellsWhatGoodTokensSay(t *testing.T) {
	eachFollowing(t, "introspection", func(t *testing.T, w *world) {
		a, machine := w.web(t, M{"GenerateSecret": true}), w.machine(t, nil)
		made := w.redeem(t, a, w.code(t, a, "resource", "https://api.example.com"))
		ofUser := claims(t, made.Body["access_token"])
		want := M{
			"active": true, "scope": "openid email", "client_id": a.id, "username": "alice", "token_type": "Bearer",
			"exp": ofUser["exp"], "iat": ofUser["iat"], "sub": ofUser["sub"], "aud": "https://api.example.com", "iss": w.URL + "/" + w.pool,
			"jti": ofUser["jti"],
		}
		for name, by := range map[string]app{"its own client": a, "a resource server": machine} {
			answer := w.introspect(t, by, made.Body["access_token"])
			if diff := cmp.Diff(want, answer.Body); diff != "" || answer.Status != 200 {
				t.Errorf("by %s: %d %s", name, answer.Status, diff)
			}
			if got := answer.Header.Get("Cache-Control"); got != "no-cache, no-store, max-age=0, must-revalidate" {
				t.Errorf("Cache-Control %q", got)
			}
		}

		own := w.of(t, machine, "scope", "api/read").Body["access_token"]
		of := claims(t, own)
		want = M{
			"active": true, "scope": "api/read", "client_id": machine.id, "token_type": "Bearer", "exp": of["exp"], "iat": of["iat"],
			"sub": machine.id, "iss": w.URL + "/" + w.pool, "jti": of["jti"],
		}
		if diff := cmp.Diff(want, w.introspect(t, a, own).Body); diff != "" {
			t.Errorf("a client's own: %s", diff)
		}

		want = M{
			"active": true, "scope": "openid email", "client_id": a.id, "username": "alice", "sub": ofUser["sub"], "iss": w.URL + "/" + w.pool,
			"exp": float64(w.Now().Add(30 * 24 * time.Hour).Unix()),
		}
		if diff := cmp.Diff(want, w.introspect(t, a, made.Body["refresh_token"]).Body); diff != "" {
			t.Errorf("a refresh token: %s", diff)
		}
		w.inactive(t, "a refresh token to another client", machine, made.Body["refresh_token"])
		w.inactive(t, "an ID token", a, made.Body["id_token"])
		w.inactive(t, "garbage", a, "garbage")
	})
}

func TestTokensAreInactiveAsSoonAsTheyAreVoid(t *testing.T) {
	eachFollowing(t, "introspection", func(t *testing.T, w *world) {
		a, machine := w.web(t, M{"GenerateSecret": true}), w.machine(t, nil)
		var access, refresh any
		begin := func() {
			t.Helper()
			made := w.redeem(t, a, w.code(t, a))
			access, refresh = made.Body["access_token"], made.Body["refresh_token"]
			for _, token := range []any{access, refresh} {
				if answer := w.introspect(t, a, token); answer.Body["active"] != true {
					t.Fatalf("at first: %s", answer.Text)
				}
			}
		}
		ended := func(what string) {
			t.Helper()
			w.inactive(t, "access token "+what, a, access)
			w.inactive(t, "refresh token "+what, a, refresh)
		}
		who := M{"UserPoolId": w.pool, "Username": "alice"}

		begin()
		w.Post(t, w.Endpoint(t, w.pool, "/oauth2/revoke"), "client_id", a.id, "client_secret", a.secret, "token", refresh.(string))
		ended("revoked")
		begin()
		w.Must(t, "AdminUserGlobalSignOut", who)
		ended("signed out")
		begin()
		w.Advance(time.Second)
		w.SignOutAll(t, w.pool)
		ended("signed out with everybody")
		begin()
		w.Must(t, "AdminDisableUser", who)
		ended("of a disabled user")
		w.Must(t, "AdminEnableUser", who)
		begin()
		w.Advance(time.Hour)
		w.inactive(t, "expired access token", a, access)
		w.Advance(30 * 24 * time.Hour)
		ended("expired")
		begin()
		elsewhere := furnish(t, w.World, M{"UserPoolTags": M{"cardea:standards": "introspection"}})
		other := elsewhere.machine(t, nil)
		elsewhere.inactive(t, "in another pool", other, access)
		elsewhere.inactive(t, "in another pool", other, refresh)
		w.Must(t, "AdminDeleteUser", who)
		ended("of a deleted user")

		own := w.of(t, machine).Body["access_token"]
		elsewhere.inactive(t, "a client's own in another pool", other, own)
		w.Must(t, "DeleteUserPoolClient", M{"UserPoolId": w.pool, "ClientId": machine.id})
		w.inactive(t, "of a deleted client", a, own)
	})
}

// A sign-out holds for sessions whose rows come back from an older backup. Whoever has to reset their password has no tokens
// from before.
func TestNothingIsActiveThatARefreshRefuses(t *testing.T) {
	eachFollowing(t, "introspection", func(t *testing.T, w *world) {
		a := w.web(t, M{"GenerateSecret": true})
		who := M{"UserPoolId": w.pool, "Username": "alice"}
		for name, end := range map[string]func(){
			"restored": func() {
				w.Must(t, "AdminUserGlobalSignOut", who)
				w.write(t, func(tx *db.Tx) error {
					_, err := tx.Exec("UPDATE session SET revoked = 0")
					return err
				})
			},
			"to be reset": func() { w.Must(t, "AdminResetUserPassword", who) },
		} {
			refresh := w.redeem(t, a, w.code(t, a)).Body["refresh_token"]
			end()
			w.inactive(t, name, a, refresh)
			refuses(t, name, w.refresh(t, a, refresh), 400, "invalid_grant")
			w.Must(t, "AdminSetUserPassword", M{"UserPoolId": w.pool, "Username": "alice", "Password": servertest.Password, "Permanent": true})
		}
	})
}

func TestIntrospectionEndsNoSession(t *testing.T) {
	eachFollowing(t, "introspection", func(t *testing.T, w *world) {
		a := w.app(t, M{
			"GenerateSecret": true, "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []string{"code"},
			"AllowedOAuthScopes": []string{"openid", "email"}, "CallbackURLs": []string{callback},
			"ExplicitAuthFlows": []string{}, "RefreshTokenRotation": M{"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
		})
		first := w.redeem(t, a, w.code(t, a)).Body["refresh_token"]
		second := w.refresh(t, a, first)
		w.inactive(t, "a replaced token", a, first)
		if answer := w.introspect(t, a, second.Body["refresh_token"]); answer.Body["active"] != true {
			t.Errorf("the new one: %s", answer.Text)
		}
		if answer := w.refresh(t, a, second.Body["refresh_token"]); answer.Status != 200 {
			t.Errorf("refresh after all that: %s", answer.Text)
		}
	})
}

func TestIntrospectionIsForClientsThatProveThemselves(t *testing.T) {
	eachFollowing(t, "introspection", func(t *testing.T, w *world) {
		public, machine := w.web(t, nil), w.machine(t, nil)
		access := w.redeem(t, public, w.code(t, public)).Body["access_token"].(string)
		address := w.Endpoint(t, w.pool, "/oauth2/introspect")
		elsewhere := furnish(t, w.World, nil).machine(t, nil)

		for name, pairs := range map[string][]string{
			"a public client":   {"client_id", public.id},
			"a wrong secret":    {"client_id", machine.id, "client_secret", "x"},
			"no secret":         {"client_id", machine.id},
			"another pool's":    {"client_id", elsewhere.id, "client_secret", elsewhere.secret},
			"an unknown client": {"client_id", "x", "client_secret", "x"},
		} {
			answer := w.Post(t, address, append(pairs, "token", access)...)
			refuses(t, name, answer, 401, "invalid_client")
			if got := answer.Header.Get("WWW-Authenticate"); got != `Basic realm="token"` {
				t.Errorf("%s: WWW-Authenticate %q", name, got)
			}
		}
		refuses(t, "nobody", w.Post(t, address, "token", access), 400, "invalid_request")
		refuses(t, "no token", w.introspect(t, machine, ""), 400, "invalid_request")
		refuses(t, "a token twice", w.Post(t, address, "client_id", machine.id, "client_secret", machine.secret, "token", access, "token", access), 400, "invalid_request")
		get := servertest.Form(address + "?token=" + access)
		get.Method = http.MethodGet
		get.SetBasicAuth(machine.id, machine.secret)
		refuses(t, "GET", w.Do(t, get), 405, "invalid_request")
	})
}
