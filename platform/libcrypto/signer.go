//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"runtime"
	"unsafe"
)

// Signer signs with an RSA key by RSASSA-PKCS1-v1_5. It is safe for concurrent use.
//
// libcrypto computes with blinded values in constant time, and compares each signature with what was to be signed before it
// returns it: a faulty one could reveal the key.
type Signer struct {
	library *Library
	key     *rsa.PrivateKey
	id      uint64 // names the signer's handle
}

// Signer makes a signer. What libcrypto holds for it is freed when it is not used for long, and when it is garbage.
func (l *Library) Signer(key *rsa.PrivateKey) *Signer {
	s := &Signer{l, key, l.keys.last.Add(1)}
	runtime.AddCleanup(s, l.drop, s.id)
	return s
}

// Sign signs the digest of a message by SHA-256, SHA-384 or SHA-512.
func (s *Signer) Sign(hash crypto.Hash, digest []byte) ([]byte, error) {
	md, known := s.library.digests[hash]
	if !known || len(digest) != hash.Size() {
		return nil, fmt.Errorf("sign by libcrypto: no digest of %v", hash)
	}
	ready, err := s.library.acquire(s, md)
	if err != nil {
		return nil, fmt.Errorf("give a key to libcrypto: %w", err)
	}
	signature, err := s.library.sign(ready, digest, s.key.Size())
	if err != nil {
		s.library.freeContext(ready)
		return nil, fmt.Errorf("sign by libcrypto: %w", err)
	}
	s.library.giveBack(s.id, ready)
	runtime.KeepAlive(s) // its handle may not be dropped before it is made
	return signature, nil
}

// pkcs1 is RSA_PKCS1_PADDING.
const pkcs1 = 1

// newContext prepares signatures by a key, which costs a thirtieth of one.
func (l *Library) newContext(key, digest uintptr) (context, error) {
	s, c := l.begin(), &l.call
	made := s.get("EVP_PKEY_CTX_new_from_pkey", c.contextOf, 0, key, 0)
	s.do("EVP_PKEY_sign_init", c.signInit, made)
	s.do("EVP_PKEY_CTX_set_rsa_padding", c.setPadding, made, pkcs1)
	s.do("EVP_PKEY_CTX_set_signature_md", c.setDigest, made, digest)
	if err := s.end(); err != nil {
		l.free(c.freeContext, made)
		return context{}, err
	}
	return context{made, digest}, nil
}

func (l *Library) sign(by context, digest []byte, size int) ([]byte, error) {
	m, err := l.allocate(8 + size + len(digest)) // the signature's length, the signature, the digest
	if err != nil {
		return nil, err
	}
	defer m.release()
	length := (*uint64)(unsafe.Pointer(unsafe.SliceData(m.bytes())))
	*length = uint64(size)
	copy(m.bytes()[8+size:], digest)

	s := l.begin()
	s.do("EVP_PKEY_sign", l.call.sign, by.address, m.at(8), m.at(0), m.at(8+size), uintptr(len(digest)))
	if err := s.end(); err != nil {
		return nil, err
	}
	if *length != uint64(size) {
		return nil, errors.New("a signature of another length")
	}
	return append([]byte(nil), m.bytes()[8:8+size]...), nil
}

// digests are the algorithms that messages are hashed by, as libcrypto has them.
type digests map[crypto.Hash]uintptr

func (l *Library) fetchDigests() error {
	l.digests = digests{}
	for hash, name := range map[crypto.Hash]string{crypto.SHA256: "SHA2-256", crypto.SHA384: "SHA2-384", crypto.SHA512: "SHA2-512"} {
		var err error
		if l.digests[hash], err = l.fetchDigest(name); err != nil {
			return err
		}
	}
	return nil
}

func (l *Library) fetchDigest(name string) (uintptr, error) {
	m, err := l.allocate(len(name) + 1)
	if err != nil {
		return 0, err
	}
	defer m.release()
	copy(m.bytes(), name)
	s := l.begin()
	md := s.get("EVP_MD_fetch", l.call.fetchDigest, 0, m.address, 0)
	return md, s.end()
}
