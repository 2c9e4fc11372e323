//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"math/big"
)

// The key of the test of signatures: two primes of 1,024 bits. It signs nothing else.
const (
	testP = "" +
		"e7f4beebab381304f850df3822da66bc8ecc588ccbd9d6d7037eeea058f661752e730c65b56a4f295d930ddaf8d3f0ed" +
		"1c8c8a9723da57272644128715ce928563593fe0eaeb63913165791f53ed8d3ebbb00ec7d1328f70f675a8abb6cccaa3" +
		"602d2a2458f44d720d92d48d4e4461909dbe42580d2fe25094a27e8f9067468f"
	testQ = "" +
		"e1244339610a2c5e6682c74c4b44034783702a86363d9fb5e56037dac95d6debe890adc5400e651b3db902c61820d13a" +
		"3bf026750497673add2ca9ccee385bfafb493d4cba9e136410a34b922d6ae555b6552bfac65afab99588e5bc31bae683" +
		"1433a24571d57d9e7460ef41ecf2dba36938274508ed720ca171e18df8aad6a7"
)

func testKey() (*rsa.PrivateKey, error) {
	one := big.NewInt(1)
	p, okP := new(big.Int).SetString(testP, 16)
	q, okQ := new(big.Int).SetString(testQ, 16)
	if !okP || !okQ {
		return nil, errors.New("the key of the test is malformed")
	}
	key := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, Primes: []*big.Int{p, q}}
	order := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	key.D = new(big.Int).ModInverse(big.NewInt(int64(key.E)), order)
	key.Precompute()
	return key, nil
}

// test compares signatures with those of the standard library, and verifies them. PKCS #1 v1.5 has one signature for a message.
func (l *Library) test() error {
	key, err := testKey()
	if err != nil {
		return err
	}
	signer := l.Signer(key)
	defer l.drop(signer.id)
	sum256, sum384, sum512 := sha256.Sum256(nil), sha512.Sum384(nil), sha512.Sum512(nil)
	for hash, digest := range map[crypto.Hash][]byte{crypto.SHA256: sum256[:], crypto.SHA384: sum384[:], crypto.SHA512: sum512[:]} {
		want, err := rsa.SignPKCS1v15(nil, key, hash, digest)
		if err != nil {
			return err
		}
		got, err := signer.Sign(hash, digest)
		if err != nil {
			return err
		}
		if err := rsa.VerifyPKCS1v15(&key.PublicKey, hash, digest, got); err != nil || !bytes.Equal(got, want) {
			return fmt.Errorf("a signature over %v is not that of the standard library", hash)
		}
	}
	return nil
}

var errPower = errors.New("a power is not that of math/big")

// testExponents are two of 256 bits, and one with digits of zero at both ends.
func testExponents() [][]byte {
	one, two := sha256.Sum256([]byte("one")), sha256.Sum256([]byte("two"))
	three := sha256.Sum256([]byte("three"))
	clear(three[:3])
	clear(three[29:])
	return [][]byte{one[:], two[:], three[:]}
}

func (m *modulus) test(n *big.Int) error {
	base := new(big.Int).Sub(n, big.NewInt(3))
	for _, e := range testExponents() {
		want := new(big.Int).Exp(base, new(big.Int).SetBytes(e), n)
		for _, power := range []func(base, exponent []byte) ([]byte, error){m.Power, m.PublicPower} {
			got, err := power(base.Bytes(), e)
			if err != nil {
				return err
			}
			if want.Cmp(new(big.Int).SetBytes(got)) != 0 {
				return errPower
			}
		}
	}
	return nil
}

func (b *base) test(number *big.Int) error {
	for _, e := range testExponents() {
		want, err := b.modulus.Power(number.Bytes(), e) // which was tested before
		if err != nil {
			return err
		}
		got, err := b.Power(e)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return errPower
		}
	}
	return nil
}
