//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"fmt"
	"math/big"
)

// Group is the powers of a generator modulo a prime, and of other numbers. It is safe for concurrent use.
type Group struct {
	*modulus
	generator *base
}

// Group prepares the arithmetic of a group, for the life of the program, and makes sure that it is right.
func (l *Library) Group(prime, generator *big.Int) (*Group, error) {
	m, err := l.modulus(prime)
	if err != nil {
		return nil, fmt.Errorf("powers by libcrypto: %w", err)
	}
	g, err := m.base(generator)
	if err != nil {
		return nil, fmt.Errorf("powers of the generator by libcrypto: %w", err)
	}
	return &Group{m, g}, nil
}

// PowerOfG is the generator to the power of an exponent of 32 bytes, as base.Power.
func (g *Group) PowerOfG(exponent []byte) ([]byte, error) { return g.generator.Power(exponent) }
