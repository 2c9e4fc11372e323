package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// soon is how long before its end a certificate should have been renewed.
const soon = 14 * 24 * time.Hour

// ErrSoon says that a certificate is good and ends within two weeks.
var ErrSoon = errors.New("the certificate expires soon")

// Inspect reports what is wrong with the certificate in two PEM files: they do not belong together, it is not good now, or not for host,
// which may be empty. ErrSoon is for the operator to know.
func Inspect(certFile, keyFile, host string) error {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return err
	}
	leaf := pair.Leaf
	if leaf == nil {
		if leaf, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
			return fmt.Errorf("%s: %w", certFile, err)
		}
	}
	now := time.Now()
	switch {
	case now.After(leaf.NotAfter):
		return fmt.Errorf("the certificate in %s has expired, at %s", certFile, leaf.NotAfter.Format(time.RFC3339))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("the certificate in %s is good only from %s on", certFile, leaf.NotBefore.Format(time.RFC3339))
	}
	if host != "" {
		if err := leaf.VerifyHostname(host); err != nil {
			return fmt.Errorf("%s: %w", certFile, err)
		}
	}
	if now.Add(soon).After(leaf.NotAfter) {
		return fmt.Errorf("%w: %s, at %s", ErrSoon, certFile, leaf.NotAfter.Format(time.RFC3339))
	}
	return nil
}
