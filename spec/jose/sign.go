package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
)

// The algorithms of Cardea's own tokens: RSASSA-PKCS1-v1_5 with SHA-256, for those of user pools, and with SHA-512, for those of
// identity pools; ECDSA with P-384 and SHA-384, for those of principals of IAM that ask for it.
const (
	RS256 = "RS256"
	RS512 = "RS512"
	ES384 = "ES384"
)

// own are the hashes of the algorithms of Cardea's own tokens.
var own = map[string]crypto.Hash{RS256: crypto.SHA256, RS512: crypto.SHA512, ES384: crypto.SHA384}

// Signer signs the digest of a message with a key: of RSA by RSASSA-PKCS1-v1_5, of ECDSA in the form of RFC 7518 §3.4. It is the only
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

// ECDSA signs with the standard library: the two numbers of a signature, each as long as the curve's are.
type ECDSA struct {
	Key *ecdsa.PrivateKey
}

// Sign implements [Signer].
func (e ECDSA) Sign(_ crypto.Hash, digest []byte) ([]byte, error) {
	r, s, err := ecdsa.Sign(rand.Reader, e.Key, digest)
	if err != nil {
		return nil, err
	}
	signature := make([]byte, 2*coordinate(&e.Key.PublicKey))
	r.FillBytes(signature[:len(signature)/2])
	s.FillBytes(signature[len(signature)/2:])
	return signature, nil
}

// SigningKey makes tokens under one key id.
type SigningKey struct {
	ID        string
	algorithm string
	signer    Signer
	header    string // encoded, with the dot
}

// NewSigningKey prepares a key for an algorithm, RS256, RS512 or ES384. The header of its tokens is {"kid":…,"alg":"RS256"} as that of user
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
