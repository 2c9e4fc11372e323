//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"
	"unsafe"
)

// A base has number^(digit·32^place) for each of the 52 digits of an exponent, so that a power is 51 multiplications instead of
// 256 squarings and some more: a third of the time, for 640 KiB. With larger digits the entries that are read for one would cost more
// than they save.
const (
	exponentSize = 32
	digitBits    = 5
	digits       = 1 << digitBits
	places       = (8*exponentSize + digitBits - 1) / digitBits
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
	b.table = make([]uint64, places*digits*b.words)
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
		for digit := range digits {
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
	return b.table[(place*digits+digit)*b.words:][:b.words]
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
		b.choose(m.words(0, b.words), place, digitOf(exponent, place))
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

// digitOf is one of the digits of an exponent, the least first.
func digitOf(exponent []byte, place int) uint32 {
	at, shift := exponentSize-1-place*digitBits/8, place*digitBits%8
	two := uint32(exponent[at])
	if at > 0 {
		two |= uint32(exponent[at-1]) << 8
	}
	return two >> shift % digits
}

// choose copies the entry of a digit, and reads those of all digits so that which it was cannot be told from the cache. It reads four at
// once, which takes less time than one after the other.
func (b *base) choose(to []uint64, place int, digit uint32) {
	clear(to)
	for d := uint32(0); d < digits; d += 4 {
		mask0, mask1, mask2, mask3 := mask(d, digit), mask(d+1, digit), mask(d+2, digit), mask(d+3, digit)
		from := b.table[(place*digits+int(d))*b.words:]
		from0, from1 := from[:len(to)], from[b.words:][:len(to)]
		from2, from3 := from[2*b.words:][:len(to)], from[3*b.words:][:len(to)]
		for i := range to {
			to[i] |= from0[i]&mask0 | from1[i]&mask1 | from2[i]&mask2 | from3[i]&mask3
		}
	}
}

// mask has all bits if both are the same, and none otherwise.
func mask(a, b uint32) uint64 {
	return -uint64(subtle.ConstantTimeEq(int32(a), int32(b)))
}

// words is a part of the memory as words of the machine.
func (m *memory) words(offset, n int) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(m.bytes()[offset:]))), n)
}
