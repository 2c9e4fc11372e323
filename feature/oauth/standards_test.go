package oauth_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/inbound/oauth"
	"cardea/record/pool"
)

// configuration is the pool's OpenID configuration.
func (w *world) configuration(t testing.TB) (document M) {
	t.Helper()
	_, text := w.Get(t, "/"+w.pool+"/.well-known/openid-configuration")
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	return document
}

func TestEndpointsOfStandardsAreThereWhereThePoolFollowsThem(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		follow := func(standard string) {
			t.Helper()
			w.Must(t, "UpdateUserPool", M{"UserPoolId": w.pool, "UserPoolTags": M{"cardea:standards": standard}})
		}
		tested := 0
		for _, e := range oauth.Discovered() {
			address := w.Endpoint(t, w.pool, e.Path)
			if e.Standard == "" || pool.CheckTag(pool.StandardsTag, e.Standard) != "" { // or by another setting
				continue
			}
			tested++
			for standard, there := range map[string]bool{"": false, e.Standard: true} {
				follow(standard)
				named := w.configuration(t)[e.Member] == address
				for _, method := range []string{"GET", "POST", "OPTIONS"} {
					answer := w.Do(t, httptest.NewRequest(method, address, nil))
					if named != there || (answer.Status != 404) != there {
						t.Errorf("%s %s of a pool that follows %q: %d, named %v", method, e.Path, standard, answer.Status, named)
					}
				}
			}
		}
		if tested == 0 {
			t.Error("no endpoint was tested")
		}
	})
}

func TestMetadataIsWhereThePoolFollowsIt(t *testing.T) {
	eachFollowing(t, "metadata", func(t *testing.T, w *world) {
		other := furnish(t, w.World, nil)
		for _, path := range []string{
			"/.well-known/oauth-authorization-server/" + w.pool, "/" + w.pool + "/.well-known/oauth-authorization-server",
			w.Endpoint(t, w.pool, "/.well-known/oauth-authorization-server")[len(w.URL):],
			w.Endpoint(t, w.pool, "/.well-known/openid-configuration")[len(w.URL):],
		} {
			_, want := w.Get(t, "/"+w.pool+"/.well-known/openid-configuration")
			status, text := w.Get(t, path)
			if status != 200 || text != want {
				t.Errorf("%s: %d %s", path, status, text)
			}
			elsewhere := strings.NewReplacer(w.pool, other.pool, w.domain(t), other.domain(t)).Replace(path)
			if status, text := w.Get(t, elsewhere); status != 404 {
				t.Errorf("%s: %d %s", elsewhere, status, text)
			}
		}

		got := w.configuration(t)
		for member, want := range map[string]any{
			"issuer":                           w.URL + "/" + w.pool,
			"token_endpoint":                   w.Endpoint(t, w.pool, "/oauth2/token"),
			"code_challenge_methods_supported": []any{"S256"},
			"grant_types_supported":            []any{"authorization_code", "client_credentials", "refresh_token", "implicit"},
			"response_modes_supported":         []any{"query", "fragment"},
			"authorization_response_iss_parameter_supported": false,
			"token_endpoint_auth_methods_supported":          []any{"client_secret_basic", "client_secret_post", "none"},
		} {
			if diff := cmp.Diff(want, got[member]); diff != "" {
				t.Errorf("%s: %s", member, diff)
			}
		}
		w.Must(t, "UpdateUserPool", M{"UserPoolId": w.pool, "UserPoolTags": M{"cardea:standards": "metadata strict form_post introspection"}})
		got = w.configuration(t)
		for member, want := range map[string]any{
			"grant_types_supported":                          []any{"authorization_code", "client_credentials", "refresh_token"},
			"response_modes_supported":                       []any{"query", "fragment", "form_post"},
			"response_types_supported":                       []any{"code"},
			"authorization_response_iss_parameter_supported": true,
			"introspection_endpoint_auth_methods_supported":  []any{"client_secret_basic", "client_secret_post"},
		} {
			if diff := cmp.Diff(want, got[member]); diff != "" {
				t.Errorf("%s: %s", member, diff)
			}
		}
	})
}
