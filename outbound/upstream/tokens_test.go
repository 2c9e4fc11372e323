package upstream_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
	"cardea/platform/web"
)

// says is a handler with a fixed answer.
func says(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// hangs answers when the client has given up.
func hangs(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // or the server would not see that
	<-r.Context().Done()
}

const jsonType = "application/json"

func TestTokenEndpointsThatMisbehave(t *testing.T) {
	t.Parallel()
	long := `{"access_token":"` + strings.Repeat("x", 600<<10) + `"}`
	for name, test := range map[string]struct {
		kind    string
		handler http.HandlerFunc
		word    string
		advice  string
	}{
		"slow":      {upstream.OIDC, hangs, "Timeout occurred in calling IdP token endpoint", "in time"},
		"huge":      {upstream.OIDC, says(200, jsonType, long), "Example Error - error getting token", "longer"},
		"500":       {upstream.OIDC, says(500, "text/plain", "oops"), "Example Error - 500 error getting token", "an error of its own"},
		"404, HTML": {upstream.OIDC, says(404, "text/html", "<h1>Not found</h1>"), "Example Error - 404 error getting token", "token_url"},
		"200, HTML": {upstream.OIDC, says(200, "text/html", "<h1>Sign in</h1>"), "Example Error - 200 error getting token", "token_url"},
		"cut off":   {upstream.OIDC, says(200, jsonType, `{"access_token":"a`), "Example Error - 200 error getting token", "JSON"},
		"twice":     {upstream.OIDC, says(200, jsonType, `{"access_token":"a","access_token":"b"}`), "Example Error - 200 error getting token", "JSON"},
		"two":       {upstream.OIDC, says(200, jsonType, `{"access_token":"a"}{}`), "Example Error - 200 error getting token", "JSON"},
		"empty":     {upstream.OIDC, says(200, jsonType, `{}`), "Example Error - 200 error getting token", ""},
		"DPoP":      {upstream.OIDC, says(200, jsonType, `{"access_token":"a","token_type":"DPoP"}`), "Example Error - 200 error getting token", "DPoP"},
		"no openid": {upstream.OIDC, says(200, jsonType, `{"access_token":"a"}`), "Bad id_token missing", "openid"},

		"wrong secret": {
			upstream.OIDC, says(401, jsonType, `{"error":"invalid_client","error_description":"Client authentication failed"}`),
			"Example Error - 401 invalid_client Client authentication failed", "client_secret",
		},
		"wrong redirect": {upstream.Google, says(400, jsonType, `{"error":"redirect_uri_mismatch","error_description":"Bad Request"}`), "Google Error - 400 redirect_uri_mismatch Bad Request", "registered"},
		"error with 200": {upstream.OIDC, says(200, jsonType, `{"error":"bad_verification_code"}`), "Example Error - 200 bad_verification_code", ""},
		"Facebook's form": {
			upstream.Facebook, says(400, jsonType, `{"error":{"message":"Error validating client secret.","type":"OAuthException","code":1}}`),
			"Facebook Error - 400 OAuthException Error validating client secret.", "",
		},
		"words that are no words": {
			upstream.OIDC, says(400, jsonType, `{"error":"a\r\nSet-Cookie: x\u202e<script>","error_description":"`+strings.Repeat("long ", 100)+`"}`),
			"Example Error - 400 a Set-Cookie: x <script> " + strings.TrimSpace(strings.Repeat("long ", 40)) + " …", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := upstreamtest.Start(t, test.kind)
			p.Handle("/token", test.handler)
			v := newVisit(t, p)
			v.there()
			if name == "slow" {
				v.client.Timeout = 200 * time.Millisecond
			}
			_, err := v.client.Redeem(t.Context(), v.config, v.arrive, &v.journal)
			failed, ok := err.(*upstream.Error)
			if !ok || failed.Word != test.word || !strings.Contains(failed.Advice, test.advice) {
				t.Fatalf("got %#v, %v", failed, err)
			}
			if n := p.Calls("/token"); n != 1 {
				t.Errorf("the code was sent %d times", n)
			}
			checkSecrets(t, v, nil)
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/token", "/userinfo", "/jwks", "/.well-known/openid-configuration"} {
		p := upstreamtest.Start(t, upstream.OIDC)
		p.Handle(path, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		})
		v := newVisit(t, p)
		v.config.AuthorizeURL = p.URL + "/authorize"
		v.there()
		if _, err := v.client.Redeem(t.Context(), v.config, v.arrive, nil); err == nil {
			t.Errorf("%s: signed in", path)
		}
		if n := p.Calls("/elsewhere"); n != 0 {
			t.Errorf("%s: followed", path)
		}
	}
}

func TestWhatAProviderRepeatsOfSecretsIsHidden(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	p.Handle("/token", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{
			"error":             "invalid_grant " + r.Form.Get("code"),
			"error_description": r.Form.Get("client_secret") + " " + r.Form.Get("code_verifier"),
		})
	})
	v := newVisit(t, p)
	failed := v.fails("token")
	checkSecrets(t, v, nil)
	for _, secret := range []string{v.arrive.Code, v.arrive.Verifier, v.config.ClientSecret} {
		if strings.Contains(failed.Word, secret) || strings.Contains(failed.Error(), secret) {
			t.Errorf("%q, %v tell a secret", failed.Word, failed)
		}
	}
}

