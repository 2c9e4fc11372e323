package oauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/server/servertest"
	"cardea/spec/id"
)

// holder is a client's key.
type holder struct {
	w   *world
	key *ecdsa.PrivateKey
	jwk M
	jkt string
}

func (w *world) holder(t testing.TB) *holder {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	x, y := encoded(point[1:33]), encoded(point[33:])
	return &holder{
		w, key, M{"kty": "EC", "crv": "P-256", "x": x, "y": y},
		hashed(`{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}`),
	}
}

func encoded(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return encoded(sum[:])
}

// proof is a new proof for an address; with an access token, for a request that shows it.
func (h *holder) proof(t testing.TB, method, address, token string) string {
	t.Helper()
	said := M{"jti": id.NewUUID(), "htm": method, "htu": address, "iat": h.w.Now().Unix()}
	if token != "" {
		said["ath"] = hashed(token)
	}
	var parts []string
	for _, part := range []M{{"typ": "dpop+jwt", "alg": "ES256", "jwk": h.jwk}, said} {
		text, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, encoded(text))
	}
	digest := sha256.Sum256([]byte(strings.Join(parts, ".")))
	r, s, err := ecdsa.Sign(rand.Reader, h.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(append(parts, encoded(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))), ".")
}

// with posts a form to an endpoint, with proofs.
func (w *world) with(t testing.TB, path string, proofs []string, pairs ...string) servertest.Answer {
	t.Helper()
	r := servertest.Form(w.Endpoint(t, w.pool, path), pairs...)
	r.Header["Dpop"] = proofs
	return w.Do(t, r)
}

// redeems exchanges a code with proofs.
func (w *world) redeems(t testing.TB, a app, code string, proofs ...string) servertest.Answer {
	t.Helper()
	pairs := []string{"grant_type", "authorization_code", "client_id", a.id, "code", code, "redirect_uri", callback, "code_verifier", verifier}
	if a.secret != "" {
		pairs = append(pairs, "client_secret", a.secret)
	}
	return w.with(t, "/oauth2/token", proofs, pairs...)
}

// shows asks userInfo by a scheme.
func (w *world) shows(t testing.TB, scheme, token string, proofs ...string) servertest.Answer {
	t.Helper()
	r := servertest.Form(w.Endpoint(t, w.pool, "/oauth2/userInfo"))
	r.Method = http.MethodGet
	r.Header.Set("Authorization", scheme+" "+token)
	r.Header["Dpop"] = proofs
	return w.Do(t, r)
}

func (h *holder) forToken(t testing.TB) string {
	t.Helper()
	return h.proof(t, "POST", h.w.Endpoint(t, h.w.pool, "/oauth2/token"), "")
}

func (h *holder) forUserInfo(t testing.TB, token string) string {
	t.Helper()
	return h.proof(t, "GET", h.w.Endpoint(t, h.w.pool, "/oauth2/userInfo"), token)
}

