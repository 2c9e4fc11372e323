package certs

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// recheck is how often Files looks whether its files have changed.
const recheck = 10 * time.Second

// Files serves the certificate in two PEM files and reads them again when they change. Open makes one.
type Files struct {
	certFile, keyFile string

	mu      sync.Mutex
	current *tls.Certificate
	stamp   stamp
	checked time.Time
}

// stamp identifies a state of the two files.
type stamp struct {
	cert, key time.Time
}

// Open reads the certificate and its key.
func Open(certFile, keyFile string) (*Files, error) {
	f := &Files{certFile: certFile, keyFile: keyFile}
	if err := f.load(); err != nil {
		return nil, err
	}
	return f, nil
}

// Get answers a TLS handshake; it is made for tls.Config.GetCertificate. When changed files cannot be read, perhaps
// because they are half written, the former certificate stays in use and the files are tried again later.
func (f *Files) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()

	if time.Since(f.checked) > recheck {
		_ = f.load() // on an error the former certificate stays
	}
	return f.current, nil
}

// load reads the files if they have changed.
func (f *Files) load() error {
	f.checked = time.Now()
	now, err := f.look()
	if err != nil {
		return err
	}
	if f.current != nil && now == f.stamp {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(f.certFile, f.keyFile)
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	f.current, f.stamp = &pair, now
	return nil
}

func (f *Files) look() (stamp, error) {
	cert, err := os.Stat(f.certFile)
	if err != nil {
		return stamp{}, fmt.Errorf("read certificate: %w", err)
	}
	key, err := os.Stat(f.keyFile)
	if err != nil {
		return stamp{}, fmt.Errorf("read certificate key: %w", err)
	}
	return stamp{cert.ModTime(), key.ModTime()}, nil
}
