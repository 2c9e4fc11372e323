package certificate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	xacme "golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"cardea/engine/issuer"
	"cardea/platform/certs"
)

// ErrUnusable says that a custom domain cannot be served with the certificate that is named for it.
var ErrUnusable = errors.New("no such certificate for the domain")

// Get is a source of certificates, as in tls.Config.
type Get func(*tls.ClientHelloInfo) (*tls.Certificate, error)

// Chooser chooses certificates. Either Own or ACME must be set.
type Chooser struct {
	Sites *issuer.Sites
	Now   func() time.Time
	// Own is the server's own certificate, whatever the name.
	Own Get
	// Files are the certificates of custom domains, by CertificateArn.
	Files map[string]*certs.Files
	// ACME orders certificates for what neither of those is good for.
	ACME *autocert.Manager
	// Issue makes the certificates of all domains of a development server.
	Issue func(host string) (*tls.Certificate, error)
}

// Allows is the host policy of an ACME client: certificates are ordered for domains that exist, and for the server itself.
func Allows(sites *issuer.Sites) autocert.HostPolicy {
	return func(ctx context.Context, host string) error {
		if host == sites.Names.PublicHost() {
			return nil
		}
		site, err := sites.ByHost(ctx, host)
		if err != nil {
			return fmt.Errorf("order a certificate for %q: %w", host, err)
		}
		if site == nil {
			return fmt.Errorf("order a certificate for %q: it is no pool's domain", host)
		}
		return nil
	}
}

// Get answers a TLS handshake. A name that is no domain's gets the server's own certificate.
func (c *Chooser) Get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c.ACME != nil && challenges(hello) {
		return c.answer(hello)
	}
	site, err := c.Sites.ByHost(hello.Context(), hello.ServerName)
	if err != nil || site == nil {
		return c.own(hello)
	}
	if c.Issue != nil {
		return c.Issue(strings.ToLower(hello.ServerName))
	}
	if files := c.Files[site.Certificate]; files != nil {
		return files.Get(hello)
	}
	if c.ACME == nil || c.Own != nil && c.covers(c.Own, hello.ServerName) {
		return c.own(hello)
	}
	return c.ACME.GetCertificate(hello)
}

// own is the server's own certificate, from ACME if it has no files.
func (c *Chooser) own(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c.Own == nil {
		return c.ACME.GetCertificate(hello) // refuses all names but the server's, by its policy
	}
	return c.Own(hello)
}

// challenges tells whether a certificate authority asks for the answer to a challenge.
func challenges(hello *tls.ClientHelloInfo) bool {
	return slices.Equal(hello.SupportedProtos, []string{xacme.ALPNProto})
}

// answer answers a challenge, unless its domain has been deleted since the order: the client would renew its certificate.
func (c *Chooser) answer(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if err := c.ACME.HostPolicy(hello.Context(), strings.ToLower(hello.ServerName)); err != nil {
		return nil, err
	}
	return c.ACME.GetCertificate(hello)
}

// Check answers ErrUnusable if a custom domain could not be served with the certificate named: it must be of AWS Certificate
// Manager in us-east-1, as Cognito demands, and one that this server has for the domain, unless it orders certificates itself. A
// nil Chooser serves no TLS and knows no certificates.
func (c *Chooser) Check(arn, host string) error {
	parts := strings.Split(arn, ":")
	if len(parts) < 6 || parts[1] == "aws" && (parts[2] != "acm" || parts[3] != "us-east-1") {
		return ErrUnusable
	}
	if c == nil || c.ACME != nil || c.Issue != nil {
		return nil
	}
	source := c.Own
	if files := c.Files[arn]; files != nil {
		source = files.Get
	}
	if !c.covers(source, host) {
		return ErrUnusable
	}
	return nil
}

// covers tells whether a certificate is good for a host now.
func (c *Chooser) covers(source Get, host string) bool {
	pair, err := source(nil)
	return err == nil && pair.Leaf != nil && pair.Leaf.VerifyHostname(host) == nil && c.Now().Before(pair.Leaf.NotAfter)
}

// Expiries says when the first of the certificates from each source expires: "tls" for the server's own, "certificates" for those
// of custom domains. Certificates that are ordered or issued here are not among them. A nil Chooser has none.
func (c *Chooser) Expiries() map[string]time.Time {
	soonest := map[string]time.Time{}
	note := func(source string, get Get) {
		pair, err := get(nil)
		if err != nil || pair.Leaf == nil {
			return
		}
		if known, found := soonest[source]; !found || pair.Leaf.NotAfter.Before(known) {
			soonest[source] = pair.Leaf.NotAfter
		}
	}
	if c == nil || c.Issue != nil {
		return soonest
	}
	if c.Own != nil {
		note("tls", c.Own)
	}
	for _, files := range c.Files {
		note("certificates", files.Get)
	}
	return soonest
}
