package jose

import (
	"bytes"
	"cmp"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
)

// Key is a public key that verifies signatures by one algorithm.
type Key struct {
	ID        string
	Public    *rsa.PublicKey
	Algorithm string // RS256 or RS512; empty: RS256
}

func (k Key) algorithm() string { return cmp.Or(k.Algorithm, RS256) }

// KeyID is the id of a public key in the form of Cognito's: 44 characters of standard base64. It is the key's SHA-256 thumbprint
// (RFC 7638).
func KeyID(public *rsa.PublicKey) string {
	// The members of the thumbprint are those the standard requires, in the order of their names.
	sum := sha256.Sum256([]byte(`{"e":"` + exponent(public) + `","kty":"RSA","n":"` + modulus(public) + `"}`))
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
		set.WriteString(`{"alg":"` + k.algorithm() + `","e":"` + exponent(k.Public) + `","kid":` + quote(k.ID) +
			`,"kty":"RSA","n":"` + modulus(k.Public) + `","use":"sig"}`)
	}
	set.WriteString(`]}`)
	return set.Bytes()
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
