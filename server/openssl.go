//go:build openssl && linux && (amd64 || arm64)

package server

import (
	"crypto/rsa"

	"cardea/platform/config"
	"cardea/platform/libcrypto"
	"cardea/spec/jose"
	"cardea/spec/srp"
)

// loadOpenSSL loads libcrypto, which is tested while it is prepared.
func loadOpenSSL(name string) (arithmetic, error) {
	library, err := libcrypto.Load(name)
	if err != nil {
		return arithmetic{}, err
	}
	prime, generator := srp.Group()
	powers, err := library.Group(prime, generator)
	if err != nil {
		return arithmetic{}, err
	}
	return arithmetic{
		name: config.ArithmeticOpenSSL, version: library.Version(),
		signer: func(key *rsa.PrivateKey) jose.Signer { return library.Signer(key) },
		srp:    srp.Server{Arithmetic: powers},
		warm:   func() {},
		close:  library.Close,
	}, nil
}
