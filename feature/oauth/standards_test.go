package oauth_test

import (
	"encoding/json"
	"net/http/httptest"
	"testing"

	"cardea/inbound/oauth"
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
			if e.Standard == "" {
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