func TestAccessTokensAreBoundToAKey(t *testing.T) {
	eachFollowing(t, "dpop introspection", func(t *testing.T, w *world) {
		a, h, other := w.web(t, nil), w.holder(t), w.holder(t)
		answer := w.redeems(t, a, w.code(t, a, "scope", "openid aws.cognito.signin.user.admin"), h.forToken(t))
		if answer.Status != 200 || answer.Body["token_type"] != "DPoP" {
			t.Fatalf("got %d %s", answer.Status, answer.Text)
		}
		token := servertest.Text(answer.Body, "access_token")
		if got := servertest.Text(claims(t, token), "cnf.jkt"); got != h.jkt {
			t.Errorf("bound to %q, want %q", got, h.jkt)
		}
		if claims(t, answer.Body["id_token"])["cnf"] != nil {
			t.Error("the ID token is bound")
		}

		for name, c := range map[string]struct {
			scheme string
			proofs []string
			want   int
			code   string
		}{
			"the key":            {"DPoP", []string{h.forUserInfo(t, token)}, 200, ""},
			"the scheme's case":  {"dpop", []string{h.forUserInfo(t, token)}, 200, ""},
			"as bearer":          {"Bearer", nil, 401, "invalid_token"},
			"as bearer, proven":  {"Bearer", []string{h.forUserInfo(t, token)}, 401, "invalid_token"},
			"no proof":           {"DPoP", nil, 401, "invalid_dpop_proof"},
			"two proofs":         {"DPoP", []string{h.forUserInfo(t, token), h.forUserInfo(t, token)}, 401, "invalid_dpop_proof"},
			"another key":        {"DPoP", []string{other.forUserInfo(t, token)}, 401, "invalid_token"},
			"another token":      {"DPoP", []string{h.forUserInfo(t, token+"x")}, 401, "invalid_dpop_proof"},
			"no token":           {"DPoP", []string{h.forUserInfo(t, "")}, 401, "invalid_dpop_proof"},
			"for another method": {"DPoP", []string{h.proof(t, "POST", w.Endpoint(t, w.pool, "/oauth2/userInfo"), token)}, 401, "invalid_dpop_proof"},
			"for another path":   {"DPoP", []string{h.proof(t, "GET", w.Endpoint(t, w.pool, "/oauth2/token"), token)}, 401, "invalid_dpop_proof"},
		} {
			answer := w.shows(t, c.scheme, token, c.proofs...)
			challenge := answer.Header.Get("WWW-Authenticate")
			if answer.Status != c.want || answer.Error() != c.code || c.code != "" && !strings.HasPrefix(challenge, `DPoP error="`+c.code+`"`) {
				t.Errorf("%s: got %d %s, %s", name, answer.Status, answer.Text, challenge)
			}
			if c.code != "" && !strings.Contains(challenge, `algs="ES256 `) {
				t.Errorf("%s: challenge %s", name, challenge)
			}
		}
		posted := servertest.Form(w.Endpoint(t, w.pool, "/oauth2/userInfo"), "access_token", token)
		if answer := w.Do(t, posted); answer.Status != 401 {
			t.Errorf("in a form: %d", answer.Status)
		}
		// The API has no place for a proof.
		w.Fails(t, "GetUser", M{"AccessToken": token}, "NotAuthorizedException", "Invalid Access Token")
		w.Fails(t, "GlobalSignOut", M{"AccessToken": token}, "NotAuthorizedException", "Invalid Access Token")

		unbound := servertest.Text(w.redeems(t, a, w.code(t, a)).Body, "access_token")
		refuses(t, "an unbound token", w.shows(t, "DPoP", unbound, h.forUserInfo(t, unbound)), 401, "invalid_token")

		api := w.web(t, M{"GenerateSecret": true})
		said := w.Post(t, w.Endpoint(t, w.pool, "/oauth2/introspect"), "client_id", api.id, "client_secret", api.secret, "token", token)
		if said.Body["active"] != true || said.Body["token_type"] != "DPoP" || servertest.Text(said.Body, "cnf.jkt") != h.jkt {
			t.Errorf("introspection: %s", said.Text)
		}
	})
}

func TestAProofIsShownOnce(t *testing.T) {
	eachFollowing(t, "dpop", func(t *testing.T, w *world) {
		a, h := w.web(t, nil), w.holder(t)
		proof, code := h.forToken(t), w.code(t, a)
		token := servertest.Text(w.redeems(t, a, w.code(t, a), proof).Body, "access_token")
		refuses(t, "again", w.redeems(t, a, code, proof), 400, "invalid_dpop_proof")
		for name, proofs := range map[string][]string{"none": {""}, "two": {h.forToken(t), h.forToken(t)}, "of another": {h.forUserInfo(t, "")}} {
			refuses(t, name, w.redeems(t, a, code, proofs...), 400, "invalid_dpop_proof")
		}
		late := h.forToken(t)
		w.Advance(121 * time.Second)
		refuses(t, "late", w.redeems(t, a, code, late), 400, "invalid_dpop_proof")
		if answer := w.redeems(t, a, code, h.forToken(t)); answer.Status != 200 {
			t.Errorf("the code was used up: %d %s", answer.Status, answer.Text)
		}

		shown := h.forUserInfo(t, token)
		var won atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				switch answer := w.shows(t, "DPoP", token, shown); {
				case answer.Status == 200:
					won.Add(1)
				case answer.Error() != "invalid_dpop_proof":
					t.Errorf("got %d %s", answer.Status, answer.Text)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%d of 100 were answered", won.Load())
		}
	})
}