// Facebook's secret and code are in the query of a request, and Go's errors of requests have their address.
func TestErrorsOfRequestsHaveNoQuery(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.Facebook)
	p.Handle("/token", hangs)
	v := newVisit(t, p)
	v.there()
	v.client.Timeout = 100 * time.Millisecond
	began := time.Now()
	failed := v.refused("token")
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("given up after %s", took)
	}
	checkSecrets(t, v, nil)
	if strings.Contains(failed.Error(), v.config.ClientSecret) || strings.Contains(failed.Error(), v.arrive.Code) {
		t.Error(failed)
	}
}

func TestCodesAndVerifiersBelongTogether(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{upstream.OIDC, upstream.Google, upstream.Apple, upstream.Facebook, upstream.Amazon} {
		p := upstreamtest.Start(t, kind)
		v := newVisit(t, p)
		v.there()
		v.arrive.Verifier = strings.Repeat("x", 43)
		v.refused("token")
	}
}

func TestAnswersOfOtherProvidersAreRefused(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	v := newVisit(t, p)
	v.there()
	v.arrive.Issuer = "https://other.example.com"
	v.refused("iss")
	v.arrive.Issuer, v.arrive.Nonce = p.URL, ""
	v.refused("nonce")
	v.arrive.Nonce, v.arrive.Code = "n", ""
	v.refused("code")
	if n := p.Calls("/token"); n != 0 {
		t.Errorf("the code was sent %d times", n)
	}
}

func TestAppleIsShownATokenOfTheTeamsKey(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.Apple)
	good := p.Config().Apple.Private
	bare := strings.Join(strings.Split(strings.TrimSpace(good), "\n")[1:4], "\n")
	if strings.Contains(bare, "-") {
		t.Fatalf("not base64 alone: %s", bare)
	}
	for name, test := range map[string]struct{ private, check string }{
		"PEM":    {good, ""},
		"base64": {bare, ""},
		"other":  {upstreamtest.Start(t, upstream.Apple).Config().Apple.Private, "token"},
		"broken": {"x", "private key"},
		"none":   {"", "private key"},
	} {
		v := newVisit(t, p)
		v.config.Apple.Private = test.private
		if test.check != "" {
			v.fails(test.check)
			continue
		}
		if _, err := v.redeem(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestApplesNamesComeOnceAndItsAddressIsTheSignedOne(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.Apple)
	identity, err := newVisit(t, p).redeem()
	if err != nil || identity.Claims["firstName"] != "Jane" || identity.Claims["email"] != "jane@example.com" {
		t.Fatalf("got %+v, %v", identity, err)
	}
	identity, err = newVisit(t, p).redeem()
	if _, again := identity.Claims["firstName"]; err != nil || again {
		t.Fatalf("got %+v, %v", identity, err)
	}
	for posted, want := range map[string]string{
		`{"name":{"firstName":"A"}}` + strings.Repeat(" ", 4<<10):                         "",
		`{"name":{"firstName":"A","lastName":"B"},"sub":"admin","email_verified":"true"}`: "A B",
		`{"name":{"firstName":"A\u0000"}}`:                                                "",
		`{"name":{"firstName":["A"]}}`:                                                    "",
		`{"name":"A"}`:                                                                    "",
		`[1]`:                                                                             "",
		`{`:                                                                               "",
		`{"name":{"firstName":"` + strings.Repeat("x", 5000) + `"}}`: "",
	} {
		v := newVisit(t, p)
		v.there()
		v.arrive.User = posted
		identity, err := v.client.Redeem(t.Context(), v.config, v.arrive, nil)
		if err != nil || identity.Claims["name"] != want || identity.Subject != "1234567890" {
			t.Errorf("%s: %+v, %v", posted, identity, err)
		}
	}
}

func TestWhatAppleHasSignedCounts(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.Apple)
	p.EditIDToken(set("name", "As signed"))
	identity, err := newVisit(t, p).redeem()
	if err != nil || identity.Claims["name"] != "As signed" || identity.Claims["firstName"] != "Jane" {
		t.Errorf("got %+v, %v", identity, err)
	}
}

func TestPrivateAddressesAreNotCalled(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	_, port, _ := strings.Cut(strings.TrimPrefix(p.URL, "https://"), ":")
	closed, err := web.New(web.Options{Roots: p.Roots()})
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"169.254.169.254", "10.0.0.1", "localhost:" + port, "[::1]", "127.0.0.1:" + port, "[::ffff:127.0.0.1]:" + port} {
		for _, endpoint := range []string{"token", "attributes", "keys", "discovery"} {
			v := newVisit(t, p)
			v.there()
			address := "https://" + host + "/x"
			switch endpoint {
			case "token":
				v.client = &upstream.Client{HTTP: closed}
				v.config.TokenURL, v.config.KeysURL, v.config.AuthorizeURL = address, address, address
			case "attributes":
				v.config.AttributesURL = address
			case "keys":
				v.config.KeysURL = address
			case "discovery":
				v.client = &upstream.Client{HTTP: closed}
				v.config.Issuer, v.arrive.Issuer = address, ""
			}
			if endpoint != "token" && endpoint != "discovery" && strings.Contains(host, port) {
				continue // which this client may call, as the test's provider is there
			}
			failed := v.refused(endpoint)
			if !strings.Contains(failed.Advice, "outgoing.allow") {
				t.Errorf("%s at %s: %v, %s", endpoint, host, failed, failed.Advice)
			}
		}
	}
	if n := p.Calls("/x"); n != 0 {
		t.Errorf("%d calls went through", n)
	}
}
