package jose

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// RS256 is the one algorithm: RSASSA-PKCS1-v1_5 with SHA-256.
const RS256 = "RS256"

// Signer signs the SHA-256 digest of a message with an RSA key, by RSASSA-PKCS1-v1_5. It is the only
// arithmetic that making tokens needs, so that a faster implementation can replace it. A Signer is safe for concurrent use.
type Signer interface {
	Sign(digest [sha256.Size]byte) ([]byte, error)
}

// RSA signs with the standard library. It is constant-time, and checks each signature before it returns it, since
// a faulty signature could reveal the key.
type RSA struct {
	Key *rsa.PrivateKey
}

// Sign implements [Signer].
func (r RSA) Sign(digest [sha256.Size]byte) ([]byte, error) {
	return rsa.SignPKCS1v15(nil, r.Key, crypto.SHA256, digest[:])
}

// SigningKey makes tokens under one key id.
type SigningKey struct {
	ID     string
	signer Signer
	header string // encoded, with the dot
}

// NewSigningKey prepares a key. The header of its tokens is {"kid":…,"alg":"RS256"} as Cognito's is, without typ.
func NewSigningKey(kid string, signer Signer) *SigningKey {
	header := `{"kid":` + quote(kid) + `,"alg":"` + RS256 + `"}`
	return &SigningKey{ID: kid, signer: signer, header: base64.RawURLEncoding.EncodeToString([]byte(header)) + "."}
}

// SignTyped is Sign for a token whose header says what type it is of, so that it cannot be taken for another.
func (k *SigningKey) SignTyped(typ string, payload []byte) (string, error) {
	header := `{"kid":` + quote(k.ID) + `,"typ":` + quote(typ) + `,"alg":"` + RS256 + `"}`
	typed := SigningKey{k.ID, k.signer, base64.RawURLEncoding.EncodeToString([]byte(header)) + "."}
	return typed.Sign(payload)
}

// Sign makes the compact token of a payload.
func (k *SigningKey) Sign(payload []byte) (string, error) {
	const signature = 342 // of a 2048-bit key, encoded
	encoding := base64.RawURLEncoding
	token := make([]byte, 0, len(k.header)+encoding.EncodedLen(len(payload))+1+signature)
	token = append(token, k.header...)
	token = encoding.AppendEncode(token, payload)

	signed, err := k.signer.Sign(sha256.Sum256(token))
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	token = append(token, '.')
	token = encoding.AppendEncode(token, signed)
	return string(token), nil
}
