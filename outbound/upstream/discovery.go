package upstream

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// Endpoints are what a provider's discovery document says of it (OpenID Connect Discovery 1.0).
type Endpoints struct {
	Issuer    string
	Authorize string
	Token     string
	UserInfo  string // empty: it has none
	Keys      string

	EndSession string // of OpenID Connect RP-Initiated Logout 1.0; empty: it has none, or none that may be called
}

// Discover reads an issuer's discovery document. The document has to be that issuer's own, to the byte. It is fetched when none is
// known or the known one is an hour old; if that fails, the known one counts for a day. Errors are *Error.
func (c *Client) Discover(ctx context.Context, issuer string) (Endpoints, error) {
	return c.discover(ctx, issuer, nil)
}

func (c *Client) discover(ctx context.Context, issuer string, j *Journal) (Endpoints, error) {
	documents, _ := c.caches()
	found, err := documents.get(ctx, issuer, false, func() (Endpoints, error) { return c.fetchDocument(ctx, issuer, j) })
	return found, asError("discovery", err)
}

const discoveryAdvice = "The issuer has to be exactly what the provider calls itself in its discovery document, or all endpoints have to be configured."

func (c *Client) fetchDocument(ctx context.Context, issuer string, j *Journal) (none Endpoints, err error) {
	const word = "Unable to contact well-known endpoint"
	if base, err := url.Parse(issuer); err != nil || base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return none, fail("discovery", word, discoveryAdvice, "%q is not an issuer", clean(issuer))
	}
	got, err := c.send(ctx, call{
		name: "discovery", method: http.MethodGet, url: strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration",
		words: words{word, word},
	}, j)
	if err != nil {
		return none, err
	}
	if got.status != http.StatusOK {
		return none, fail("discovery", word, discoveryAdvice, "the discovery document is answered with status %d", got.status)
	}
	document, err := readObject(got.body)
	if err != nil {
		return none, fail("discovery", word, discoveryAdvice, "the discovery document: %w", err)
	}
	if named := text(document, "issuer"); named != issuer {
		return none, fail("discovery", word, issuerAdvice(issuer, named), "the document at %s is of the issuer %q", clean(issuer), clean(named))
	}
	found := Endpoints{
		Issuer:    issuer,
		Authorize: text(document, "authorization_endpoint"),
		Token:     text(document, "token_endpoint"),
		UserInfo:  text(document, "userinfo_endpoint"),
		Keys:      text(document, "jwks_uri"),
	}
	for name, address := range map[string]string{
		"authorization_endpoint": found.Authorize, "token_endpoint": found.Token, "userinfo_endpoint": found.UserInfo, "jwks_uri": found.Keys,
	} {
		if address == "" && name == "userinfo_endpoint" {
			continue
		}
		if !follows(issuer, address) {
			return none, fail("discovery", word, discoveryAdvice, "%s of the discovery document is not a URL that can be called", name)
		}
	}
	if address := text(document, "end_session_endpoint"); follows(issuer, address) {
		found.EndSession = address
	}
	return found, nil
}

// follows reports whether an endpoint is one that a document of the issuer may name: a URL, and an https one if the issuer's is.
func follows(issuer, address string) bool {
	target, err := url.Parse(address)
	if err != nil || target.Host == "" || target.User != nil || target.Fragment != "" {
		return false
	}
	return target.Scheme == "https" || target.Scheme == "http" && strings.HasPrefix(issuer, "http://")
}

func issuerAdvice(configured, named string) string {
	if strings.TrimSuffix(configured, "/") == strings.TrimSuffix(named, "/") {
		return "The issuers differ by a trailing slash alone: configure it as the provider writes it."
	}
	return discoveryAdvice
}
