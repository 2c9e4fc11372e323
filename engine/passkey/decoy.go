package passkey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"cardea/platform/seal"
	record "cardea/record/passkey"
	"cardea/record/pool"
)

// idLengths are how long the credential ids of common authenticators are, the most common one listed twice.
var idLengths = []int{20, 16, 32, 20}

// tagged is the length of the seed in a decoy's id; the tag by which the server recognizes a decoy follows it.
const tagged = 8

// Decoys gives the passkey that an unknown user appears to have: always the same for the same name, as the pool folds it. No
// answer matches it, and judging an answer takes as long as for a user.
func Decoys(box *seal.Box, p *pool.Pool, party Party, name string) []record.Credential {
	seed := box.MAC("passkey decoy", []byte(name))
	length := idLengths[int(seed[tagged])%len(idLengths)]
	return []record.Credential{{
		Pool:           p.ID,
		ID:             encode(decoyID(box, seed[:tagged], length)),
		RelyingParty:   party.ID,
		UserHandle:     box.MAC("passkey decoy user", seed),
		PublicKey:      decoyKey(),
		BackupEligible: true,
		BackedUp:       true,
		Transports:     []string{"hybrid", "internal"},
	}}
}

func decoyID(box *seal.Box, seed []byte, length int) []byte {
	return append(bytes.Clone(seed), box.MAC("passkey decoy id", seed)[:length-tagged]...)
}

// isDecoy tells whether a credential's id is that of a decoy. Registering it must fail as registering
// the id of another user's passkey does, or any user could find out by it whether a name is known.
func isDecoy(box *seal.Box, id []byte) bool {
	return slices.Contains(idLengths, len(id)) && hmac.Equal(id, decoyID(box, id[:tagged], len(id)))
}

// decoyKey is the public half of a key whose private half was discarded.
var decoyKey = sync.OnceValue(func() []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(fmt.Sprintf("passkey: make a key: %v", err)) // crypto/rand does not fail
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		panic(fmt.Sprintf("passkey: encode a key: %v", err)) // a new key always encodes
	}
	cose, err := webauthncbor.Marshal(map[int]any{
		1: int(webauthncose.EllipticKey), 3: int(webauthncose.AlgES256), -1: int(webauthncose.P256), -2: point[1:33], -3: point[33:],
	})
	if err != nil {
		panic(fmt.Sprintf("passkey: encode a key: %v", err)) // numbers and bytes always encode
	}
	return cose
})
