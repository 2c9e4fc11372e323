package password

import (
	"encoding/binary"

	"cardea/platform/seal"
	"cardea/spec/srp"
)

// Decoy gives the salt and the verifier that stand in for a user who has none, stable for the name: every
// request gets the same salt. An exchange over the verifier costs as much as over a user's and never succeeds.
func Decoy(box *seal.Box, name string) (salt, verifier []byte) {
	salt = box.MAC("srp-decoy-salt", []byte(name))[:srp.SaltSize]
	var random []byte
	for block := uint32(0); len(random) < srp.Size; block++ {
		random = append(random, box.MAC("srp-decoy", append(binary.BigEndian.AppendUint32(nil, block), name...))...)
	}
	return salt, srp.FakeVerifier(random[:srp.Size])
}
