package totp

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"time"
)

const (
	period     = 30 // seconds
	digits     = 6
	modulus    = 1_000_000 // 10^digits
	secretSize = 32
)

// NewSecret draws the key that a server and an authenticator app share.
func NewSecret() []byte {
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails: it ends the program when the system has no randomness
	return secret
}

// Text is how a secret is typed or scanned into an authenticator app: base32 in upper case, without padding. A new secret
// has 52 characters.
func Text(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// Step is the number of the half minute that a moment is in.
func Step(at time.Time) int64 { return at.Unix() / period }

// Code is what an authenticator app shows during a step.
func Code(secret []byte, step int64) string {
	return fmt.Sprintf("%0*d", digits, number(secret, step))
}

// Match tells whether a code is that of now, of the half minute before or of the one after, and of which step. It takes as
// long for any code of six digits, whether and where it matches; anything else matches nothing.
func Match(secret []byte, code string, now time.Time) (step int64, ok bool) {
	typed, ok := parse(code)
	if !ok {
		return 0, false
	}
	found := 0
	for candidate := Step(now) - 1; candidate <= Step(now)+1; candidate++ {
		same := subtle.ConstantTimeEq(int32(typed), int32(number(secret, candidate)))
		// Should two steps have one code, the later counts: the earlier may have been used.
		step = int64(subtle.ConstantTimeSelect(same, int(candidate), int(step)))
		found |= same
	}
	return step, found == 1
}

// number is the truncated HMAC of RFC 4226 §5.3.
func number(secret []byte, step int64) uint32 {
	mac := hmac.New(sha1.New, secret)
	_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step))) // a hash never fails
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	return (binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff) % modulus
}

// parse reads six ASCII digits.
func parse(code string) (value uint32, ok bool) {
	if len(code) != digits {
		return 0, false
	}
	for i := range digits {
		if code[i] < '0' || code[i] > '9' {
			return 0, false
		}
		value = value*10 + uint32(code[i]-'0')
	}
	return value, true
}
