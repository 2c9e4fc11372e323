package id

import (
	"crypto/sha256"
	"encoding/base64"
)

// Digest is how a secret is stored that has so many random bits that it needs neither salt nor a slow hash: 43 characters.
func Digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
