package certs_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"cardea/platform/certs"
)

// trust returns a pool that holds the authority of l only.
func trust(t *testing.T, l *certs.Local) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(l.AuthorityFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		t.Fatal("the authority file holds no certificate")
	}
	return roots
}

func TestLocalCertificateVerifiesForThisMachineOnly(t *testing.T) {
	t.Parallel()
	l, err := certs.OpenLocal(t.TempDir(), "dev.example")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := l.Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"localhost", "127.0.0.1", "::1", "dev.example"} {
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: trust(t, l), DNSName: host}); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: trust(t, l), DNSName: "example.com"}); err == nil {
		t.Error("the certificate is good for example.com too")
	}
}

func TestLocalKeepsItsAuthority(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := certs.OpenLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	roots := trust(t, first)
	second, err := certs.OpenLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := second.Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "localhost"}); err != nil {
		t.Errorf("after a restart the first authority no longer verifies: %v", err)
	}
}

func TestFilesRefusesWhatIsNotACertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "x.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.Open(path, path); err == nil {
		t.Error("got no error")
	}
	if _, err := certs.Open(filepath.Join(dir, "absent"), path); err == nil {
		t.Error("absent file: got no error")
	}
}

func TestFilesServesWhatItReads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l, err := certs.OpenLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := certs.Open(l.AuthorityFile, filepath.Join(dir, "ca.key"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := files.Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(l.AuthorityFile)
	block, _ := pem.Decode(text)
	if !bytes.Equal(got.Certificate[0], block.Bytes) {
		t.Error("served another certificate than the file's")
	}
}
