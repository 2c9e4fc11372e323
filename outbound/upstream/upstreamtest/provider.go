package upstreamtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"cardea/outbound/upstream"
	"cardea/platform/web"
)

// Provider is a running provider. Whoever comes to it is signed in at once, as the person of SetClaims.
type Provider struct {
	Kind         string // upstream.OIDC, Google, Apple, Facebook or Amazon
	URL          string // where it is; the issuer, where there is one
	ClientID     string
	ClientSecret string // not Apple's
	Now          func() time.Time

	t      testing.TB
	server *httptest.Server
	apple  *ecdsa.PrivateKey // which signs client secrets

	mu       sync.Mutex
	claims   map[string]any
	first    bool // Apple: the next sign-in is the person's first
	codes    map[string]grant
	tokens   map[string]grant
	keys     []signingKey // the first signs
	handlers map[string]http.HandlerFunc
	calls    map[string]int

	editIDToken  func(claims map[string]any)
	editUserInfo func(claims map[string]any)
	editTokens   func(response map[string]any)
	sign         func(claims map[string]any) string
}

// grant is what a code or an access token stands for.
type grant struct {
	redirect, nonce, challenge string
	maxAge                     bool
	claims                     map[string]any
}

// Start starts a provider of a kind, on https with a certificate that HTTP trusts. It ends with the test.
func Start(t testing.TB, kind string) *Provider { return start(t, kind, true) }

// StartPlain starts one on http.
func StartPlain(t testing.TB, kind string) *Provider { return start(t, kind, false) }

func start(t testing.TB, kind string, secure bool) *Provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{
		Kind: kind, ClientID: "app-at-" + kind, ClientSecret: "secret-at-" + kind, Now: time.Now,
		t: t, apple: key, first: true,
		codes: map[string]grant{}, tokens: map[string]grant{}, handlers: map[string]http.HandlerFunc{}, calls: map[string]int{},
	}
	p.SetClaims(map[string]any{"sub": "1234567890", "email": "jane@example.com", "email_verified": true, "name": "Jane Doe"})
	p.Rotate()
	p.server = httptest.NewUnstartedServer(p)
	if secure {
		p.server.StartTLS()
	} else {
		p.server.Start()
	}
	t.Cleanup(p.server.Close)
	p.URL = p.server.URL
	return p
}

// HTTP is a guarded client (platform/web) that may call the provider.
func (p *Provider) HTTP() *http.Client {
	p.t.Helper()
	client, err := web.New(web.Options{Allow: []string{"127.0.0.1"}, PlainHTTP: p.server.TLS == nil, Roots: p.Roots()})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(client.CloseIdleConnections)
	return client
}

// Roots is what a client has to trust to call the provider; nil if it is on http.
func (p *Provider) Roots() *x509.CertPool {
	if p.server.TLS == nil {
		return nil
	}
	roots := x509.NewCertPool()
	roots.AddCert(p.server.Certificate())
	return roots
}

// Certificate is that of the provider's TLS, for the roots of a client that calls several; nil if it is on http.
func (p *Provider) Certificate() *x509.Certificate { return p.server.Certificate() }

// SetClaims says who signs in next. "sub" is the name of the person at every kind of provider, "email", "email_verified" and "name" are
// given in the form of the kind; Google's People API answers those of its own names, such as "birthdays", as they are given here.
func (p *Provider) SetClaims(claims map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims, p.first = maps.Clone(claims), true
}

// Rotate makes a new key, which signs from now on. It is the only one in the key set then.
func (p *Provider) Rotate() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = []signingKey{newKey(p.t)}
}

// Calls counts the requests for a path, such as "/token".
func (p *Provider) Calls(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[path]
}

// Handle answers a path by a handler instead; nil: as a provider does.
func (p *Provider) Handle(path string, handler http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handlers[path] = handler
}

// EditIDToken changes the claims of ID tokens before they are signed; nil: no more.
func (p *Provider) EditIDToken(edit func(claims map[string]any)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.editIDToken = edit
}

// EditUserInfo changes answers about users.
func (p *Provider) EditUserInfo(edit func(claims map[string]any)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.editUserInfo = edit
}

// EditTokens changes token responses.
func (p *Provider) EditTokens(edit func(response map[string]any)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.editTokens = edit
}

// SignWith makes ID tokens by a function instead.
func (p *Provider) SignWith(sign func(claims map[string]any) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sign = sign
}

// Config is how a pool configures the provider under the name of its kind, or "Example" for OIDC. attributes are the claims that are
// mapped.
func (p *Provider) Config(attributes ...string) upstream.Provider {
	details := p.Details()
	name := p.Kind
	if p.Kind == upstream.OIDC {
		name = "Example"
	}
	return upstream.Provider{
		Name: name, Type: p.Kind, ClientID: details["client_id"], ClientSecret: details["client_secret"], Scopes: details["authorize_scopes"],
		Apple:  upstream.AppleKey{Team: details["team_id"], ID: details["key_id"], Private: details["private_key"]},
		Issuer: details["oidc_issuer"], AuthorizeURL: details["authorize_url"], TokenURL: details["token_url"],
		AttributesURL: details["attributes_url"], KeysURL: details["jwks_uri"],
		TokenMethod: details["token_request_method"], AttributesMethod: details["attributes_request_method"],
		AddAttributes: details["attributes_url_add_attributes"] == "true", Attributes: attributes,
	}
}

// Details are the ProviderDetails of CreateIdentityProvider for this provider. An OIDC provider is discovered; social ones have all
// endpoints but the key set.
func (p *Provider) Details() map[string]string {
	d := map[string]string{"client_id": p.ClientID, "client_secret": p.ClientSecret}
	social := func(scopes, method, attributes, add string) {
		d["authorize_scopes"], d["authorize_url"], d["token_url"] = scopes, p.URL+"/authorize", p.URL+"/token"
		d["token_request_method"], d["attributes_url_add_attributes"] = method, add
		if attributes != "" {
			d["attributes_url"] = p.URL + attributes
		}
	}
	switch p.Kind {
	case upstream.OIDC:
		d["authorize_scopes"], d["oidc_issuer"], d["attributes_request_method"] = "openid email profile", p.URL, http.MethodGet
		d["attributes_url_add_attributes"] = "false"
	case upstream.Google:
		social("profile email openid", http.MethodPost, "/v1/people/me?personFields=", "true")
		d["oidc_issuer"] = p.URL
	case upstream.Apple:
		social("email name", http.MethodPost, "", "false")
		delete(d, "client_secret")
		d["oidc_issuer"], d["team_id"], d["key_id"], d["private_key"] = p.URL, "TEAM123456", "KEY1234567", p.applePrivate()
	case upstream.Facebook:
		social("public_profile, email", http.MethodGet, "/me?fields=", "true")
		d["api_version"] = "v17.0"
	case upstream.Amazon:
		social("profile postal_code", http.MethodPost, "/user/profile", "false")
	}
	return d
}

func (p *Provider) applePrivate() string {
	der, err := x509.MarshalPKCS8PrivateKey(p.apple)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
