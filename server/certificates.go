package server

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"cardea/engine/certificate"
	"cardea/engine/issuer"
	"cardea/platform/config"
	"cardea/platform/web"
)

// acmeTimeout bounds one request to a certificate authority.
const acmeTimeout = 30 * time.Second

// newChooser makes what chooses certificates; nil for a server without TLS.
func newChooser(c Config, sites *issuer.Sites, cache autocert.Cache) (*certificate.Chooser, error) {
	if c.Certificate == nil && c.ACME.Directory == "" {
		return nil, nil
	}
	chooser := &certificate.Chooser{Sites: sites, Now: c.now(), Own: c.Certificate, Files: c.Certificates, Issue: c.IssueCertificate}
	if c.ACME.Directory == "" {
		return chooser, nil
	}
	roots, err := acmeRoots(c.ACME)
	if err != nil {
		return nil, err
	}
	client, err := web.New(web.Options{Allow: c.Outgoing.Allow, PlainHTTP: c.Outgoing.PlainHTTP, Roots: roots, Timeout: acmeTimeout})
	if err != nil {
		return nil, fmt.Errorf("outgoing.allow: %w", err)
	}
	chooser.ACME = &autocert.Manager{
		Prompt:     func(string) bool { return c.ACME.AcceptTerms },
		Cache:      cache,
		HostPolicy: certificate.Allows(sites),
		Client:     &acme.Client{DirectoryURL: c.ACME.Directory, HTTPClient: client, UserAgent: "cardea"},
		Email:      c.ACME.Email,
	}
	return chooser, nil
}

// acmeRoots reads the roots by which the certificate authority itself is verified; nil for the system's.
func acmeRoots(c config.ACME) (*x509.CertPool, error) {
	if c.CAFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("acme.ca_file: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("acme.ca_file: %s holds no certificate", c.CAFile)
	}
	return roots, nil
}

// tlsConfig is how the main listener speaks TLS; nil for plain HTTP.
func (s *Server) tlsConfig() *tls.Config {
	if s.certificates == nil {
		return nil
	}
	config := &tls.Config{GetCertificate: s.certificates.Get, MinVersion: tls.VersionTLS12}
	if s.certificates.ACME != nil {
		config.NextProtos = []string{"h2", "http/1.1", acme.ALPNProto}
	}
	return config
}
