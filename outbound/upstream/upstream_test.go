package upstream_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
	"cardea/platform/web"
	"cardea/spec/oauth2"
)

const callback = "https://pool.example.com/oauth2/idpresponse"

// visit is one sign-in at a provider, as feature/federation does it.
type visit struct {
	t        testing.TB
	client   *upstream.Client
	provider *upstreamtest.Provider
	config   upstream.Provider
	depart   upstream.Departure
	arrive   upstream.Arrival
	journal  upstream.Journal
}

func newVisit(t testing.TB, p *upstreamtest.Provider, attributes ...string) *visit {
	verifier := rand.Text() + rand.Text()
	return &visit{
		t: t, client: &upstream.Client{HTTP: p.HTTP()}, provider: p, config: p.Config(attributes...),
		depart: upstream.Departure{RedirectURI: callback, State: rand.Text(), Nonce: rand.Text(), Challenge: oauth2.Challenge(verifier), MaxAge: -1},
		arrive: upstream.Arrival{RedirectURI: callback, Verifier: verifier, MaxAge: -1},
	}
}

// there goes to the provider and comes back.
func (v *visit) there() {
	v.t.Helper()
	address, err := v.client.AuthorizeURL(v.t.Context(), v.config, v.depart)
	if err != nil {
		v.t.Fatal(err)
	}
	back := v.provider.Approve(address)
	if !strings.HasPrefix(back.URL, callback) || back.Values().Get("state") != v.depart.State {
		v.t.Fatalf("came back to %s with %v", back.URL, back.Values())
	}
	v.arrive.Code, v.arrive.Issuer, v.arrive.User = back.Values().Get("code"), back.Values().Get("iss"), back.Values().Get("user")
	v.arrive.Nonce = v.depart.Nonce
}

// redeem goes to the provider, comes back and redeems the code.
func (v *visit) redeem() (*upstream.Identity, error) {
	v.t.Helper()
	v.there()
	return v.client.Redeem(v.t.Context(), v.config, v.arrive, &v.journal)
}

// fails redeems, which has to fail by a check.
func (v *visit) fails(check string) *upstream.Error {
	v.t.Helper()
	v.there()
	return v.refused(check)
}

// refused redeems the code of the arrival, which has to fail by a check.
func (v *visit) refused(check string) *upstream.Error {
	v.t.Helper()
	identity, err := v.client.Redeem(v.t.Context(), v.config, v.arrive, &v.journal)
	failed, ok := err.(*upstream.Error)
	if !ok || identity != nil || failed.Check != check {
		v.t.Fatalf("got %+v, %v, want a failed check of %q", identity, err, check)
	}
	last := v.journal.Steps[len(v.journal.Steps)-1]
	if last.Kind != "check" || last.Name != check || last.Failed == "" {
		v.t.Errorf("the journal ends with %+v", last)
	}
	return failed
}

func TestEachKindOfProviderSignsIn(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]map[string]string{
		upstream.OIDC:     {"sub": "1234567890", "email": "jane@example.com", "email_verified": "true", "name": "Jane Doe"},
		upstream.Google:   {"sub": "1234567890", "email": "jane@example.com", "email_verified": "true", "name": "Jane Doe", "birthdays": "1990-02-03"},
		upstream.Apple:    {"sub": "1234567890", "email": "jane@example.com", "email_verified": "true", "name": "Jane Doe", "firstName": "Jane", "lastName": "Doe"},
		upstream.Facebook: {"id": "1234567890", "email": "jane@example.com", "name": "Jane Doe"},
		upstream.Amazon:   {"user_id": "1234567890", "email": "jane@example.com", "name": "Jane Doe"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			p := upstreamtest.Start(t, kind)
			p.SetClaims(map[string]any{
				"sub": "1234567890", "email": "jane@example.com", "email_verified": true, "name": "Jane Doe",
				"birthdays": []any{map[string]any{"date": map[string]any{"year": 1990, "month": 2, "day": 3}}},
			})
			v := newVisit(t, p, "email", "name", "email_verified", "birthdays")
			identity, err := v.redeem()
			if err != nil {
				t.Fatal(err)
			}
			if identity.Subject != "1234567890" || identity.Issuer != v.config.Issuer {
				t.Errorf("got %q of %q", identity.Subject, identity.Issuer)
			}
			for name, value := range want {
				if identity.Claims[name] != value {
					t.Errorf("%s: got %q, want %q", name, identity.Claims[name], value)
				}
			}
			if identity.Claims["access_token"] == "" || identity.Said.TokenResponse["access_token"] != identity.Claims["access_token"] {
				t.Error("the access token cannot be mapped")
			}
			checkSecrets(t, v, identity)
		})
	}
}

