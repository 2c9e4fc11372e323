package srp

import (
	"math/big"
	"sync"
)

// Arithmetic computes powers modulo N in the place of math/big: faster, or in constant time. Numbers are big-endian bytes, of which
// base and powers have Size. An Arithmetic is safe for concurrent use.
type Arithmetic interface {
	// Power is base^exponent.
	Power(base, exponent []byte) ([]byte, error)
	// PublicPower is base^exponent, of an exponent that is no secret, while the base is.
	PublicPower(base, exponent []byte) ([]byte, error)
	// PowerOfG is g^exponent, of an exponent of SecretSize bytes.
	PowerOfG(exponent []byte) ([]byte, error)
}

// Group is N and g, for an Arithmetic to prepare itself.
func Group() (n, g *big.Int) { return new(big.Int).Set(prime), new(big.Int).Set(generator) }

// power is base^exponent mod N.
func (s Server) power(base, exponent *big.Int) (*big.Int, error) {
	if s.Arithmetic == nil {
		return power(base, exponent), nil
	}
	return powerBy(s.Arithmetic.Power, base, exponent)
}

// publicPower is base^exponent mod N, of an exponent that is no secret.
func (s Server) publicPower(base, exponent *big.Int) (*big.Int, error) {
	if s.Arithmetic == nil {
		return power(base, exponent), nil
	}
	return powerBy(s.Arithmetic.PublicPower, base, exponent)
}

func powerBy(compute func(base, exponent []byte) ([]byte, error), base, exponent *big.Int) (*big.Int, error) {
	from, by := element(base), fill(exponent)
	defer clear(from)
	defer clear(by)
	result, err := compute(from, by)
	return taken(result), err
}

// powerOfG is g^exponent mod N.
func (s Server) powerOfG(exponent *big.Int) (*big.Int, error) {
	if s.Arithmetic == nil {
		return powerOfG(exponent), nil
	}
	if exponent.BitLen() > 8*SecretSize {
		return s.power(generator, exponent)
	}
	by := fill(exponent)
	defer clear(by)
	result, err := s.Arithmetic.PowerOfG(by)
	return taken(result), err
}

// fill writes an exponent in SecretSize bytes, whatever its leading zeros. A server has none that is longer; tests do.
func fill(exponent *big.Int) []byte {
	return exponent.FillBytes(make([]byte, max(SecretSize, (exponent.BitLen()+7)/8)))
}

// taken reads a number and clears the bytes.
func taken(b []byte) *big.Int {
	defer clear(b)
	return new(big.Int).SetBytes(b)
}

// power is base^exponent mod N.
func power(base, exponent *big.Int) *big.Int {
	return new(big.Int).Exp(base, exponent, prime)
}

// The table holds g^(digit·256^place) for the 32 bytes of a 256-bit exponent, so that a power of g is at most 31
// multiplications instead of 256 squarings: an eighth of the time for 3 MiB.
const (
	tablePlaces = 32
	tableDigits = 256
)

var tableOfG = sync.OnceValue(makeTable)

// Warm makes the table of powers of g (some 30 ms of one core) if it is not there yet. A server calls it in the
// background, so that neither its start nor its first sign-in waits; without it the first use does the work.
func Warm() { tableOfG() }

// makeTable lays all powers out in one block without pointers, which costs the garbage collector nothing.
func makeTable() []big.Word {
	words := len(prime.Bits())
	table := make([]big.Word, tablePlaces*tableDigits*words)
	base, acc, quotient, product := new(big.Int).Set(generator), new(big.Int), new(big.Int), new(big.Int)
	for place := range tablePlaces {
		acc.SetInt64(1)
		for digit := range tableDigits {
			copy(table[(place*tableDigits+digit)*words:], acc.Bits())
			product.Mul(acc, base)
			quotient.QuoRem(product, prime, acc)
		}
		base.Set(acc)
	}
	return table
}

// powerOfG is g^exponent mod N, by the table when the exponent has at most 256 bits.
func powerOfG(exponent *big.Int) *big.Int {
	if exponent.BitLen() > 8*tablePlaces {
		return power(generator, exponent)
	}
	table, words := tableOfG(), len(prime.Bits())
	digits := exponent.FillBytes(make([]byte, tablePlaces))
	acc, entry, quotient, product := big.NewInt(1), new(big.Int), new(big.Int), new(big.Int)
	for place := range tablePlaces {
		digit := int(digits[tablePlaces-1-place])
		if digit == 0 {
			continue
		}
		at := (place*tableDigits + digit) * words
		entry.SetBits(table[at : at+words : at+words])
		product.Mul(acc, entry)
		quotient.QuoRem(product, prime, acc)
	}
	return acc
}
