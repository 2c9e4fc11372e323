package oauth_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"cardea/server"
	"cardea/server/servertest"
)

func TestDiscoveryNamesWhatAnswers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Endpoint(t, w.pool, "/")
		_, text := w.Get(t, "/"+w.pool+"/.well-known/openid-configuration")
		var document map[string]any
		if err := json.Unmarshal([]byte(text), &document); err != nil {
			t.Fatal(err)
		}
		named := 0
		for member, value := range document {
			if !strings.HasSuffix(member, "_endpoint") {
				continue
			}
			named++
			if answer := w.Do(t, servertest.Form(value.(string))); answer.Status == 404 {
				t.Errorf("%s: %v answers %d", member, value, answer.Status)
			}
		}
		if named != 5 || document["token_endpoint"] != w.Endpoint(t, w.pool, "/oauth2/token") {
			t.Errorf("got %s", text)
		}
	})
}

func TestTheLogOfEndpointsHasNoSecrets(t *testing.T) {
	t.Parallel()
	var log servertest.Log
	keep := func(c *server.Config) { c.Log = slog.New(slog.NewJSONHandler(&log, nil)) }
	servertest.EachWith(t, keep, func(t *testing.T, s *servertest.World) {
		w := furnish(t, s, nil)
		machine, a := w.machine(t, nil), w.web(t, nil)
		code := w.code(t, a)
		made := w.redeem(t, a, code)
		access, refresh := made.Body["access_token"].(string), made.Body["refresh_token"].(string)
		w.of(t, machine)
		w.of(t, app{machine.id, "a-wrong-secret\nservice=forged"})
		w.of(t, app{"not-an-id\nservice=forged", "x"})
		w.refresh(t, a, refresh)
		w.userInfo(t, access)
		w.open(t, "/oauth2/authorize", query(a, "state", "the-state", "login_hint", "alice@example.com"))
		w.open(t, "/oauth2/authorize", query(a, "redirect_uri", "https://evil.test", "client_id", "the-client\nservice=forged"))
		w.Post(t, w.Endpoint(t, w.pool, "/oauth2/revoke"), "client_id", a.id, "token", refresh)

		text := log.String()
		for what, secret := range map[string]string{
			"the client's secret": machine.secret, "a wrong secret": "a-wrong-secret", "a wrong id": "not-an-id", "the code": code,
			"the verifier": verifier, "an access token": access, "a refresh token": refresh, "the state": "the-state",
			"a user's address": "alice@example.com", "a foreign address": "evil.test", "a forged line": "forged",
		} {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in the log", what)
			}
		}
		for _, want := range []string{`"operation":"Token"`, `"operation":"Authorize"`, `"service":"oauth2"`, `"client":"` + machine.id + `"`, `"code":"invalid_client"`, `"pool":"` + w.pool + `"`} {
			if !strings.Contains(text, want) {
				t.Errorf("the log lacks %s", want)
			}
		}
	})
}