// checkSecrets fails if a code, a token, a secret or a verifier is in the journal.
func checkSecrets(t *testing.T, v *visit, identity *upstream.Identity) {
	t.Helper()
	text, err := json.Marshal(v.journal.Steps)
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"code": v.arrive.Code, "verifier": v.arrive.Verifier, "nonce": v.arrive.Nonce, "client secret": v.config.ClientSecret}
	if identity != nil {
		for _, name := range []string{"access_token", "id_token", "refresh_token"} {
			secrets[name] = identity.Claims[name]
		}
	}
	for name, secret := range secrets {
		if secret != "" && (strings.Contains(string(text), secret) || strings.Contains(string(text), url.QueryEscape(secret))) {
			t.Errorf("the %s is in the journal: %s", name, text)
		}
	}
}

func TestAuthorizeURLs(t *testing.T) {
	t.Parallel()
	d := upstream.Departure{
		RedirectURI: callback, State: "s", Nonce: "n", Challenge: "c", Prompt: "login", LoginHint: "jane@example.com", Levels: "high", MaxAge: 0,
	}
	common := map[string]string{
		"client_id": "id", "redirect_uri": callback, "response_type": "code", "state": "s", "code_challenge": "c", "code_challenge_method": "S256", "keep": "1",
	}
	for kind, more := range map[string]map[string]string{
		upstream.OIDC: {
			"scope": "openid email", "nonce": "n", "prompt": "login", "login_hint": "jane@example.com", "acr_values": "high", "max_age": "0",
		},
		upstream.Google:   {"scope": "openid email", "nonce": "n", "prompt": "select_account"},
		upstream.Apple:    {"scope": "openid email", "nonce": "n", "response_mode": "form_post"},
		upstream.Facebook: {"scope": "openid,email", "auth_type": "reauthenticate"},
		upstream.Amazon:   {"scope": "openid email"},
	} {
		want := url.Values{}
		for _, some := range []map[string]string{common, more} {
			for name, value := range some {
				want.Set(name, value)
			}
		}
		p := upstream.Provider{Type: kind, ClientID: "id", Scopes: "openid email", AuthorizeURL: "https://idp.example.com/a?keep=1&client_id=other#f"}
		address, err := new(upstream.Client).AuthorizeURL(t.Context(), p, d)
		if err != nil {
			t.Fatal(err)
		}
		got, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Query()); diff != "" || got.Host != "idp.example.com" || got.Path != "/a" || got.Fragment != "" {
			t.Errorf("%s: %s (-want +got)\n%s", kind, address, diff)
		}
	}
}

func TestVisitorsAreSentNowhereButToTheWeb(t *testing.T) {
	t.Parallel()
	client := new(upstream.Client)
	good := upstream.Departure{RedirectURI: callback, State: "s", Nonce: "n", MaxAge: -1}
	for _, address := range []string{"javascript:alert(1)", "data://host/x", "//idp.example.com/a", "/a", "https://u:p@idp.example.com/", "https://idp.example.com/?a=%zz", "x"} {
		if got, err := client.AuthorizeURL(t.Context(), upstream.Provider{Type: upstream.OIDC, AuthorizeURL: address}, good); err == nil {
			t.Errorf("%s: sent to %s", address, got)
		}
	}
	for name, d := range map[string]upstream.Departure{
		"no state": {RedirectURI: callback, Nonce: "n"}, "no nonce": {RedirectURI: callback, State: "s"}, "no address": {State: "s", Nonce: "n"},
	} {
		if got, err := client.AuthorizeURL(t.Context(), upstream.Provider{Type: upstream.OIDC, AuthorizeURL: "https://idp.example.com/a"}, d); err == nil {
			t.Errorf("%s: sent to %s", name, got)
		}
	}
	p := upstream.Provider{Type: upstream.OIDC, AuthorizeURL: "https://idp.example.com/a"}
	good.Prompt = "none login"
	if got, err := client.AuthorizeURL(t.Context(), p, good); err != nil || strings.Contains(got, "none") || !strings.Contains(got, "prompt=login") {
		t.Errorf("sent to %s, %v", got, err)
	}
}

// both is a client that may call two providers.
func both(t *testing.T, providers ...*upstreamtest.Provider) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	for _, p := range providers {
		roots.AddCert(p.Certificate())
	}
	client, err := web.New(web.Options{Allow: []string{"127.0.0.1"}, Roots: roots})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
