package dpop

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"strings"
	"time"

	"cardea/spec/jose"
)

// Window is how far the time of a proof may be from that of its receiver, either way.
const Window = 2 * time.Minute

const (
	mediaType = "dpop+jwt"
	maxProof  = 8 << 10 // bytes
	maxID     = 256
)

// Scheme is the scheme of the header Authorization for tokens that are bound to a key, and the token_type of these.
const Scheme = "DPoP"

// ErrProof says that a proof is none, or is not for the request that it came with.
var ErrProof = errors.New("the DPoP proof is not valid for the request")

// Request is what a proof has to be for.
type Request struct {
	Method string
	URL    string // of the endpoint as its operator has configured it, without query
	Token  string // the access token that the request shows; empty: none
}

// Proof is a proof that is good, if it has not been shown before.
type Proof struct {
	Key   string    // the thumbprint of the key (RFC 7638)
	ID    string    // of the proof; unique among those of the key
	Until time.Time // when it will be refused because of its age
}

// Check judges the proof of a request (RFC 9449 §4.3), or answers ErrProof.
func Check(text string, r Request, now time.Time) (Proof, error) {
	if len(text) > maxProof {
		return Proof{}, ErrProof
	}
	held, err := jose.ParseHeld(text, mediaType)
	if err != nil {
		return Proof{}, errors.Join(ErrProof, err)
	}
	claims := map[string]any{}
	if json.Unmarshal(held.Payload, &claims) != nil {
		return Proof{}, ErrProof
	}
	name, _ := claims["jti"].(string)
	method, _ := claims["htm"].(string)
	address, _ := claims["htu"].(string)
	issued, dated := claims["iat"].(float64)
	if name == "" || len(name) > maxID || method != r.Method || !same(address, r.URL) || !dated || math.Abs(issued) > 1<<40 {
		return Proof{}, ErrProof
	}
	at := time.Unix(int64(issued), 0)
	if age := now.Sub(at); age > Window || age < -Window {
		return Proof{}, ErrProof
	}
	if r.Token != "" && !hashes(claims["ath"], r.Token) {
		return Proof{}, ErrProof
	}
	return Proof{Key: held.Thumbprint, ID: name, Until: at.Add(Window + time.Second)}, nil
}

// IsThumbprint reports whether a text has the form of a key's thumbprint.
func IsThumbprint(text string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(raw) == sha256.Size && !strings.ContainsAny(text, "\r\n")
}

// hashes reports whether a claim is the hash of an access token.
func hashes(claim any, token string) bool {
	given, _ := claim.(string)
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare([]byte(given), []byte(base64.RawURLEncoding.EncodeToString(sum[:]))) == 1
}

// same reports whether two addresses are the same but for their queries and fragments, the case of scheme and host, and a port
// that is the scheme's own.
func same(a, b string) bool {
	first, err := url.Parse(a)
	if err != nil || !first.IsAbs() || first.User != nil || first.Host == "" {
		return false
	}
	second, err := url.Parse(b)
	return err == nil && origin(first) == origin(second) && first.EscapedPath() == second.EscapedPath()
}

func origin(u *url.URL) string {
	host := strings.ToLower(u.Host)
	scheme := strings.ToLower(u.Scheme)
	if port := map[string]string{"http": ":80", "https": ":443"}[scheme]; port != "" {
		host = strings.TrimSuffix(host, port)
	}
	return scheme + "://" + host
}
