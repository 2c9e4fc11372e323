package password

import (
	"encoding/binary"

	"cardea/platform/seal"
	"cardea/spec/srp"
)

// Decoy gives the salt and the verifier that stand in for a user who has none, stable for the name: whoever asks twice
// sees the same salt, and an exchange over the verifier costs what a real one costs and never succeeds.
func Decoy(box *seal.Box, name string) (salt, verifier []byte) {
	salt = box.MAC("srp-decoy-salt", []byte(name))[:srp.SaltSize]
	var random []byte
	for block := uint32(0); len(random) < srp.Size; block++ {
		random = append(random, box.MAC("srp-decoy", append(binary.BigEndian.AppendUint32(nil, block), name...))...)
	}
	return salt, srp.FakeVerifier(random[:srp.Size])
}
