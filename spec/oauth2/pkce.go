package oauth2

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// challengeLength is the length of a SHA-256 hash in base64url.
const challengeLength = 43

// Challenge is the code challenge of a verifier by the method S256 (RFC 7636 §4.2).
func Challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Verifies reports whether a verifier belongs to the challenge of an authorization request. Each needs the other: a request
// without a challenge is answered without a verifier only (RFC 9700 §4.8.2).
func Verifies(challenge, verifier string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier
	}
	return isVerifier(verifier) && subtle.ConstantTimeCompare([]byte(Challenge(verifier)), []byte(challenge)) == 1
}

// isVerifier reports whether a text is 43 to 128 unreserved characters (RFC 7636 §4.1).
func isVerifier(text string) bool {
	return len(text) >= 43 && len(text) <= 128 && !strings.ContainsFunc(text, func(r rune) bool { return !unreserved(r) })
}

func isChallenge(text string) bool {
	return len(text) == challengeLength && !strings.ContainsFunc(text, func(r rune) bool { return !unreserved(r) || r == '.' || r == '~' })
}

func unreserved(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~", r)
}
