//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"math/big"
	"slices"
)

// Of openssl/core.h and openssl/evp.h: the size of an OSSL_PARAM, its type of a number without a sign, the mark of one that was
// not read, and the selection of a whole key.
const (
	parameterSize   = 40
	unsignedInteger = 2
	unmodified      = ^uint64(0)
	keyPair         = 0x87
)

// parameter is one number of a key, by OpenSSL's name.
type parameter struct {
	name  string
	value *big.Int
}

func (p parameter) size() int { return max(1, (p.value.BitLen()+7)/8) }

// parameters are the numbers of an RSA key with two primes.
func parameters(key *rsa.PrivateKey) ([]parameter, error) {
	if len(key.Primes) != 2 || key.Precomputed.Dp == nil || key.Precomputed.Dq == nil || key.Precomputed.Qinv == nil {
		return nil, errors.New("a key that does not have two primes, or was not prepared")
	}
	return []parameter{
		{"n", key.N},
		{"e", big.NewInt(int64(key.E))},
		{"d", key.D},
		{"rsa-factor1", key.Primes[0]},
		{"rsa-factor2", key.Primes[1]},
		{"rsa-exponent1", key.Precomputed.Dp},
		{"rsa-exponent2", key.Precomputed.Dq},
		{"rsa-coefficient1", key.Precomputed.Qinv},
	}, nil
}

// newKey makes libcrypto's form of a key, an EVP_PKEY.
func (l *Library) newKey(private *rsa.PrivateKey) (uintptr, error) {
	numbers, err := parameters(private)
	if err != nil {
		return 0, err
	}
	m, err := l.lay(numbers)
	if err != nil {
		return 0, err
	}
	defer m.release()

	const kind, result, list = 0, 8, 16 // offsets: the kind's name, the result, the numbers
	copy(m.bytes()[kind:], "RSA\x00")
	s, c := l.begin(), &l.call
	context := s.get("EVP_PKEY_CTX_new_from_name", c.contextFor, 0, m.at(kind), 0)
	s.do("EVP_PKEY_fromdata_init", c.fromDataInit, context)
	s.do("EVP_PKEY_fromdata", c.fromData, context, m.at(result), keyPair, m.at(list))
	err = s.end()
	l.free(c.freeContext, context)
	if err != nil {
		return 0, err
	}
	return uintptr(binary.NativeEndian.Uint64(m.bytes()[result:])), nil
}

// lay writes numbers as a list of OSSL_PARAM, from the 16th byte on; what these point to, names and numbers, lies behind it.
func (l *Library) lay(numbers []parameter) (*memory, error) {
	const list = 16
	end := list + parameterSize*(len(numbers)+1) // a parameter of zeros ends the list
	size := end
	for _, p := range numbers {
		size += len(p.name) + 1 + p.size()
	}
	m, err := l.allocate(size)
	if err != nil {
		return nil, err
	}
	for i, p := range numbers {
		name, value := end, end+len(p.name)+1
		end = value + p.size()
		copy(m.bytes()[name:], p.name)
		slices.Reverse(p.value.FillBytes(m.bytes()[value:end])) // the machine's order of bytes: little-endian on both platforms

		row := m.bytes()[list+parameterSize*i:]
		binary.NativeEndian.PutUint64(row, uint64(m.at(name)))
		binary.NativeEndian.PutUint32(row[8:], unsignedInteger)
		binary.NativeEndian.PutUint64(row[16:], uint64(m.at(value)))
		binary.NativeEndian.PutUint64(row[24:], uint64(p.size()))
		binary.NativeEndian.PutUint64(row[32:], unmodified)
	}
	return m, nil
}
