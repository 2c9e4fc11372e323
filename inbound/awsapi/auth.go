package awsapi

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"cardea/platform/caller"
	"cardea/spec/awsjson"
	"cardea/spec/sigv4"
)

// ErrUnknownKey is what a Signed's Keys answers for a key that does not exist or is disabled.
var ErrUnknownKey = errors.New("awsapi: unknown access key")

// Key is an access key as its owner knows it.
type Key struct {
	Secret       string
	Account      string // twelve digits
	SessionToken string // of a temporary key; empty for others, which must then come without one
}

// Signed checks signatures. Production servers use it.
type Signed struct {
	Keys func(ctx context.Context, accessKeyID string) (Key, error)
	Now  func() time.Time
}

// Verify is a Handler's Verify: it answers the caller, or the condition of an invalid signature.
func (s *Signed) Verify(r *http.Request, body []byte, service string) (caller.Caller, error) {
	signature, err := sigv4.Parse(r)
	if err != nil {
		return caller.Caller{}, err
	}
	key, err := s.Keys(r.Context(), signature.AccessKeyID)
	if errors.Is(err, ErrUnknownKey) {
		return caller.Caller{}, unrecognized()
	}
	if err != nil {
		return caller.Caller{}, fmt.Errorf("look up access key: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(key.SessionToken), []byte(signature.SessionToken)) == 0 {
		return caller.Caller{}, unrecognized()
	}
	if err := signature.Verify(r, body, sigv4.Check{Service: service, Secret: key.Secret, Now: s.Now()}); err != nil {
		return caller.Caller{}, err
	}
	return caller.Caller{Region: signature.Region, Account: key.Account, AccessKeyID: signature.AccessKeyID}, nil
}

func unrecognized() error {
	return &awsjson.Problem{Kind: ErrUnknownKey, Text: "The security token included in the request is invalid."}
}

// Trusting accepts every signature. Development servers use it: the credential only names the Region.
type Trusting struct {
	Account string // the account that every key belongs to, twelve digits
}

// Verify is a Handler's Verify. Pages from other machines are refused: a browser would let any web page reach a server on
// loopback, and here a page needs no secret to administrate it. A request without an Origin
// whose Sec-Fetch-Site names another site comes from an image or a link of such a page.
func (t *Trusting) Verify(r *http.Request, _ []byte, _ string) (caller.Caller, error) {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	if origin != "" && !loopback(origin) || origin == "" && (site == "cross-site" || site == "same-site") {
		return caller.Caller{}, &awsjson.Problem{
			Kind: errForbidden, Text: "A development server accepts signed operations from web pages on this machine only.",
		}
	}
	scope, err := sigv4.ScopeOf(r)
	if err != nil {
		return caller.Caller{}, err
	}
	return caller.Caller{Region: scope.Region, Account: t.Account, AccessKeyID: scope.AccessKeyID}, nil
}

// loopback reports whether an Origin is a page that this machine served.
func loopback(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	host := strings.ToLower(u.Hostname())
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
