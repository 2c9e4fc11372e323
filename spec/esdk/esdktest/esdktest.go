package esdktest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
)

const (
	keySize   = 32
	nonceSize = 12
	tagSize   = 16
	frameSize = 4096
)

var errForged = errors.New("the message was changed")

// reader takes a message apart, and notes when it wanted more than there is.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) take(n int) []byte {
	r.short = r.short || n > len(r.rest)
	n = min(n, len(r.rest))
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) number(size int) (n int) {
	for _, b := range r.take(size) {
		n = n<<8 | int(b)
	}
	return n
}

func (r *reader) field() []byte { return r.take(r.number(2)) }

// DataKey is an encrypted data key of a message.
type DataKey struct {
	Provider, Info string
	Wrapped        []byte
	Encoded        []byte // the encryption context, as the message carries it
}

// Read opens a message as the format's description says; unwrap is asked for its data key. It answers the plaintext and the
// encryption context.
func Read(message []byte, unwrap func(key DataKey, context map[string]string) ([]byte, error)) ([]byte, map[string]string, error) {
	r := &reader{rest: bytes.Clone(message)}
	if r.number(4) != 0x01800378 {
		return nil, nil, errForged
	}
	id := bytes.Clone(r.take(16))
	encoded := bytes.Clone(r.field())
	context := map[string]string{}
	fields := &reader{rest: bytes.Clone(encoded)}
	for range fields.number(2) {
		if name := string(fields.field()); name != "" {
			context[name] = string(fields.field())
		}
	}
	if r.number(2) != 1 {
		return nil, nil, errForged
	}
	provider, info, wrapped := string(r.field()), string(r.field()), bytes.Clone(r.field())
	if r.number(1) != 2 || r.number(4) != 0 || r.number(1) != nonceSize || r.number(4) != frameSize {
		return nil, nil, errForged
	}
	header := message[:len(message)-len(r.rest)]

	data, err := unwrap(DataKey{provider, info, wrapped, encoded}, context)
	if err != nil {
		return nil, nil, err
	}
	key, err := hkdf.Key(sha512.New384, data, nil, "\x03\x78"+string(id), keySize)
	if err != nil {
		return nil, nil, err
	}
	iv := bytes.Clone(r.take(nonceSize))
	if _, err := open(key, iv, bytes.Clone(r.take(tagSize)), header); err != nil {
		return nil, nil, err
	}

	if r.number(4) != 0xFFFFFFFF {
		return nil, nil, errForged
	}
	number := bytes.Clone(r.take(4))
	iv = bytes.Clone(r.take(nonceSize))
	length := r.number(4)
	bound := append(id, "AWSKMSEncryptionClient Final Frame"...)
	bound = binary.BigEndian.AppendUint64(append(bound, number...), uint64(length))
	plaintext, err := open(key, iv, bytes.Clone(r.take(length+tagSize)), bound)
	if err != nil {
		return nil, nil, err
	}
	signed := message[:len(message)-len(r.rest)]
	if signature := r.field(); r.short || len(r.rest) != 0 || !verifies(context["aws-crypto-public-key"], signed, signature) {
		return nil, nil, errForged
	}
	return plaintext, context, nil
}

// RawAES unwraps a data key as the SDK's raw AES keyrings do.
func RawAES(provider, name string, key []byte) func(DataKey, map[string]string) ([]byte, error) {
	return func(edk DataKey, _ map[string]string) ([]byte, error) {
		known := edk.Provider == provider && strings.HasPrefix(edk.Info, name+"\x00\x00\x00\x80\x00\x00\x00\x0c") && len(edk.Info) == len(name)+8+nonceSize
		if !known {
			return nil, errForged
		}
		return open(key, []byte(edk.Info[len(edk.Info)-nonceSize:]), edk.Wrapped, edk.Encoded)
	}
}

func open(key, iv, sealed, bound []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	opener, err := cipher.NewGCM(block)
	if err != nil || len(iv) != nonceSize {
		return nil, errForged
	}
	return opener.Open(nil, iv, sealed, bound)
}

func verifies(public string, signed, signature []byte) bool {
	point, err := base64.StdEncoding.DecodeString(public)
	if err != nil {
		return false
	}
	x, y := elliptic.UnmarshalCompressed(elliptic.P384(), point)
	if x == nil {
		return false
	}
	uncompressed := make([]byte, 97)
	uncompressed[0] = 4
	x.FillBytes(uncompressed[1:49])
	y.FillBytes(uncompressed[49:])
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P384(), uncompressed)
	digest := sha512.Sum384(signed)
	return err == nil && ecdsa.VerifyASN1(key, digest[:], signature)
}