func TestRefreshTokensOfPublicClientsAreBoundToTheKey(t *testing.T) {
	for name, rotates := range map[string]bool{"lasting": false, "rotating": true} {
		t.Run(name, func(t *testing.T) {
			eachFollowing(t, "dpop", func(t *testing.T, w *world) {
				settings := M{}
				if rotates {
					settings = M{"RefreshTokenRotation": M{"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}, "ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH"}}
				}
				a, h, other := w.web(t, settings), w.holder(t), w.holder(t)
				given := servertest.Text(w.redeems(t, a, w.code(t, a), h.forToken(t)).Body, "refresh_token")
				refresh := func(proofs ...string) servertest.Answer {
					return w.with(t, "/oauth2/token", proofs, "grant_type", "refresh_token", "client_id", a.id, "refresh_token", given)
				}
				refuses(t, "without a proof", refresh(), 400, "invalid_grant")
				refuses(t, "of another key", refresh(other.forToken(t)), 400, "invalid_grant")
				w.Fails(t, "GetTokensFromRefreshToken", M{"ClientId": a.id, "RefreshToken": given}, "NotAuthorizedException", "Invalid Refresh Token")
				proof := h.forToken(t)
				answer := refresh(proof)
				token := servertest.Text(answer.Body, "access_token")
				if answer.Status != 200 || answer.Body["token_type"] != "DPoP" || servertest.Text(claims(t, token), "cnf.jkt") != h.jkt {
					t.Fatalf("got %d %s", answer.Status, answer.Text)
				}
				if rotates {
					given = servertest.Text(answer.Body, "refresh_token")
				}
				refuses(t, "again", refresh(proof), 400, "invalid_dpop_proof")
				if answer := refresh(h.forToken(t)); answer.Status != 200 {
					t.Errorf("a second time: %d %s", answer.Status, answer.Text)
				}
			})
		})
	}
}

func TestClientsWithASecretChangeTheirKeys(t *testing.T) {
	eachFollowing(t, "dpop", func(t *testing.T, w *world) {
		a, h, other := w.web(t, M{"GenerateSecret": true}), w.holder(t), w.holder(t)
		given := servertest.Text(w.redeems(t, a, w.code(t, a), h.forToken(t)).Body, "refresh_token")
		for key, proofs := range map[string][]string{other.jkt: {other.forToken(t)}, "": nil} {
			answer := w.with(t, "/oauth2/token", proofs, "grant_type", "refresh_token", "client_id", a.id, "client_secret", a.secret, "refresh_token", given)
			if answer.Status != 200 || servertest.Text(claims(t, answer.Body["access_token"]), "cnf.jkt") != key {
				t.Errorf("got %d %s", answer.Status, answer.Text)
			}
		}

		m := w.machine(t, nil)
		proof := h.forToken(t)
		pairs := []string{"grant_type", "client_credentials", "client_id", m.id, "client_secret", m.secret}
		answer := w.with(t, "/oauth2/token", []string{proof}, pairs...)
		if answer.Status != 200 || answer.Body["token_type"] != "DPoP" || servertest.Text(claims(t, answer.Body["access_token"]), "cnf.jkt") != h.jkt {
			t.Errorf("a client's own: %d %s", answer.Status, answer.Text)
		}
		refuses(t, "again", w.with(t, "/oauth2/token", []string{proof}, pairs...), 400, "invalid_dpop_proof")
	})
}

func TestCodesAreBoundToTheKeyThatTheRequestNames(t *testing.T) {
	eachFollowing(t, "dpop par device", func(t *testing.T, w *world) {
		a, h, other := w.web(t, nil), w.holder(t), w.holder(t)
		if got := sentBack(t, w.open(t, "/oauth2/authorize", query(a, "dpop_jkt", "x")), callback+"?"); got.Get("error") != "invalid_request" {
			t.Errorf("a thumbprint that is none: %v", got)
		}
		code := w.code(t, a, "dpop_jkt", h.jkt)
		refuses(t, "without a proof", w.redeems(t, a, code), 400, "invalid_grant")
		refuses(t, "of another key", w.redeems(t, a, code, other.forToken(t)), 400, "invalid_grant")
		if answer := w.redeems(t, a, code, h.forToken(t)); answer.Status != 200 {
			t.Errorf("got %d %s", answer.Status, answer.Text)
		}

		pushes := func(proof string, more ...string) servertest.Answer {
			return w.with(t, "/oauth2/par", []string{proof}, append([]string{"client_id", a.id, "redirect_uri", callback, "response_type", "code",
				"code_challenge", hashed(verifier), "code_challenge_method", "S256"}, more...)...)
		}
		forPush := func() string { return h.proof(t, "POST", w.Endpoint(t, w.pool, "/oauth2/par"), "") }
		refuses(t, "two keys", pushes(forPush(), "dpop_jkt", other.jkt), 400, "invalid_dpop_proof")
		refuses(t, "for another endpoint", pushes(h.forToken(t)), 400, "invalid_dpop_proof")
		proof := forPush()
		answer := pushes(proof)
		refuses(t, "again", pushes(proof), 400, "invalid_dpop_proof")
		location, err := w.finish(t, url.Values{"client_id": {a.id}, "request_uri": {servertest.Text(answer.Body, "request_uri")}}.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		code = sentTo(t, location).Get("code")
		refuses(t, "pushed, without a proof", w.redeems(t, a, code), 400, "invalid_grant")
		if answer := w.redeems(t, a, code, h.forToken(t)); answer.Status != 200 {
			t.Errorf("pushed: %d %s", answer.Status, answer.Text)
		}

		device := w.start(t, a)
		if err := w.answer(t, device, true); err != nil {
			t.Fatal(err)
		}
		answer = w.with(t, "/oauth2/token", []string{h.forToken(t)}, "grant_type", "urn:ietf:params:oauth:grant-type:device_code",
			"client_id", a.id, "device_code", servertest.Text(device, "device_code"))
		if answer.Status != 200 || servertest.Text(claims(t, answer.Body["access_token"]), "cnf.jkt") != h.jkt {
			t.Errorf("a device: %d %s", answer.Status, answer.Text)
		}
	})
}

func sentTo(t testing.TB, location string) url.Values {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func TestProofsAreIgnoredUnlessThePoolFollows(t *testing.T) {
	eachFollowing(t, "par", func(t *testing.T, w *world) {
		a, h := w.web(t, nil), w.holder(t)
		for _, proof := range []string{h.forToken(t), "x"} {
			answer := w.redeems(t, a, w.code(t, a, "dpop_jkt", "x"), proof)
			if answer.Status != 200 || answer.Body["token_type"] != "Bearer" || claims(t, answer.Body["access_token"])["cnf"] != nil {
				t.Errorf("got %d %s", answer.Status, answer.Text)
			}
		}
		if w.configuration(t)["dpop_signing_alg_values_supported"] != nil {
			t.Error("the configuration names algorithms")
		}
		w.Must(t, "UpdateUserPool", M{"UserPoolId": w.pool, "UserPoolTags": M{"cardea:standards": "dpop"}})
		if list, _ := w.configuration(t)["dpop_signing_alg_values_supported"].([]any); len(list) != 11 {
			t.Errorf("the configuration names %v", list)
		}
	})
}
