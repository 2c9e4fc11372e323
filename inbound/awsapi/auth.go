package awsapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"cardea/engine/authorization"
	"cardea/engine/temporary"
	"cardea/platform/caller"
	"cardea/spec/awsjson"
	"cardea/spec/sigv4"
)

// Signed checks signatures. Production servers use it.
type Signed struct {
	// Signer finds the key that a request names, with the session token that it comes with, as authorization.Authorizer does.
	Signer func(ctx context.Context, accessKeyID, sessionToken string) (*authorization.Signer, error)
	Now    func() time.Time
}

// Verify is a Handler's Verify: it answers the caller and whose key they have, or the condition of an invalid signature.
func (s *Signed) Verify(r *http.Request, body []byte, service string) (caller.Caller, *authorization.Principal, error) {
	signature, err := sigv4.Parse(r)
	if err != nil {
		return caller.Caller{}, nil, err
	}
	signer, err := s.Signer(r.Context(), signature.AccessKeyID, signature.SessionToken)
	if err != nil {
		return caller.Caller{}, nil, unrecognized(err)
	}
	if err := signature.Verify(r, body, sigv4.Check{Service: service, Secret: signer.Secret, Now: s.Now()}); err != nil {
		return caller.Caller{}, nil, err
	}
	whose, err := signer.Principal(r.Context())
	if err != nil {
		return caller.Caller{}, nil, unrecognized(err)
	}
	signer.Use(r.Context(), service, signature.Region)
	return caller.Caller{Region: signature.Region, Account: whose.Account, AccessKeyID: signature.AccessKeyID}, whose, nil
}

// unrecognized is the problem of a key that is nobody's.
func unrecognized(err error) error {
	switch {
	case errors.Is(err, authorization.ErrUnknownKey):
		return &awsjson.Problem{Kind: authorization.ErrUnknownKey, Text: "The security token included in the request is invalid."}
	case errors.Is(err, temporary.ErrExpired):
		return &awsjson.Problem{Kind: temporary.ErrExpired, Text: "The security token included in the request is expired"}
	}
	return fmt.Errorf("look up access key: %w", err)
}

// Trusting accepts every signature. Development servers use it: the credential names the Region, and its owner if it is a key of this
// server's.
type Trusting struct {
	// Signer is as Signed has it.
	Signer func(ctx context.Context, accessKeyID, sessionToken string) (*authorization.Signer, error)
	// Root is whose all other keys are.
	Root *authorization.Principal
}

// Verify is a Handler's Verify. Pages from other machines are refused: a browser would let any web page reach a server on
// loopback, and here a page needs no secret to administrate it. A request without an Origin
// whose Sec-Fetch-Site names another site comes from an image or a link of such a page.
func (t *Trusting) Verify(r *http.Request, _ []byte, _ string) (caller.Caller, *authorization.Principal, error) {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	if origin != "" && !loopback(origin) || origin == "" && (site == "cross-site" || site == "same-site") {
		return caller.Caller{}, nil, &awsjson.Problem{
			Kind: errForbidden, Text: "A development server accepts signed operations from web pages on this machine only.",
		}
	}
	scope, err := sigv4.ScopeOf(r)
	if err != nil {
		return caller.Caller{}, nil, err
	}
	whose, err := t.whose(r, scope.AccessKeyID)
	if err != nil {
		return caller.Caller{}, nil, err
	}
	return caller.Caller{Region: scope.Region, Account: whose.Account, AccessKeyID: scope.AccessKeyID}, whose, nil
}

// whose is who has a key. Sessions end here, too.
func (t *Trusting) whose(r *http.Request, accessKeyID string) (*authorization.Principal, error) {
	signer, err := t.Signer(r.Context(), accessKeyID, sigv4.SessionToken(r))
	if err == nil {
		var whose *authorization.Principal
		if whose, err = signer.Principal(r.Context()); err == nil {
			return whose, nil
		}
	}
	if errors.Is(err, authorization.ErrUnknownKey) {
		return t.Root, nil
	}
	return nil, unrecognized(err)
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
