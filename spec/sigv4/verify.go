package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Skew is how far a signature's clock may be from the server's.
const Skew = 5 * time.Minute

// Check is what Verify compares a signature with.
type Check struct {
	Service string // that the credential must be scoped to, such as "cognito-idp"
	Secret  string // of the access key that the signature names
	Now     time.Time
}

// Verify reports whether the request, whose whole body is body, was signed with the secret, for this service and at
// about this time. Errors are ErrIncomplete and ErrInvalid.
func (s *Signature) Verify(r *http.Request, body []byte, want Check) error {
	if s.Service != want.Service {
		return invalid("Credential should be scoped to correct service: '" + want.Service + "'. ")
	}
	if err := s.timely(want.Now); err != nil {
		return err
	}
	if err := s.covers(r); err != nil {
		return err
	}
	payload := hexHash(body)
	if given := r.Header.Get("X-Amz-Content-Sha256"); given != "" && subtle.ConstantTimeCompare([]byte(given), []byte(payload)) == 0 {
		return invalid("The value of the 'x-amz-content-sha256' header does not match the body.")
	}
	canonical, err := s.canonical(r, body, payload)
	if err != nil {
		return err
	}

	if !s.matches(s.key(want.Secret), canonical) {
		return invalid("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

// matches reports whether the signature is that of the canonical request by the signing key.
func (s *Signature) matches(key []byte, canonical string) bool {
	return hmac.Equal([]byte(hexMAC(key, s.text(canonical))), []byte(s.Value))
}

// timely refuses a signature that is too old or too new, or whose date differs from its credential's.
func (s *Signature) timely(now time.Time) error {
	at := s.Time.Format(timeLayout)
	if at[:8] != s.Date {
		return invalid("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
			s.Date + "' != '" + at[:8] + "', from '" + at + "'.")
	}
	now = now.UTC()
	clock := now.Format(timeLayout)
	if latest := now.Add(Skew); s.Time.After(latest) {
		return invalid("Signature not yet current: " + at + " is still later than " + latest.Format(timeLayout) + " (" + clock + " + 5 min.)")
	}
	if s.Presigned {
		if end := s.Time.Add(s.Expires); now.After(end) {
			return invalid("Signature expired: " + end.Format(timeLayout) + " is now earlier than " + clock)
		}
		return nil
	}
	if earliest := now.Add(-Skew); s.Time.Before(earliest) {
		return invalid("Signature expired: " + at + " is now earlier than " + earliest.Format(timeLayout) + " (" + clock + " - 5 min.)")
	}
	return nil
}

// covers refuses a signature that does not cover the host, the date and the operation.
func (s *Signature) covers(r *http.Request) error {
	if !s.signs("host") {
		return invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	date := "X-Amz-Date"
	if r.Header.Get(date) == "" {
		date = "Date"
	}
	for _, name := range []string{date, "X-Amz-Target", "X-Amz-Security-Token"} {
		if name == date && s.Presigned {
			continue // the date stands in the query, all of which is signed
		}
		if r.Header.Get(name) != "" && !s.signs(strings.ToLower(name)) {
			return invalid("'" + name + "' must be a 'SignedHeader' in the AWS Authorization.")
		}
	}
	return nil
}

func (s *Signature) signs(header string) bool {
	_, found := slices.BinarySearch(s.SignedHeaders, header)
	return found
}

// text is the "string to sign".
func (s *Signature) text(canonical string) string {
	return algorithm + "\n" + s.Time.Format(timeLayout) + "\n" + s.Scope.String() + "\n" + hexHash([]byte(canonical))
}

// key derives the signing key of the scope from the secret.
func (s Scope) key(secret string) []byte {
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.Date, s.Region, s.Service, terminator} {
		key = mac(key, part)
	}
	return key
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hexMAC(key []byte, text string) string { return hex.EncodeToString(mac(key, text)) }

// emptyHash is the hash of nothing.
var emptyHash = hexHash(nil)

func hexHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
