package upstreamtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
)

// signingKey is a key of the provider.
type signingKey struct {
	id      string
	alg     jose.SignatureAlgorithm
	private any
}

// shared is the RSA key of the first provider of a process, and of every other: making one takes long.
var shared = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// newKey makes a key with an id of its own: always the same RSA key, which matters to nobody here.
func newKey(t testing.TB) signingKey {
	t.Helper()
	private, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return signingKey{rand.Text(), jose.RS256, private}
}

// UseES256 replaces the provider's key by a new one of the curve P-256.
func (p *Provider) UseES256() {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	p.UseKey(jose.ES256, private)
}

// UseKey replaces the provider's key.
func (p *Provider) UseKey(alg jose.SignatureAlgorithm, private any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = []signingKey{{rand.Text(), alg, private}}
}

// KeyID is the id of the key that signs.
func (p *Provider) KeyID() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys[0].id
}

// Public is the public key that verifies what the provider signs.
func (p *Provider) Public() any {
	p.mu.Lock()
	defer p.mu.Unlock()
	private := jose.JSONWebKey{Key: p.keys[0].private}
	return private.Public().Key
}

// Sign signs claims as the provider does.
func (p *Provider) Sign(claims map[string]any) string {
	p.mu.Lock()
	k := p.keys[0]
	p.mu.Unlock()
	return Compact(p.t, k.alg, jose.JSONWebKey{Key: k.private, KeyID: k.id}, claims)
}

// Compact makes a token by any key of go-jose.
func Compact(t testing.TB, alg jose.SignatureAlgorithm, key any, claims map[string]any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Error(err)
		return ""
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Error(err)
		return ""
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Error(err)
		return ""
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		t.Error(err)
	}
	return compact
}

// Raw puts a token together of a header, claims and signature, whatever they are.
func Raw(t testing.TB, header, claims map[string]any, signature []byte) string {
	encode := func(object map[string]any) string {
		raw, err := json.Marshal(object)
		if err != nil {
			t.Error(err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	return encode(header) + "." + encode(claims) + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func (p *Provider) serveKeys(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	set := jose.JSONWebKeySet{}
	for _, k := range p.keys {
		private := jose.JSONWebKey{Key: k.private, KeyID: k.id, Algorithm: string(k.alg), Use: "sig"}
		set.Keys = append(set.Keys, private.Public())
	}
	answer(w, http.StatusOK, set)
}
