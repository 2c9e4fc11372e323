package server

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"runtime"

	"cardea/platform/config"
	"cardea/spec/jose"
	"cardea/spec/srp"
)

// arithmetic is what computes RSA signatures and the powers of SRP: the standard library, or OpenSSL in programs that were built with
// it.
type arithmetic struct {
	name    string // as the setting has it
	version string
	signer  func(*rsa.PrivateKey) jose.Signer
	srp     srp.Server
	warm    func() // prepares what need not be ready at once
	close   func() // frees what is held outside of Go's memory
}

// errNoOpenSSL says that this program cannot use OpenSSL at all.
var errNoOpenSSL = errors.New("this program is built without OpenSSL; cardea-openssl, for Linux on amd64 and arm64, is built with it")

// newArithmetic chooses as the configuration says. Where either is good, a program that is built with OpenSSL warns if it has to do
// without.
func newArithmetic(c Config) (arithmetic, error) {
	standard := arithmetic{
		name: config.ArithmeticGo, version: runtime.Version(),
		signer: func(key *rsa.PrivateKey) jose.Signer { return jose.RSA{Key: key} },
		warm:   srp.Warm,
		close:  func() {},
	}
	if c.Arithmetic == config.ArithmeticGo {
		return standard, nil
	}
	loaded, err := loadOpenSSL(c.ArithmeticLibrary)
	switch {
	case err == nil:
		return loaded, nil
	case c.Arithmetic == config.ArithmeticOpenSSL:
		return arithmetic{}, fmt.Errorf(`arithmetic = "openssl": %w`, err)
	case !errors.Is(err, errNoOpenSSL):
		c.log().Warn("computing without OpenSSL, which is slower", "error", err)
	}
	return standard, nil
}

// CheckArithmetic says why a server of this configuration would not start for want of OpenSSL.
func CheckArithmetic(settings config.Config) error {
	a, err := newArithmetic(Config{Arithmetic: settings.Arithmetic, ArithmeticLibrary: settings.ArithmeticLibrary})
	if err == nil {
		a.close()
	}
	return err
}

// Arithmetic is what computes signatures and the powers of SRP, such as "OpenSSL 3.0.19 27 Jan 2026" or "go1.26.8".
func (s *Server) Arithmetic() string { return s.arithmetic.version }
