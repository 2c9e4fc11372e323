package jose_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"cardea/spec/jose"
)

// Another library makes the tokens and knows their keys' thumbprints.
func TestTokensThatCarryTheirKeyVerify(t *testing.T) {
	t.Parallel()
	curve := func(c elliptic.Curve) any {
		key, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]any{"ES256": curve(elliptic.P256()), "ES384": curve(elliptic.P384()), "ES512": curve(elliptic.P521()), "EdDSA": edwards}
	for _, alg := range jose.HeldAlgorithms() {
		if alg == "Ed25519" {
			continue // the other library does not have it
		}
		key := keys[alg]
		if key == nil {
			key = testKey()
		}
		private := gojose.JSONWebKey{Key: key}
		signer, err := gojose.NewSigner(
			gojose.SigningKey{Algorithm: gojose.SignatureAlgorithm(alg), Key: private},
			(&gojose.SignerOptions{EmbedJWK: true}).WithType("x+jwt"))
		if err != nil {
			t.Fatal(err)
		}
		object, err := signer.Sign([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		token, err := object.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		sum, err := private.Thumbprint(crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		held, err := jose.ParseHeld(token, "x+jwt")
		if err != nil || string(held.Payload) != payload || held.Thumbprint != base64.RawURLEncoding.EncodeToString(sum) {
			t.Errorf("%s: %+v, %v", alg, held, err)
		}
		parts := strings.Split(token, ".")
		other := parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{}`)) + "." + parts[2]
		if _, err := jose.ParseHeld(other, "x+jwt"); err == nil {
			t.Errorf("%s: another payload is accepted", alg)
		}
		if _, err := jose.ParseHeld(token, "y+jwt"); err == nil {
			t.Errorf("%s: another type is accepted", alg)
		}
	}
	if !slices.IsSorted(jose.HeldAlgorithms()) {
		t.Error("the list is not in order")
	}
}

func TestEd25519HasTwoNames(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	for _, alg := range []string{"EdDSA", "Ed25519"} {
		header := `{"typ":"x","alg":"` + alg + `","jwk":{"kty":"OKP","crv":"Ed25519","x":"` + encode(public) + `"}}`
		signed := encode([]byte(header)) + "." + encode([]byte(payload))
		signature := ed25519.Sign(private, []byte(signed))
		if held, err := jose.ParseHeld(signed+"."+encode(signature), "x"); err != nil || string(held.Payload) != payload {
			t.Errorf("%s: %v", alg, err)
		}
		signature[0] ^= 1
		if _, err := jose.ParseHeld(signed+"."+encode(signature), "x"); err != jose.ErrSignature {
			t.Errorf("%s: another signature: %v", alg, err)
		}
	}
}

// Each change to the key of a good header is refused before any arithmetic.
func TestKeysThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	ec := map[string]any{"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
	rsa := map[string]any{"kty": "RSA", "e": "AQAB", "n": encode(testKey().N.Bytes())}
	okp := map[string]any{"kty": "OKP", "crv": "Ed25519", "x": encode(make([]byte, 31))}
	short := testKey().N.Bytes()[:128]
	short[127] |= 1
	long := make([]byte, 513)
	long[0], long[512] = 1, 1

	for name, c := range map[string]struct {
		alg     string
		key     map[string]any
		changes map[string]any
	}{
		"off the curve":         {"ES256", ec, map[string]any{"y": ec["x"]}},
		"at infinity":           {"ES256", ec, map[string]any{"x": encode(make([]byte, 32)), "y": encode(make([]byte, 32))}},
		"a short number":        {"ES256", ec, map[string]any{"x": encode(point[2:33])}},
		"padded":                {"ES256", ec, map[string]any{"x": encode(point[1:33]) + "="}},
		"another curve":         {"ES256", ec, map[string]any{"crv": "P-384"}},
		"another kind":          {"ES256", ec, map[string]any{"kty": "RSA"}},
		"with its private part": {"ES256", ec, map[string]any{"d": encode(point[1:33])}},
		"a secret":              {"ES256", ec, map[string]any{"k": "AA"}},
		"for another algorithm": {"ES256", ec, map[string]any{"alg": "ES384"}},
		"for encryption":        {"ES256", ec, map[string]any{"use": "enc"}},
		"a number as member":    {"ES256", ec, map[string]any{"x": 7}},
		"the curve for RSA":     {"RS256", ec, nil},
		"a small modulus":       {"RS256", rsa, map[string]any{"n": encode(short)}},
		"a large modulus":       {"RS256", rsa, map[string]any{"n": encode(long)}},
		"a leading zero":        {"RS256", rsa, map[string]any{"n": encode(append([]byte{0}, testKey().N.Bytes()...))}},
		"an exponent of one":    {"RS256", rsa, map[string]any{"e": "AQ"}},
		"an even exponent":      {"RS256", rsa, map[string]any{"e": encode([]byte{4})}},
		"a large exponent":      {"RS256", rsa, map[string]any{"e": encode([]byte{1, 0, 0, 0, 1})}},
		"RSA's private part":    {"PS256", rsa, map[string]any{"p": "AQAB"}},
		"a short Ed25519 key":   {"EdDSA", okp, nil},
	} {
		jwk := map[string]any{}
		for _, members := range []map[string]any{c.key, c.changes} {
			for member, value := range members {
				jwk[member] = value
			}
		}
		header, err := json.Marshal(map[string]any{"typ": "x+jwt", "alg": c.alg, "jwk": jwk})
		if err != nil {
			t.Fatal(err)
		}
		token := encode(header) + "." + encode([]byte(`{}`)) + "." + encode(make([]byte, 64))
		if _, err := jose.ParseHeld(token, "x+jwt"); err == nil || err == jose.ErrSignature {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseHeld(f *testing.F) {
	f.Add("eyJ0eXAiOiJ4IiwiYWxnIjoiRVMyNTYiLCJqd2siOnt9fQ.e30.AA")
	f.Fuzz(func(t *testing.T, token string) {
		if held, err := jose.ParseHeld(token, "x"); err == nil && len(held.Thumbprint) != 43 {
			t.Errorf("%+v", held)
		}
	})
}
