package srp

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"math/big"
)

// SaltSize is the length in bytes of a new salt.
const SaltSize = 16

// Identity names the owner of a password. For a user Scope is the pool's short id (the part after "_") and User the
// USER_ID_FOR_SRP; for a device they are its group key and its key.
type Identity struct{ Scope, User string }

// NewSalt draws a salt.
func NewSalt() []byte {
	salt := make([]byte, SaltSize)
	_, _ = rand.Read(salt) // never fails: crypto/rand aborts the program instead
	return salt
}

// exponent is x, the number that a password stands for.
func (id Identity) exponent(password string, salt []byte) *big.Int {
	inner := sha256.Sum256([]byte(id.Scope + id.User + ":" + password))
	return hashNumber(pad(new(big.Int).SetBytes(salt)), inner[:])
}

// Verifier is g^x mod N in Size bytes: what a server keeps instead of the password. One guess against it is cheap
// (some 0.1 ms), so it must be stored sealed under a key that is kept elsewhere.
func (s Server) Verifier(id Identity, password string, salt []byte) ([]byte, error) {
	v, err := s.powerOfG(id.exponent(password, salt))
	if err != nil {
		return nil, err
	}
	return element(v), nil
}

// Matches tells whether the password is the one that the verifier was made from.
func (s Server) Matches(id Identity, password string, salt, verifier []byte) (bool, error) {
	v, err := s.Verifier(id, password, salt)
	return err == nil && subtle.ConstantTimeCompare(v, verifier) == 1, err
}

// FakeVerifier turns pseudo-random bytes (Size of them, secret and stable for a name) into a group element that no
// password matches. An exchange over it costs as much as over a user's and always fails.
func FakeVerifier(random []byte) []byte {
	x := new(big.Int).SetBytes(random)
	x.Mul(x, x) // g generates the squares, and a real verifier is one
	x.Mod(x, prime)
	if x.Sign() == 0 {
		x.Set(generator)
	}
	return element(x)
}
