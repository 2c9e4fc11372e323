package password

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"

	"cardea/platform/seal"
	"cardea/record/user"
	"cardea/spec/srp"
)

// The kinds of stored passwords; the numbers are stored and must not change.
const (
	kindSRP      = 1
	kindArgon2id = 2
)

// cost is argon2id's: memory in KiB, passes and lanes. It is stored beside each hash, so that it can grow.
type cost struct {
	memory, passes uint32
	lanes          uint8
}

var standardCost = cost{memory: 19 << 10, passes: 2, lanes: 1}

const (
	hashSize = 32
	costSize = 9
)

func (c cost) hash(salt []byte, pw string) []byte {
	return argon2.IDKey([]byte(pw), salt, c.passes, c.memory, c.lanes, hashSize)
}

// stored is what is sealed for a password: kind, then the salt and the verifier, or the cost, the salt and the hash.
type stored struct {
	kind   byte
	cost   cost // argon2id only
	salt   []byte
	digest []byte
}

var errStored = errors.New("stored password is malformed")

func (s stored) encode() []byte {
	b := []byte{s.kind}
	if s.kind == kindArgon2id {
		b = binary.BigEndian.AppendUint32(b, s.cost.memory)
		b = binary.BigEndian.AppendUint32(b, s.cost.passes)
		b = append(b, s.cost.lanes)
	}
	return append(append(b, s.salt...), s.digest...)
}

func decode(b []byte) (stored, error) {
	switch {
	case len(b) == 1+srp.SaltSize+srp.Size && b[0] == kindSRP:
		return stored{kind: kindSRP, salt: b[1 : 1+srp.SaltSize], digest: b[1+srp.SaltSize:]}, nil
	case len(b) == 1+costSize+srp.SaltSize+hashSize && b[0] == kindArgon2id:
		return decodeArgon2id(b[1:])
	default:
		return stored{}, errStored
	}
}

func decodeArgon2id(b []byte) (stored, error) {
	c := cost{memory: binary.BigEndian.Uint32(b), passes: binary.BigEndian.Uint32(b[4:]), lanes: b[8]}
	if c.memory > 1<<20 || c.passes == 0 || c.passes > 100 || c.lanes == 0 {
		return stored{}, errStored
	}
	b = b[costSize:]
	return stored{kind: kindArgon2id, cost: c, salt: b[:srp.SaltSize], digest: b[srp.SaltSize:]}, nil
}

// label binds a stored password to its user: moved to another row it does not open.
func label(u *user.User) string { return "password/" + string(u.Sub) }

func open(box *seal.Box, u *user.User, sealed []byte) (stored, error) {
	b, err := box.Open(label(u), sealed)
	if err != nil {
		return stored{}, fmt.Errorf("open stored password: %w", err)
	}
	return decode(b)
}

func same(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
