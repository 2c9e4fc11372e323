//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"errors"
	"fmt"
	"math/big"
)

// modulus computes with numbers modulo an odd number. It is safe for concurrent use.
type modulus struct {
	library *Library
	size    int     // in bytes
	context uintptr // BN_MONT_CTX, which does not change
	number  uintptr
}

// modulus prepares arithmetic modulo an odd number, for the life of the program, and makes sure that powers are those of math/big.
func (l *Library) modulus(n *big.Int) (*modulus, error) {
	m := &modulus{library: l, size: (n.BitLen() + 7) / 8}
	memory, err := l.allocate(m.size)
	if err != nil {
		return nil, err
	}
	defer memory.release()
	n.FillBytes(memory.bytes())

	s, c := l.begin(), &l.call
	m.number = s.get("BN_bin2bn", c.readNumber, memory.address, uintptr(m.size), 0)
	m.context = s.get("BN_MONT_CTX_new", c.newModulus)
	scratch := s.get("BN_CTX_new", c.newScratch)
	s.do("BN_MONT_CTX_set", c.setModulus, m.context, m.number, scratch)
	l.free(c.freeScratch, scratch)
	if err = s.end(); err == nil {
		err = m.test(n)
	}
	if err != nil {
		l.free(c.freeModulus, m.context)
		l.freeNumbers(m.number)
		return nil, fmt.Errorf("prepare a modulus: %w", err)
	}
	return m, nil
}

// Power is base^exponent modulo the number, of a base that is smaller, in as many bytes as the number has. The time depends on the
// length of the exponent, leading zeros included up to a word of the machine, and not on its value.
func (m *modulus) Power(base, exponent []byte) ([]byte, error) {
	return m.power(m.library.call.power, base, exponent)
}

// PublicPower is Power of an exponent that others may know: the time, and the memory that is read, depend on it, though not on the
// base. It takes a tenth less time.
func (m *modulus) PublicPower(base, exponent []byte) ([]byte, error) {
	return m.power(m.library.call.publicPower, base, exponent)
}

func (m *modulus) power(function uintptr, base, exponent []byte) ([]byte, error) {
	if len(base) > m.size {
		return nil, errors.New("power by libcrypto: too long a base")
	}
	l := m.library
	memory, err := l.allocate(m.size + len(base) + len(exponent) + 1)
	if err != nil {
		return nil, err
	}
	defer memory.release()
	copy(memory.bytes()[m.size:], base)
	copy(memory.bytes()[m.size+len(base):], exponent)

	s, c := l.begin(), &l.call
	b := s.get("BN_bin2bn", c.readNumber, memory.at(m.size), uintptr(len(base)), 0)
	e := s.get("BN_bin2bn", c.readNumber, memory.at(m.size+len(base)), uintptr(len(exponent)), 0)
	r := s.get("BN_new", c.newNumber)
	scratch := s.get("BN_CTX_new", c.newScratch)
	s.do("BN_mod_exp_mont", function, r, b, e, m.number, scratch, m.context)
	s.write(r, memory.address, m.size)
	l.free(c.freeScratch, scratch)
	l.freeNumbers(b, e, r)
	if err := s.end(); err != nil {
		return nil, fmt.Errorf("power by libcrypto: %w", err)
	}
	return append([]byte(nil), memory.bytes()[:m.size]...), nil
}

// freeNumbers overwrites and frees numbers.
func (l *Library) freeNumbers(numbers ...uintptr) {
	for _, n := range numbers {
		l.free(l.call.freeNumber, n)
	}
}
