package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Lifetimes: the authority outlives a project; a leaf is renewed while it is still good for a month.
const (
	authorityLife = 10 * 365 * 24 * time.Hour
	leafLife      = 90 * 24 * time.Hour
	leafRenewal   = 30 * 24 * time.Hour
)

// Local issues certificates for this machine from an authority kept in a folder. Make one with OpenLocal.
type Local struct {
	// AuthorityFile is the PEM file that clients must trust.
	AuthorityFile string

	authority *x509.Certificate
	key       crypto.Signer
	hosts     []string

	mu     sync.Mutex
	leaf   *tls.Certificate
	leaves map[string]*tls.Certificate // of other hosts
}

// maxLeaves bounds the certificates of other hosts that are kept; beyond it all are issued again.
const maxLeaves = 100

// OpenLocal reads the authority in dir, making it on first use, and issues certificates for localhost, the loopback
// addresses and the further hosts given.
func OpenLocal(dir string, hosts ...string) (*Local, error) {
	l := &Local{AuthorityFile: filepath.Join(dir, "ca.pem"), hosts: append([]string{"localhost", "127.0.0.1", "::1"}, hosts...)}
	keyFile := filepath.Join(dir, "ca.key")
	pair, err := tls.LoadX509KeyPair(l.AuthorityFile, keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		pair, err = makeAuthority(l.AuthorityFile, keyFile)
	}
	if err != nil {
		return nil, fmt.Errorf("local certificate authority: %w", err)
	}
	l.authority, l.key = pair.Leaf, pair.PrivateKey.(crypto.Signer)
	return l, nil
}

// Get answers a TLS handshake with a certificate that is good for a month at least.
func (l *Local) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	leaf, err := l.fresh(l.leaf, l.hosts)
	if err == nil {
		l.leaf = leaf
	}
	return leaf, err
}

// For gives a certificate for another host, as good as Get's.
func (l *Local) For(host string) (*tls.Certificate, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	leaf, err := l.fresh(l.leaves[host], []string{host})
	if err != nil {
		return nil, err
	}
	if l.leaves == nil || len(l.leaves) >= maxLeaves {
		l.leaves = map[string]*tls.Certificate{}
	}
	l.leaves[host] = leaf
	return leaf, nil
}

// fresh gives the leaf that there is, or a new one.
func (l *Local) fresh(leaf *tls.Certificate, hosts []string) (*tls.Certificate, error) {
	if leaf != nil && time.Until(leaf.Leaf.NotAfter) > leafRenewal {
		return leaf, nil
	}
	leaf, err := l.issue(hosts)
	if err != nil {
		return nil, fmt.Errorf("issue local certificate: %w", err)
	}
	return leaf, nil
}

func (l *Local) issue(hosts []string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template, err := newTemplate(hosts[0], leafLife)
	if err != nil {
		return nil, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
			continue
		}
		template.DNSNames = append(template.DNSNames, host)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, l.authority, key.Public(), l.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// makeAuthority makes the authority and writes its key before its certificate, so that a crash between leaves nothing
// that looks complete.
func makeAuthority(certFile, keyFile string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template, err := newTemplate("Cardea development CA", authorityLife)
	if err != nil {
		return tls.Certificate{}, err
	}
	template.KeyUsage = x509.KeyUsageCertSign
	template.IsCA = true
	template.MaxPathLenZero = true
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return tls.Certificate{}, err
	}
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(keyFile, keyPEM, 0o600); err != nil {
		return tls.Certificate{}, err
	}
	if err := os.WriteFile(certFile, certPEM, 0o644); err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(certPEM, keyPEM)
}

func newTemplate(name string, life time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(life),
		BasicConstraintsValid: true,
	}, nil
}
