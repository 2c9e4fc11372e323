package wellknown_test

import (
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

func ask(t *testing.T, w *servertest.World, method, path string) (*http.Response, string) {
	t.Helper()
	answer := httptest.NewRecorder()
	w.Server.Handler.ServeHTTP(answer, httptest.NewRequest(method, w.URL+path, nil))
	body, err := io.ReadAll(answer.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.Result(), string(body)
}

func TestKeySetVerifiesTokens(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		w.User(t, pool, "alice")
		tokens := w.SignIn(t, client, "alice")

		answer, body := ask(t, w, "GET", "/"+pool+"/.well-known/jwks.json")
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", answer.StatusCode, body)
		}
		var set gojose.JSONWebKeySet
		if err := json.Unmarshal([]byte(body), &set); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"IdToken", "AccessToken"} {
			parsed, err := gojose.ParseSignedCompact(tokens[name].(string), []gojose.SignatureAlgorithm{gojose.RS256})
			if err != nil {
				t.Fatal(err)
			}
			payload, err := parsed.Verify(set)
			if err != nil {
				t.Fatal(err)
			}
			var claims struct{ Iss string }
			if err := json.Unmarshal(payload, &claims); err != nil || claims.Iss != w.URL+"/"+pool {
				t.Errorf("issuer %q, %v", claims.Iss, err)
			}
		}

		var discovery map[string]any
		_, body = ask(t, w, "GET", "/"+pool+"/.well-known/openid-configuration")
		if err := json.Unmarshal([]byte(body), &discovery); err != nil {
			t.Fatal(err)
		}
		if discovery["issuer"] != w.URL+"/"+pool || discovery["jwks_uri"] != w.URL+"/"+pool+"/.well-known/jwks.json" {
			t.Errorf("discovery %s", body)
		}
	})
}

func TestDocumentsGoWithTheirPool(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		path := "/" + pool + "/.well-known/jwks.json"
		if answer, body := ask(t, w, "GET", path); answer.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", answer.StatusCode, body)
		}
		w.Must(t, "DeleteUserPool", servertest.M{"UserPoolId": pool})
		if answer, body := ask(t, w, "GET", path); answer.StatusCode != http.StatusNotFound {
			t.Errorf("after deletion: %d %s", answer.StatusCode, body)
		}
	})
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		for name, c := range map[string]struct {
			method, path string
			status       int
			cached       string
		}{
			"keys":          {"GET", "/" + pool + "/.well-known/jwks.json", 200, "public, max-age=3600"},
			"head":          {"HEAD", "/" + pool + "/.well-known/jwks.json", 200, "public, max-age=3600"},
			"discovery":     {"GET", "/" + pool + "/.well-known/openid-configuration", 200, "public, max-age=300"},
			"unknown pool":  {"GET", "/us-east-1_000000000/.well-known/jwks.json", 404, ""},
			"NUL":           {"GET", "/us-east-1%00_000000000/.well-known/jwks.json", 404, ""},
			"invalid UTF-8": {"GET", "/us-east-1%ff_000000000/.well-known/openid-configuration", 404, ""},
			"post":          {"POST", "/" + pool + "/.well-known/jwks.json", 405, ""},
		} {
			answer, body := ask(t, w, c.method, c.path)
			got := []any{
				answer.StatusCode, answer.Header.Get("Content-Type"), answer.Header.Get("Access-Control-Allow-Origin"),
				answer.Header.Get("Cache-Control"),
			}
			if diff := cmp.Diff([]any{c.status, "application/json", "*", c.cached}, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			if !json.Valid([]byte(body)) {
				t.Errorf("%s: body %q", name, body)
			}
		}
	})
}

// The issuers of tokens of identity pools and of principals can be read by whoever is to verify them elsewhere. They have no key in common.
func TestTheServersOwnIssuersArePublished(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		moduli := map[string]string{}
		for path, want := range map[string][]string{"/identity": {"RS512", "RS256"}, "/sts": {"RS256", "ES384"}} {
			var discovery struct {
				Issuer     string
				Keys       string   `json:"jwks_uri"`
				Algorithms []string `json:"id_token_signing_alg_values_supported"`
			}
			_, body := ask(t, w, "GET", path+"/.well-known/openid-configuration")
			if err := json.Unmarshal([]byte(body), &discovery); err != nil || discovery.Issuer != w.URL+path || !slices.Equal(discovery.Algorithms, want) {
				t.Fatalf("%s, %v", body, err)
			}
			answer, body := ask(t, w, "GET", strings.TrimPrefix(discovery.Keys, w.URL))
			var set gojose.JSONWebKeySet
			if err := json.Unmarshal([]byte(body), &set); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, key := range set.Keys {
				got = append(got, key.Algorithm)
				if !key.IsPublic() {
					t.Errorf("%s: %s", path, body)
				}
				if public, ok := key.Key.(*rsa.PublicKey); ok {
					moduli[public.N.String()] = path
				}
			}
			if !slices.Equal(slices.Compact(got), want) { // identity pools have a key of RS512 for others besides
				t.Errorf("%s: %s", path, body)
			}
			if answer.Header.Get("Cache-Control") == "" || answer.Header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("headers %v", answer.Header)
			}
			if _, again := ask(t, w, "GET", strings.TrimPrefix(discovery.Keys, w.URL)); again != body {
				t.Error("the key changes")
			}
		}
		if len(moduli) != 2 {
			t.Errorf("the issuers share a key: %v", moduli)
		}
	})
}
