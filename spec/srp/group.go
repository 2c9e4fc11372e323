package srp

import (
	"crypto/sha256"
	"errors"
	"math/big"
)

// Size is the length in bytes of a group element: a verifier, A or B.
const Size = 384

// maxHex is the longest public value accepted: 768 digits and the two zeros that some clients pad with.
const maxHex = 2*Size + 2

// ErrPublic says that a public value is not a number between 1 and N-1.
var ErrPublic = errors.New("srp: public value out of range")

const primeHex = "" +
	"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD" +
	"EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F" +
	"83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
	"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510" +
	"15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7" +
	"ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C" +
	"BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"

var (
	prime      = mustHex(primeHex)
	generator  = big.NewInt(2)
	one        = big.NewInt(1)
	minusOne   = new(big.Int).Sub(prime, one)
	multiplier = hashNumber(pad(prime), pad(generator)) // k
)

func mustHex(digits string) *big.Int {
	n, ok := new(big.Int).SetString(digits, 16)
	if !ok {
		panic("srp: the group's prime is not hexadecimal")
	}
	return n
}

// pad writes x as Java's BigInteger.toByteArray does: the fewest bytes whose first bit is clear. Cognito hashes
// numbers in this form, not padded to the length of N.
func pad(x *big.Int) []byte {
	b := x.Bytes()
	if len(b) == 0 || b[0] >= 0x80 {
		return append([]byte{0}, b...)
	}
	return b
}

func hashNumber(parts ...[]byte) *big.Int {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return new(big.Int).SetBytes(h.Sum(nil))
}

// element writes a group element in its full length.
func element(x *big.Int) []byte {
	return x.FillBytes(make([]byte, Size))
}

// number reads a public value or verifier and refuses what is not in 1..N-1, which includes every multiple of N.
func number(b []byte) (*big.Int, error) {
	if len(b) > Size {
		return nil, ErrPublic
	}
	x := new(big.Int).SetBytes(b)
	if x.Sign() == 0 || x.Cmp(prime) >= 0 {
		return nil, ErrPublic
	}
	return x, nil
}

// ParsePublic reads a client's SRP_A: hexadecimal digits without sign, at most the group's length, naming a number
// in 1..N-1. It answers the number's Size bytes, or ErrPublic.
func ParsePublic(digits string) ([]byte, error) {
	if digits == "" || len(digits) > maxHex {
		return nil, ErrPublic
	}
	for i := range len(digits) {
		if !isHex(digits[i]) {
			return nil, ErrPublic
		}
	}
	x, ok := new(big.Int).SetString(digits, 16)
	if !ok || x.Sign() == 0 || x.Cmp(prime) >= 0 {
		return nil, ErrPublic
	}
	return element(x), nil
}

// ParseVerifier reads a verifier that a device computed for itself: big-endian bytes, with or without the zero that clears
// the first bit. It answers the number's Size bytes, or ErrPublic for what is not in 2..N-2: with the other two
// elements of the group as verifiers, a client needs no password.
func ParseVerifier(b []byte) ([]byte, error) {
	if len(b) > Size+1 {
		return nil, ErrPublic
	}
	x := new(big.Int).SetBytes(b)
	if x.Cmp(one) <= 0 || x.Cmp(minusOne) >= 0 {
		return nil, ErrPublic
	}
	return element(x), nil
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// Hex writes a public value as the wire has it: lower case, without leading zeros.
func Hex(public []byte) string {
	return new(big.Int).SetBytes(public).Text(16)
}
