package certs_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardea/platform/certs"
)

// write makes a certificate for auth.example.com and its key.
func write(t *testing.T, from, until time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, DNSNames: []string{"auth.example.com"}, NotBefore: from, NotAfter: until,
	}
	cert, err := x509.CreateCertificate(rand.Reader, leaf, leaf, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(t.TempDir(), "crt"), filepath.Join(t.TempDir(), "key")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func TestInspectKnowsCertificatesThatAreNotGood(t *testing.T) {
	t.Parallel()
	now, day := time.Now(), 24*time.Hour
	good, goodKey := write(t, now.Add(-day), now.Add(90*day))
	if err := certs.Inspect(good, goodKey, "auth.example.com"); err != nil {
		t.Errorf("a good one: %v", err)
	}
	if err := certs.Inspect(good, goodKey, ""); err != nil {
		t.Errorf("for whichever host: %v", err)
	}
	expired, expiredKey := write(t, now.Add(-90*day), now.Add(-day))
	later, laterKey := write(t, now.Add(day), now.Add(90*day))
	soon, soonKey := write(t, now.Add(-80*day), now.Add(5*day))
	for _, c := range []struct{ cert, key, host, want string }{
		{expired, expiredKey, "auth.example.com", "has expired"},
		{later, laterKey, "auth.example.com", "good only from"},
		{soon, soonKey, "auth.example.com", "expires soon"},
		{good, goodKey, "other.example.com", "not other.example.com"},
		{good, laterKey, "auth.example.com", "private key does not match"},
		{"nowhere", goodKey, "", "no such file"},
	} {
		err := certs.Inspect(c.cert, c.key, c.host)
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, certs.ErrSoon) != (c.cert == soon) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}
