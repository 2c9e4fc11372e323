package upstream

import (
	"crypto"
	_ "crypto/sha256" // of algorithms
	_ "crypto/sha512" // of algorithms
	"encoding/base64"
	"strings"

	jose "github.com/go-jose/go-jose/v4"
)

// halfHash is at_hash: the left half of a token's hash, by the hash of the algorithm that signs the ID token (OpenID Connect Core
// §3.1.3.6). Ed25519 has SHA-512.
func halfHash(alg jose.SignatureAlgorithm, token string) string {
	hash := crypto.SHA512
	switch {
	case strings.HasSuffix(string(alg), "256"):
		hash = crypto.SHA256
	case strings.HasSuffix(string(alg), "384"):
		hash = crypto.SHA384
	}
	h := hash.New()
	h.Write([]byte(token))
	sum := h.Sum(nil)
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
