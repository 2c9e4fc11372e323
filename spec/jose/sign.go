package jose

import (
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
)

// The algorithms of Cardea's own tokens: RSASSA-PKCS1-v1_5 with SHA-256, for those of user pools, and with SHA-512, for those of
// identity pools.
const (
	RS256 = "RS256"
	RS512 = "RS512"
)

// own are the hashes of the algorithms of Cardea's own tokens.
var own = map[string]crypto.Hash{RS256: crypto.SHA256, RS512: crypto.SHA512}

// Signer signs the digest of a message with an RSA key, by RSASSA-PKCS1-v1_5. It is the only
// arithmetic that making tokens needs, so that a faster implementation can replace it. A Signer is safe for concurrent use.
type Signer interface {
	Sign(hash crypto.Hash, digest []byte) ([]byte, error)
}

// RSA signs with the standard library. It is constant-time, and checks each signature before it returns it, since
// a faulty signature could reveal the key.
type RSA struct {
	Key *rsa.PrivateKey
}

// Sign implements [Signer].
func (r RSA) Sign(hash crypto.Hash, digest []byte) ([]byte, error) {
	return rsa.SignPKCS1v15(nil, r.Key, hash, digest)
}

// SigningKey makes tokens under one key id.
type SigningKey struct {
	ID        string
	algorithm string
	signer    Signer
	header    string // encoded, with the dot
}

// NewSigningKey prepares a key for an algorithm, RS256 or RS512. The header of its tokens is {"kid":…,"alg":"RS256"} as that of user
// pools is, without typ.
func NewSigningKey(algorithm, kid string, signer Signer) *SigningKey {
	header := `{"kid":` + quote(kid) + `,"alg":"` + algorithm + `"}`
	return &SigningKey{kid, algorithm, signer, base64.RawURLEncoding.EncodeToString([]byte(header)) + "."}
}

// SignTyped is Sign for a token whose header says what type it is of, so that it cannot be taken for another.
func (k *SigningKey) SignTyped(typ string, payload []byte) (string, error) {
	header := `{"kid":` + quote(k.ID) + `,"typ":` + quote(typ) + `,"alg":"` + k.algorithm + `"}`
	typed := SigningKey{k.ID, k.algorithm, k.signer, base64.RawURLEncoding.EncodeToString([]byte(header)) + "."}
	return typed.Sign(payload)
}

// Sign makes the compact token of a payload.
func (k *SigningKey) Sign(payload []byte) (string, error) {
	const signature = 342 // of a 2048-bit key, encoded
	encoding := base64.RawURLEncoding
	token := make([]byte, 0, len(k.header)+encoding.EncodedLen(len(payload))+1+signature)
	token = append(token, k.header...)
	token = encoding.AppendEncode(token, payload)

	digest := own[k.algorithm].New()
	digest.Write(token)
	signed, err := k.signer.Sign(own[k.algorithm], digest.Sum(nil))
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	token = append(token, '.')
	token = encoding.AppendEncode(token, signed)
	return string(token), nil
}
