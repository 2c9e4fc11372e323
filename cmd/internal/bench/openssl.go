//go:build openssl && linux && (amd64 || arm64)

package main

import (
	"crypto/rsa"
	"sync"

	"cardea/platform/libcrypto"
	"cardea/spec/jose"
	"cardea/spec/srp"
)

// openSSL is the arithmetic of the second binary.
var openSSL = sync.OnceValues(func() (*arithmetic, error) {
	library, err := libcrypto.Load("")
	if err != nil {
		return nil, err
	}
	powers, err := library.Group(srp.Group())
	if err != nil {
		return nil, err
	}
	signer := func(key *rsa.PrivateKey) jose.Signer { return library.Signer(key) }
	return &arithmetic{"OpenSSL", signer, srp.Server{Arithmetic: powers}}, nil
})
