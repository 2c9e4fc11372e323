//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"unsafe"
)

// A base has number^(digit·16^place) for each of the 64 digits of an exponent, so that a power is 63 multiplications instead of
// 256 squarings and some more: a quarter of the time, for 400 KiB.
const (
	exponentSize = 32
	places       = 2 * exponentSize
	digits16     = 16
)

// base computes powers of one number. It is safe for concurrent use.
type base struct {
	modulus *modulus
	words   int      // of an entry
	table   []uint64 // entries in Montgomery's form, as BN_bn2binpad writes them
}

// base prepares powers of a number, which takes as long as some powers by modulus.Power, and makes sure that they are those of
// math/big. The number is no secret.
func (m *modulus) base(number *big.Int) (*base, error) {
	b := &base{modulus: m, words: (m.size + 7) / 8}
	b.table = make([]uint64, places*digits16*b.words)
	if err := b.fill(number); err != nil {
		return nil, err
	}
	return b, b.test(number)
}

func (b *base) fill(number *big.Int) error {
	l, size := b.modulus.library, 8*b.words
	m, err := l.allocate(2 * size)
	if err != nil {
		return err
	}
	defer m.release()
	m.bytes()[size-1] = 1
	number.FillBytes(m.bytes()[size:])

	s, c := l.begin(), &l.call
	scratch := s.get("BN_CTX_new", c.newScratch)
	one := s.get("BN_bin2bn", c.readNumber, m.at(0), uintptr(size), 0)
	base := s.get("BN_bin2bn", c.readNumber, m.at(size), uintptr(size), 0)
	power := s.get("BN_new", c.newNumber)
	s.do("BN_to_montgomery", c.enter, one, one, b.modulus.context, scratch)
	s.do("BN_to_montgomery", c.enter, base, base, b.modulus.context, scratch)
	for place := range places {
		s.get("BN_copy", c.copyNumber, power, one)
		for digit := range digits16 {
			s.write(power, m.at(0), size)
			copy(b.entry(place, digit), m.words(0, b.words))
			s.do("BN_mod_mul_montgomery", c.multiply, power, power, base, b.modulus.context, scratch)
		}
		s.get("BN_copy", c.copyNumber, base, power)
	}
	l.free(c.freeScratch, scratch)
	l.freeNumbers(one, base, power)
	return s.end()
}

func (b *base) entry(place, digit int) []uint64 {
	return b.table[(place*digits16+digit)*b.words:][:b.words]
}

// Power is the number to the power of an exponent of 32 bytes, in as many bytes as the modulus has. Neither the time nor the memory
// that is read depends on the exponent.
func (b *base) Power(exponent []byte) ([]byte, error) {
	if len(exponent) != exponentSize {
		return nil, errors.New("power by libcrypto: an exponent that does not have 32 bytes")
	}
	power, err := b.power(exponent)
	if err != nil {
		return nil, fmt.Errorf("power by libcrypto: %w", err)
	}
	return power, nil
}

func (b *base) power(exponent []byte) ([]byte, error) {
	l, size := b.modulus.library, 8*b.words
	m, err := l.allocate(size)
	if err != nil {
		return nil, err
	}
	defer m.release()

	s, c := l.begin(), &l.call
	scratch := s.get("BN_CTX_new", c.newScratch)
	power, factor := s.get("BN_new", c.newNumber), s.get("BN_new", c.newNumber)
	for place := range places {
		digit := exponent[exponentSize-1-place/2] >> (4 * (place % 2)) & 0xf
		b.choose(m.words(0, b.words), place, digit)
		if place == 0 {
			s.get("BN_bin2bn", c.readNumber, m.at(0), uintptr(size), power)
			continue
		}
		s.get("BN_bin2bn", c.readNumber, m.at(0), uintptr(size), factor)
		s.do("BN_mod_mul_montgomery", c.multiply, power, power, factor, b.modulus.context, scratch)
	}
	s.do("BN_from_montgomery", c.leave, power, power, b.modulus.context, scratch)
	s.write(power, m.at(0), b.modulus.size)
	l.free(c.freeScratch, scratch)
	l.freeNumbers(power, factor)
	if err := s.end(); err != nil {
		return nil, err
	}
	return append([]byte(nil), m.bytes()[:b.modulus.size]...), nil
}

// choose copies the entry of a digit, and reads those of all digits so that which it was cannot be told from the cache.
func (b *base) choose(to []uint64, place int, digit byte) {
	clear(to)
	for d := range digits16 {
		mask := -uint64(subtle.ConstantTimeByteEq(byte(d), digit))
		from := b.entry(place, d)[:len(to)]
		for i := range to {
			to[i] |= from[i] & mask
		}
	}
}

// words is a part of the memory as words of the machine.
func (m *memory) words(offset, n int) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(m.bytes()[offset:]))), n)
}
