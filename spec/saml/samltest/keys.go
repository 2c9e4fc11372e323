package samltest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"sync"
	"time"
)

var (
	mu   sync.Mutex
	keys = map[string]*rsa.PrivateKey{}
)

// Key makes an RSA key of 2048 bits. A name always has the same key in one process.
func Key(name string) *rsa.PrivateKey {
	mu.Lock()
	defer mu.Unlock()
	if keys[name] == nil {
		keys[name] = must(rsa.GenerateKey(rand.Reader, 2048))
	}
	return keys[name]
}

// CurveKey makes a key for ECDSA on P-256.
func CurveKey() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

// Certificate makes a self-signed certificate that is valid from 2000 until a time; zero: for long.
func Certificate(name string, key crypto.Signer, until time.Time) *x509.Certificate {
	if until.IsZero() {
		until = time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(4711), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: until,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	return must(x509.ParseCertificate(der))
}

// must is for what cannot fail in a test.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
