package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// Box seals the secrets of one scope (a pool) under its data keys. It is safe for concurrent use.
type Box struct {
	scope  string
	active *boxKey
	keys   map[uint32]*boxKey
	macs   sync.Pool // of hash.Hash under the MAC key
}

// Key is one data key: 32 secret bytes and the number that sealed data carries.
type Key struct {
	ID     uint32
	Secret []byte
}

type boxKey struct {
	id     uint32
	seal   *xaes
	derive sync.Pool // of hash.Hash under the key that derives
}

// NewBox makes the box of a scope. The keys come oldest first: active seals, all of them open. MACs are made with the
// oldest, whichever is active, since stored MACs cannot be made anew: it must never be left out.
func NewBox(scope string, active uint32, keys ...Key) (*Box, error) {
	if len(keys) == 0 {
		return nil, errors.New("no data key")
	}
	b := &Box{scope: scope, keys: map[uint32]*boxKey{}}
	for _, key := range keys {
		if len(key.Secret) != keySize {
			return nil, fmt.Errorf("data key %d has %d bytes, not 32", key.ID, len(key.Secret))
		}
		b.keys[key.ID] = newBoxKey(key)
	}
	if b.active = b.keys[active]; b.active == nil {
		return nil, fmt.Errorf("%w: data key %d", ErrUnknownKey, active)
	}
	mac := derive(keys[0].Secret, "cardea box mac")
	b.macs.New = func() any { return hmac.New(sha256.New, mac) }
	return b, nil
}

func newBoxKey(key Key) *boxKey {
	k := &boxKey{id: key.ID, seal: newXAES(derive(key.Secret, "cardea box seal"))}
	secret := derive(key.Secret, "cardea box derive")
	k.derive.New = func() any { return hmac.New(sha256.New, secret) }
	return k
}

// Seal encrypts plaintext for the purpose that label names (what it is, and whose): it opens only under the same label
// and scope. It adds 45 bytes.
func (b *Box) Seal(label string, plaintext []byte) []byte {
	out := make([]byte, 5, 5+overhead+len(plaintext))
	out[0] = version
	binary.BigEndian.PutUint32(out[1:], b.active.id)
	return b.active.seal.seal(out, plaintext, binding(b.scope, label))
}

// Open decrypts what [Box.Seal] made with the same label, or says [ErrForged]; [ErrUnknownKey] if its key is missing.
func (b *Box) Open(label string, sealed []byte) ([]byte, error) {
	if len(sealed) < 5+overhead || sealed[0] != version {
		return nil, ErrForged
	}
	key, err := b.keyOf(sealed)
	if err != nil {
		return nil, err
	}
	return key.seal.open(sealed[5:], binding(b.scope, label))
}

// Derive is 32 bytes that only the holder of the key which sealed some data can compute from it, for the purpose that label
// names: they go with what was sealed, and last as long as its key does. Whether sealed opens is not looked at. [ErrForged] says that it
// cannot have been sealed here, [ErrUnknownKey] that its key is missing.
func (b *Box) Derive(label string, sealed []byte) ([]byte, error) {
	if len(sealed) < 5+overhead || sealed[0] != version {
		return nil, ErrForged
	}
	key, err := b.keyOf(sealed)
	if err != nil {
		return nil, err
	}
	return sum(&key.derive, binding(b.scope, label), sealed), nil
}

func (b *Box) keyOf(sealed []byte) (*boxKey, error) {
	number := binary.BigEndian.Uint32(sealed[1:])
	key, found := b.keys[number]
	if !found {
		return nil, fmt.Errorf("%w: data key %d", ErrUnknownKey, number)
	}
	return key, nil
}

// Current reports whether sealed was made under the active key.
func (b *Box) Current(sealed []byte) bool {
	return len(sealed) >= 5 && binary.BigEndian.Uint32(sealed[1:]) == b.active.id
}

// MAC is 32 bytes that only the holder of the key can compute from data, for the purpose that label names. It is the
// same for ever, so it may be stored and looked up. Compare with hmac.Equal.
func (b *Box) MAC(label string, data []byte) []byte {
	return sum(&b.macs, binding(b.scope, label), data)
}

func sum(hashes *sync.Pool, bound, data []byte) []byte {
	h := hashes.Get().(hash.Hash)
	defer hashes.Put(h)
	h.Reset()
	_, _ = h.Write(bound) // a hash takes everything
	_, _ = h.Write(data)
	return h.Sum(nil)
}

// binding joins two names so that no other pair gives the same bytes.
func binding(scope, label string) []byte {
	out := make([]byte, 0, 8+len(scope)+len(label))
	out = binary.BigEndian.AppendUint32(out, uint32(len(scope)))
	out = append(out, scope...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(label)))
	return append(out, label...)
}
