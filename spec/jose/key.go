package jose

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
)

// Key is a public key that verifies signatures by one algorithm.
type Key struct {
	ID        string
	Public    crypto.PublicKey // *rsa.PublicKey, or *ecdsa.PublicKey of P-384 for ES384
	Algorithm string           // RS256, RS512 or ES384; empty: RS256
}

func (k Key) algorithm() string { return cmp.Or(k.Algorithm, RS256) }

// KeyID is the id of a public key in the form of Cognito's: 44 characters of standard base64. It is the key's SHA-256 thumbprint
// (RFC 7638).
func KeyID(public crypto.PublicKey) string {
	// The members of the thumbprint are those the standard requires, in the order of their names.
	var members string
	switch k := public.(type) {
	case *rsa.PublicKey:
		members = `{"e":"` + exponent(k) + `","kty":"RSA","n":"` + modulus(k) + `"}`
	case *ecdsa.PublicKey:
		x, y := point(k)
		members = `{"crv":"` + k.Params().Name + `","kty":"EC","x":"` + x + `","y":"` + y + `"}`
	default:
		panic(fmt.Sprintf("jose: a key of type %T", public))
	}
	sum := sha256.Sum256([]byte(members))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Set renders the JSON Web Key Set of keys, with Cognito's members in Cognito's order.
func Set(keys ...Key) []byte {
	var set bytes.Buffer
	set.WriteString(`{"keys":[`)
	for i, k := range keys {
		if i > 0 {
			set.WriteByte(',')
		}
		set.WriteString(k.jwk())
	}
	set.WriteString(`]}`)
	return set.Bytes()
}

// jwk renders one key.
func (k Key) jwk() string {
	named := `,"kid":` + quote(k.ID) + `,"kty":"`
	if curve, ok := k.Public.(*ecdsa.PublicKey); ok {
		x, y := point(curve)
		return `{"alg":"` + k.algorithm() + `","crv":"` + curve.Params().Name + `"` + named + `EC","use":"sig","x":"` + x + `","y":"` + y + `"}`
	}
	public := k.Public.(*rsa.PublicKey)
	return `{"alg":"` + k.algorithm() + `","e":"` + exponent(public) + `"` + named + `RSA","n":"` + modulus(public) + `","use":"sig"}`
}

// coordinate is how many bytes the numbers of a curve have.
func coordinate(k *ecdsa.PublicKey) int { return (k.Params().BitSize + 7) / 8 }

// point encodes the coordinates of a key, each as long as the curve's are.
func point(k *ecdsa.PublicKey) (x, y string) {
	raw, err := k.Bytes()
	if err != nil {
		panic(err) // only keys of other curves, or that are none, have no such form
	}
	raw = raw[1:]
	half := coordinate(k)
	return base64.RawURLEncoding.EncodeToString(raw[:half]), base64.RawURLEncoding.EncodeToString(raw[half:])
}

func exponent(k *rsa.PublicKey) string {
	return base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.E)).Bytes())
}

func modulus(k *rsa.PublicKey) string { return base64.RawURLEncoding.EncodeToString(k.N.Bytes()) }

// quote renders a JSON string without the escapes that HTML would need.
func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}
