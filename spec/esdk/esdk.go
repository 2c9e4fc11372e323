package esdk

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"strings"
)

const (
	suite      = 0x0378
	frameSize  = 4096
	keySize    = 32
	nonceSize  = 12
	tagSize    = 16
	finalFrame = 0xFFFFFFFF
	maxField   = 1<<16 - 1 // lengths have two bytes

	// publicKey is the entry of the encryption context by which a message carries the key that its signature is checked with.
	publicKey = "aws-crypto-public-key"
	// reserved begins the names of entries that the SDK itself sets.
	reserved = "aws-crypto-"
)

// DataKey is the key of one message, and how the message carries it.
type DataKey struct {
	Plain    []byte // 32 bytes
	Provider string // of the key that wraps it, such as "aws-kms"
	Info     string // which of the provider's keys that is
	Wrapped  []byte
}

// Writer writes one message.
type Writer struct {
	id      [16]byte
	context map[string]string
	encoded []byte // the context
	signer  *ecdsa.PrivateKey
}

// NewWriter begins a message with an encryption context: entries in plain text that are bound to the data key and to the
// message.
func NewWriter(context map[string]string) (*Writer, error) {
	for name := range context {
		if strings.HasPrefix(name, reserved) {
			return nil, fmt.Errorf("encryption context: %s is reserved", name)
		}
	}
	signer, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	point, err := compressed(&signer.PublicKey)
	if err != nil {
		return nil, err
	}

	w := &Writer{context: map[string]string{publicKey: base64.StdEncoding.EncodeToString(point)}, signer: signer}
	maps.Copy(w.context, context)
	if w.encoded, err = EncodeContext(w.context); err != nil {
		return nil, err
	}
	_, _ = rand.Read(w.id[:]) // never fails: it would end the program
	return w, nil
}

// compressed is a point in its short form: the sign of y, and x.
func compressed(key *ecdsa.PublicKey) ([]byte, error) {
	point, err := key.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	size := len(point) / 2 // of a coordinate; the first byte says that both follow
	return append([]byte{2 + point[len(point)-1]&1}, point[1:1+size]...), nil
}

// Context is the encryption context under which the message's data key is to be wrapped: the one that was given and the
// message's public key.
func (w *Writer) Context() map[string]string { return maps.Clone(w.context) }

// Write encrypts a text of at most 4,096 bytes. A Writer writes once.
func (w *Writer) Write(key DataKey, plaintext []byte) ([]byte, error) {
	if len(plaintext) > frameSize {
		return nil, fmt.Errorf("the text has %d bytes, more than one frame of %d", len(plaintext), frameSize)
	}
	seal, err := w.cipher(key.Plain)
	if err != nil {
		return nil, err
	}
	message, err := w.header(key)
	if err != nil {
		return nil, err
	}

	// The header is authenticated under the number 0, frames under those that follow.
	message = append(append(message, nonce(0)...), seal.Seal(nil, nonce(0), nil, message)...)
	message = w.frame(message, seal, plaintext)
	return w.sign(message)
}

// cipher is what encrypts this message, and nothing else.
func (w *Writer) cipher(plain []byte) (cipher.AEAD, error) {
	if len(plain) != keySize {
		return nil, fmt.Errorf("the data key has %d bytes, not %d", len(plain), keySize)
	}
	info := append(binary.BigEndian.AppendUint16(nil, suite), w.id[:]...)
	derived, err := hkdf.Key(sha512.New384, plain, nil, string(info), keySize)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return gcm(derived)
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("prepare AES: %w", err)
	}
	sealer, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("prepare GCM: %w", err)
	}
	return sealer, nil
}

// header is everything before the header's own tag.
func (w *Writer) header(key DataKey) ([]byte, error) {
	const version, signedData, framed = 1, 0x80, 2
	b := []byte{version, signedData}
	b = binary.BigEndian.AppendUint16(b, suite)
	b = append(b, w.id[:]...)
	b, err := appendField(b, string(w.encoded))
	if err != nil {
		return nil, fmt.Errorf("encryption context: %w", err)
	}
	b = binary.BigEndian.AppendUint16(b, 1) // one data key
	for _, field := range []string{key.Provider, key.Info, string(key.Wrapped)} {
		if b, err = appendField(b, field); err != nil {
			return nil, fmt.Errorf("data key: %w", err)
		}
	}
	b = append(b, framed, 0, 0, 0, 0, nonceSize)
	return binary.BigEndian.AppendUint32(b, frameSize), nil
}

// frame adds the one frame, which is the first and the final one.
func (w *Writer) frame(message []byte, seal cipher.AEAD, plaintext []byte) []byte {
	const number = 1
	bound := append(w.id[:], "AWSKMSEncryptionClient Final Frame"...)
	bound = binary.BigEndian.AppendUint32(bound, number)
	bound = binary.BigEndian.AppendUint64(bound, uint64(len(plaintext)))

	message = binary.BigEndian.AppendUint32(message, finalFrame)
	message = binary.BigEndian.AppendUint32(message, number)
	message = append(message, nonce(number)...)
	message = binary.BigEndian.AppendUint32(message, uint32(len(plaintext)))
	return seal.Seal(message, nonce(number), plaintext, bound)
}

// sign adds the footer: a signature of everything before it.
func (w *Writer) sign(message []byte) ([]byte, error) {
	digest := sha512.Sum384(message)
	signature, err := ecdsa.SignASN1(rand.Reader, w.signer, digest[:])
	if err != nil {
		return nil, fmt.Errorf("sign message: %w", err)
	}
	return appendField(message, string(signature))
}

// nonce is the initialization vector of the header, 0, or of a frame.
func nonce(number uint32) []byte {
	return binary.BigEndian.AppendUint32(make([]byte, nonceSize-4, nonceSize), number)
}

var errLong = errors.New("longer than 65,535 bytes")

// appendField adds a value behind its length.
func appendField(b []byte, value string) ([]byte, error) {
	if len(value) > maxField {
		return nil, errLong
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...), nil
}
