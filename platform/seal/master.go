package seal

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrForged says that sealed bytes were changed, cut, or sealed for another purpose.
	ErrForged = errors.New("sealed data does not open")

	// ErrUnknownKey says that something was sealed under a key that is not available; the error that wraps it names the key.
	ErrUnknownKey = errors.New("unknown key")
)

// Master is the key that wraps all others, with the older ones it has replaced.
type Master struct {
	keys []masterKey // the active one first
}

type masterKey struct {
	id     [4]byte
	secret []byte
	wrap   *xaes
}

// version leads everything sealed, so that the form can change.
const version = 1

// NewKey is 32 fresh random bytes.
func NewKey() []byte {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails: it would end the program
	return key
}

// ParseKey reads a key in its text form: 32 bytes in base64.
func ParseKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != keySize {
		return nil, errors.New("a key is 32 bytes in base64 (44 characters)")
	}
	return key, nil
}

// FormatKey is the text form that [ParseKey] reads.
func FormatKey(key []byte) string { return base64.StdEncoding.EncodeToString(key) }

// NewMaster makes a master of 32-byte keys: the first wraps, the others only unwrap.
func NewMaster(keys ...[]byte) (*Master, error) {
	if len(keys) == 0 {
		return nil, errors.New("no master key")
	}
	m := &Master{}
	for i, key := range keys {
		if len(key) != keySize {
			return nil, fmt.Errorf("master key %d has %d bytes, not 32", i+1, len(key))
		}
		k := masterKey{secret: append([]byte(nil), key...)}
		copy(k.id[:], derive(key, "cardea master id"))
		k.wrap = newXAES(derive(key, "cardea master wrap"))
		m.keys = append(m.keys, k)
	}
	return m, nil
}

// ID names the active key; it tells nothing about it.
func (m *Master) ID() string { return m.IDs()[0] }

// IDs names all keys, the active one first. A key has the same name on every node; it tells nothing about the key.
func (m *Master) IDs() []string {
	all := make([]string, len(m.keys))
	for i, k := range m.keys {
		all[i] = hex.EncodeToString(k.id[:])
	}
	return all
}

// Boxes makes a box for the purpose that label names under a key derived from each master key, the active one's first. They are for
// data that need not outlive these keys: the first box seals, and any of them may be the one that opens, since another node may have
// another active key.
func (m *Master) Boxes(label string) []*Box {
	all := make([]*Box, len(m.keys))
	for i, k := range m.keys {
		box, err := NewBox(label, 1, Key{ID: 1, Secret: derive(k.secret, "cardea master derive "+label)})
		if err != nil {
			panic(err) // the key is there and has the right size
		}
		all[i] = box
	}
	return all
}

// Wrap seals a key under the active master key; only [Master.Unwrap] with the same label opens it.
func (m *Master) Wrap(label string, key []byte) []byte {
	active := m.keys[0]
	out := append([]byte{version}, active.id[:]...)
	return active.wrap.seal(out, key, binding("wrap", label))
}

// Unwrap opens what [Master.Wrap] made. [ErrUnknownKey] names the master key that is missing.
func (m *Master) Unwrap(label string, wrapped []byte) ([]byte, error) {
	if len(wrapped) < 5 || wrapped[0] != version {
		return nil, ErrForged
	}
	for _, k := range m.keys {
		if k.id == [4]byte(wrapped[1:5]) {
			return k.wrap.open(wrapped[5:], binding("wrap", label))
		}
	}
	return nil, fmt.Errorf("%w: master key %x is not configured", ErrUnknownKey, wrapped[1:5])
}

// Current reports whether wrapped was made by the active master key.
func (m *Master) Current(wrapped []byte) bool {
	return len(wrapped) >= 5 && m.keys[0].id == [4]byte(wrapped[1:5])
}

// WrappedBy names the master key that has wrapped a key, as [Master.IDs] does; empty if none can have.
func WrappedBy(wrapped []byte) string {
	if len(wrapped) < 5 {
		return ""
	}
	return hex.EncodeToString(wrapped[1:5])
}

func derive(secret []byte, info string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, info, keySize)
	if err != nil {
		panic(err) // only for keys longer than HKDF can give
	}
	return key
}
