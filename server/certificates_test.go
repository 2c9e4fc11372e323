package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/certificate"
	"cardea/platform/certs"
	"cardea/platform/certs/acmetest"
	"cardea/platform/config"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/acme"
	"cardea/spec/cognitoidp"
)

const (
	shopARN  = "arn:aws:acm:us-east-1:123456789012:certificate/shop"
	otherARN = "arn:aws:acm:us-east-1:123456789012:certificate/other"
)

// serving runs a server with TLS on a socket, and gives its address.
func serving(t *testing.T, c Config) (*Server, string) {
	t.Helper()
	c.Addr, c.Region, c.Account = "127.0.0.1:0", "us-east-1", "123456789012"
	c.MasterKeys, c.Test.FastDatabase, c.Test.SharedFile = [][]byte{bytes.Repeat([]byte{7}, 32)}, true, true
	srv, err := New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-done, srv.Close()); err != nil {
			t.Error(err)
		}
	})
	return srv, srv.Addr().String()
}

// give gives a new pool a custom domain, or a prefix.
func give(t *testing.T, srv *Server, name, arn string) (pool string, err error) {
	t.Helper()
	p, err := srv.API.Userpool.CreateUserPool(t.Context(), &cognitoidp.CreateUserPoolRequest{PoolName: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	in := &cognitoidp.CreateUserPoolDomainRequest{Domain: name, UserPoolId: p.UserPool.Id}
	if arn != "" {
		in.CustomDomainConfig = &cognitoidp.CustomDomainConfigType{CertificateArn: arn}
	}
	_, err = srv.API.Domains.CreateUserPoolDomain(t.Context(), in)
	return p.UserPool.Id, err
}

// shake makes a connection for a name and verifies the certificate.
func shake(address, name string, roots *x509.CertPool) error {
	connection, err := tls.Dial("tcp", address, &tls.Config{ServerName: name, RootCAs: roots})
	if err != nil {
		return err
	}
	return connection.Close()
}

// authority is a certificate authority in a folder, and its root.
func authority(t *testing.T, dir string) (*certs.Local, *x509.CertPool) {
	t.Helper()
	local, err := certs.OpenLocal(dir, "api.example.com", "*.auth.us-east-1.example.com")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(local.AuthorityFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return local, roots
}

// files writes the certificate of a host.
func files(t *testing.T, local *certs.Local, host string) *certs.Files {
	t.Helper()
	pair, err := local.For(host)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, keyFile: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	opened, err := certs.Open(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func TestCustomDomainsHaveTheCertificateOfTheirARN(t *testing.T) {
	t.Parallel()
	own, ownRoots := authority(t, t.TempDir())
	shops, shopRoots := authority(t, t.TempDir())
	srv, address := serving(t, Config{
		PublicURL: "https://api.example.com", BaseDomain: "example.com", Database: dbtest.SQLite(t), Certificate: own.Get,
		Certificates: map[string]*certs.Files{shopARN: files(t, shops, "login.shop.example"), otherARN: files(t, shops, "login.other.example")},
	})
	if err := shake(address, "login.shop.example", shopRoots); err == nil {
		t.Error("the certificate is used before there is a domain")
	}
	for name, arn := range map[string]string{"login.none.example": shopARN, "login.shop.example": shopARN + "x", "login.example.net": otherARN} {
		if _, err := give(t, srv, name, arn); !errors.Is(err, certificate.ErrUnusable) {
			t.Errorf("%s with %s: got %v, want ErrUnusable", name, arn, err)
		}
	}
	for name, arn := range map[string]string{"login.shop.example": shopARN, "login.other.example": otherARN, "shop": ""} {
		if _, err := give(t, srv, name, arn); err != nil {
			t.Fatal(err)
		}
	}
	for name, roots := range map[string]*x509.CertPool{
		"login.shop.example": shopRoots, "LOGIN.Shop.Example": shopRoots, "login.other.example": shopRoots, "api.example.com": ownRoots,
		"shop.auth.us-east-1.example.com": ownRoots,
	} {
		if err := shake(address, name, roots); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDevelopmentIssuesCertificatesForItsDomains(t *testing.T) {
	t.Parallel()
	local, roots := authority(t, t.TempDir())
	srv, address := serving(t, Config{Dev: true, PublicURL: "https://localhost:9229", Database: dbtest.SQLite(t), Certificate: local.Get, IssueCertificate: local.For})
	for name, arn := range map[string]string{"shop": "", "login.shop.example": shopARN} {
		if _, err := give(t, srv, name, arn); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"localhost", "shop.auth.us-east-1.localhost", "login.shop.example"} {
		if err := shake(address, name, roots); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := shake(address, "none.auth.us-east-1.localhost", roots); err == nil {
		t.Error("a domain that does not exist has a certificate")
	}
}

// ordering is a server that orders certificates of an authority, which asks the server that address gives.
func ordering(t *testing.T, ca *acmetest.Authority, url string, own func(*tls.ClientHelloInfo) (*tls.Certificate, error)) (*Server, string) {
	t.Helper()
	return serving(t, Config{
		PublicURL: "https://api.example.com", BaseDomain: "example.com", Database: url, Certificate: own,
		ACME: config.ACME{Directory: ca.Directory, AcceptTerms: true}, Outgoing: config.Outgoing{Allow: []string{"127.0.0.1"}, PlainHTTP: true},
	})
}

func TestCertificatesOfDomainsAreOrderedOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		var mu sync.Mutex
		var address string
		asked := func(string) string {
			mu.Lock()
			defer mu.Unlock()
			return address
		}
		ca := acmetest.Start(t, asked)
		srv, first := ordering(t, ca, url, nil)
		_, second := ordering(t, ca, url, nil)
		mu.Lock()
		address = second // another node than the one that orders answers the challenges
		mu.Unlock()

		for _, name := range []string{"login.shop.example", "shop.auth.us-east-1.example.com", "evil.example"} {
			if err := shake(first, name, ca.Roots); err == nil {
				t.Errorf("%s has a certificate, and is no domain", name)
			}
		}
		if orders := ca.Orders(); len(orders) != 0 {
			t.Fatalf("orders for %v", orders)
		}
		pool, err := give(t, srv, "login.shop.example", shopARN)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := give(t, srv, "shop", ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
		for _, name := range []string{"login.shop.example", "shop.auth.us-east-1.example.com", "api.example.com"} {
			var wait sync.WaitGroup
			for range 8 {
				wait.Go(func() {
					if err := shake(first, name, ca.Roots); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				})
			}
			wait.Wait()
		}
		for _, name := range []string{"login.shop.example", "api.example.com"} {
			if err := shake(second, name, ca.Roots); err != nil {
				t.Errorf("%s at the other node: %v", name, err)
			}
		}
		orders := ca.Orders()
		slices.Sort(orders)
		if diff := cmp.Diff([]string{"api.example.com", "login.shop.example", "shop.auth.us-east-1.example.com"}, orders); diff != "" || ca.Accounts() != 1 {
			t.Errorf("%d accounts; orders: %s", ca.Accounts(), diff)
		}

		if _, err := srv.API.Domains.DeleteUserPoolDomain(t.Context(), &cognitoidp.DeleteUserPoolDomainRequest{Domain: "login.shop.example", UserPoolId: pool}); err != nil {
			t.Fatal(err)
		}
		if err := shake(first, "login.shop.example", ca.Roots); err == nil {
			t.Error("the domain is deleted, and its certificate still used")
		}
	})
}

func TestWhatACMEKeepsIsSealed(t *testing.T) {
	t.Parallel()
	var address string
	var mu sync.Mutex
	ca := acmetest.Start(t, func(string) string {
		mu.Lock()
		defer mu.Unlock()
		return address
	})
	srv, at := ordering(t, ca, dbtest.SQLite(t), nil)
	mu.Lock()
	address = at
	mu.Unlock()
	if err := shake(at, "api.example.com", ca.Roots); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"acme_account+key", "api.example.com"} {
		err := srv.DB.Read(t.Context(), func(tx *db.Tx) error {
			sealed, err := acme.Get(tx, name)
			if err == nil && (len(sealed) == 0 || bytes.Contains(sealed, []byte("-----BEGIN"))) {
				t.Errorf("%s is not sealed: %q", name, sealed)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACertificateThatCoversADomainIsUsedInsteadOfAnOrder(t *testing.T) {
	t.Parallel()
	own, roots := authority(t, t.TempDir())
	ca := acmetest.Start(t, func(string) string { return "127.0.0.1:1" })
	srv, address := ordering(t, ca, dbtest.SQLite(t), own.Get)
	if _, err := give(t, srv, "shop", ""); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"shop.auth.us-east-1.example.com", "api.example.com", "evil.example"} {
		err := shake(address, name, roots)
		if covered := strings.HasSuffix(name, ".example.com"); covered != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if orders := ca.Orders(); len(orders) != 0 {
		t.Errorf("orders for %v", orders)
	}
}
