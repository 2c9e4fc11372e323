package certificate_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"testing"

	"golang.org/x/crypto/acme/autocert"

	"cardea/engine/certificate"
	"cardea/platform/certs"
)

// answers is a cache that holds the answer to a challenge for one host, as another node has put it there.
type answers struct {
	host string
	pem  []byte
}

func (a answers) Get(_ context.Context, name string) ([]byte, error) {
	if name != a.host+"+token" {
		return nil, autocert.ErrCacheMiss
	}
	return a.pem, nil
}

func (answers) Put(context.Context, string, []byte) error { return nil }
func (answers) Delete(context.Context, string) error      { return nil }

func TestChallengesOfDeletedDomainsAreNotAnswered(t *testing.T) {
	t.Parallel()
	const host = "login.shop.example"
	local, err := certs.OpenLocal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := local.For(host)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	_ = pem.Encode(&text, &pem.Block{Type: "PRIVATE KEY", Bytes: key}) // a buffer takes everything
	_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})

	exists := true
	chooser := &certificate.Chooser{ACME: &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: answers{host, text.Bytes()},
		HostPolicy: func(context.Context, string) error {
			if !exists {
				return errors.New("no domain")
			}
			return nil
		},
	}}
	hello := &tls.ClientHelloInfo{ServerName: host, SupportedProtos: []string{"acme-tls/1"}}
	if _, err := chooser.Get(hello); err != nil {
		t.Fatalf("while the domain exists: %v", err)
	}
	exists = false
	if _, err := chooser.Get(hello); err == nil {
		t.Error("the challenge of a deleted domain is answered, so that its certificate would be renewed")
	}
}

func TestOnlyCertificatesOfCertificateManagerAreNamed(t *testing.T) {
	t.Parallel()
	var none *certificate.Chooser
	for arn, good := range map[string]bool{
		"arn:aws:acm:us-east-1:123456789012:certificate/x":     true,
		"arn:aws:acm:eu-west-1:123456789012:certificate/x":     false,
		"arn:aws:iam::123456789012:server-certificate/x":       false,
		"arn:aws-cn:acm:cn-north-1:123456789012:certificate/x": true,
		"arn:aws:acm": false,
	} {
		if err := none.Check(arn, "login.shop.example"); (err == nil) != good || err != nil && !errors.Is(err, certificate.ErrUnusable) {
			t.Errorf("%s: %v", arn, err)
		}
	}
}
