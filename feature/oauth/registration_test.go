package oauth_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"cardea/platform/db"
	"cardea/record/pool"
	"cardea/server/servertest"
	"cardea/spec/id"
)

// Whatever the pool allows, machines have no scope of users, and nothing that has registered itself registers others.
func TestRegisteredAppsGetNoScopesBeyondTheirKind(t *testing.T) {
	changes := M{"OpenDcrGrantTypes": []string{"code", "client_credentials"}, "AllowedScopes": []string{"api/read", "openid"}}
	eachRegistering(t, changes, func(t *testing.T, w *world) {
		w.write(t, func(tx *db.Tx) error { // what settings refuse
			p, err := pool.Get(tx, id.Pool(w.pool))
			if err != nil {
				return err
			}
			p.Doc.DcrConfiguration.AllowedScopes = append(p.Doc.DcrConfiguration.AllowedScopes, "aws.cognito/dcr/register")
			return pool.Update(tx, p)
		})
		machine := M{"grant_types": []string{"client_credentials"}}
		for name, app := range map[string]M{
			"a machine, of users":        servertest.With(machine, M{"scope": "openid"}),
			"a machine, to register":     servertest.With(machine, M{"scope": "aws.cognito/dcr/register"}),
			"an app of users, the same":  described(M{"scope": "openid aws.cognito/dcr/register"}),
			"a machine without a secret": servertest.With(machine, M{"token_endpoint_auth_method": "none"}),
			"both kinds of grant":        described(M{"grant_types": []string{"authorization_code", "client_credentials"}, "token_endpoint_auth_method": "client_secret_post", "scope": "api/read"}),
		} {
			refuses(t, name, w.register(t, "", "", app), 400, "invalid_client_metadata")
		}
		if got := w.register(t, "", "", machine); got.Body["scope"] != "api/read" {
			t.Errorf("a machine: %s", got.Text)
		}
		w.Must(t, "UpdateUserPool", servertest.With(M{"UserPoolId": w.pool}, registering(M{"OpenDcrGrantTypes": []string{"client_credentials"}, "AllowedScopes": []string{}})))
		refuses(t, "a machine without scopes", w.register(t, "", "", machine), 400, "invalid_client_metadata")
	})
}

// An Authorization of another kind allows nothing, and no page of another site may send JSON.
func TestRegistrationsComeAsJSONWithABearerToken(t *testing.T) {
	eachRegistering(t, nil, func(t *testing.T, w *world) {
		_, good := w.registrar(t)
		body, err := json.Marshal(described(nil))
		if err != nil {
			t.Fatal(err)
		}
		send := func(media string, authorization ...string) servertest.Answer {
			r := httptest.NewRequest(http.MethodPost, w.Endpoint(t, w.pool, "/oauth2/register"), bytes.NewReader(body))
			r.Header.Set("Content-Type", media)
			r.Header["Authorization"] = authorization
			return w.Do(t, r)
		}
		for name, headers := range map[string][]string{
			"another scheme": {"Basic " + good}, "no token": {"Bearer "}, "a scheme alone": {"Bearer"}, "nothing": {""}, "twice": {"Bearer " + good, "Bearer " + good},
		} {
			refuses(t, name, send("application/json", headers...), 401, "invalid_token")
		}
		for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", ""} {
			refuses(t, media, send(media), 400, "invalid_client_metadata")
		}
		if answer := send("application/json; charset=utf-8", "bearer "+good); answer.Status != 201 {
			t.Errorf("well: %s", answer.Text)
		}
	})
}
