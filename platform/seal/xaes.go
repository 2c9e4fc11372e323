package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
)

const (
	keySize   = 32
	nonceSize = 24
	overhead  = nonceSize + 16
)

// xaes is XAES-256-GCM as C2SP defines it, the nonce leading the ciphertext.
type xaes struct {
	block cipher.Block
	k1    [aes.BlockSize]byte // CMAC's first subkey
}

func newXAES(key []byte) *xaes {
	x := &xaes{block: mustAES(key)}
	x.block.Encrypt(x.k1[:], x.k1[:])
	var carry byte
	for i := len(x.k1) - 1; i >= 0; i-- {
		next := x.k1[i] >> 7
		x.k1[i] = x.k1[i]<<1 | carry
		carry = next
	}
	x.k1[len(x.k1)-1] ^= carry * 0x87
	return x
}

// message is the AEAD for the one message that nonce stands for.
func (x *xaes) message(nonce []byte) cipher.AEAD {
	var key [keySize]byte
	for i := range 2 {
		half := key[i*aes.BlockSize : (i+1)*aes.BlockSize]
		copy(half, []byte{0, byte(i + 1), 'X', 0})
		copy(half[4:], nonce[:12])
		subtle.XORBytes(half, half, x.k1[:])
		x.block.Encrypt(half, half)
	}
	aead, err := cipher.NewGCM(mustAES(key[:]))
	if err != nil {
		panic(err) // AES has the block size GCM wants
	}
	return aead
}

// seal appends a fresh nonce and the ciphertext to dst.
func (x *xaes) seal(dst, plaintext, bound []byte) []byte {
	n := len(dst)
	dst = append(dst, make([]byte, nonceSize)...)
	nonce := dst[n:]
	_, _ = rand.Read(nonce) // never fails: it would end the program
	return x.message(nonce).Seal(dst, nonce[12:], plaintext, bound)
}

func (x *xaes) open(sealed, bound []byte) ([]byte, error) {
	if len(sealed) < overhead {
		return nil, ErrForged
	}
	nonce := sealed[:nonceSize]
	plaintext, err := x.message(nonce).Open(nil, nonce[12:], sealed[nonceSize:], bound)
	if err != nil {
		return nil, ErrForged
	}
	return plaintext, nil
}

func mustAES(key []byte) cipher.Block {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // callers pass 32 bytes
	}
	return block
}
