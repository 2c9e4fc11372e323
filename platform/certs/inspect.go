package certs

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"
)

// soon is how long before its end a certificate should have been renewed.
const soon = 14 * 24 * time.Hour

// ErrSoon says that a certificate is good and ends within two weeks.
var ErrSoon = errors.New("the certificate expires soon")

// Inspect reports what is wrong with a certificate in a PEM file (it is not good now, or not for host, which may be empty) and what is
// wrong with its key in another. Of the former ErrSoon is for the operator to know.
func Inspect(certFile, keyFile, host string) (cert, key error) {
	certText, unread := os.ReadFile(certFile)
	keyText, key := os.ReadFile(keyFile)
	if unread != nil {
		return unread, key
	}
	leaf, err := first(certText)
	if err != nil {
		return fmt.Errorf("there is no certificate in %s: %w", certFile, err), key
	}
	if key == nil {
		if _, err := tls.X509KeyPair(certText, keyText); err != nil {
			key = fmt.Errorf("%s: %w", keyFile, err)
		}
	}
	return judge(leaf, certFile, host), key
}

// first is the server's own certificate, which stands before those of authorities.
func first(text []byte) (*x509.Certificate, error) {
	for {
		var block *pem.Block
		switch block, text = pem.Decode(text); {
		case block == nil:
			return nil, errors.New("no block CERTIFICATE of PEM")
		case block.Type == "CERTIFICATE":
			return x509.ParseCertificate(block.Bytes)
		}
	}
}

// judge reports what is wrong with a certificate that can be read.
func judge(leaf *x509.Certificate, file, host string) error {
	now := time.Now()
	switch {
	case now.After(leaf.NotAfter):
		return fmt.Errorf("the certificate in %s has expired, at %s", file, leaf.NotAfter.Format(time.RFC3339))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("the certificate in %s is good only from %s on", file, leaf.NotBefore.Format(time.RFC3339))
	}
	if host != "" {
		if err := leaf.VerifyHostname(host); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	if now.Add(soon).After(leaf.NotAfter) {
		return fmt.Errorf("%w: %s, at %s", ErrSoon, file, leaf.NotAfter.Format(time.RFC3339))
	}
	return nil
}
