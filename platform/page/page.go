package page

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// ErrInvalid says that a token was not made by this codec for this binding: garbage, tampered with, or of another query.
var ErrInvalid = errors.New("invalid pagination token")

// maxToken bounds what Decode looks at; cursors are identifiers, so that honest tokens are far shorter.
const maxToken = 4096

// Codec makes and reads pagination tokens. All nodes of one deployment share the Key, so that a token made by one is
// good at the other.
type Codec struct {
	Key []byte // secret, any length; 32 random bytes are right
}

// Encode seals the cursor of the next page into a token that only the same binding can open. An empty cursor means that
// there is no next page, and gives the empty token.
func (c *Codec) Encode(binding, cursor string) string {
	if cursor == "" {
		return ""
	}

	aead := c.aead()
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(cursor)+aead.Overhead())
	_, _ = rand.Read(nonce) // crypto/rand never fails: it ends the program instead
	sealed := aead.Seal(nonce, nonce, []byte(cursor), []byte(binding))
	return base64.RawURLEncoding.EncodeToString(sealed)
}

// Decode gives back the cursor of a token that Encode made for this binding, or ErrInvalid. The empty token is the first
// page: its cursor is empty.
func (c *Codec) Decode(binding, token string) (cursor string, err error) {
	if token == "" {
		return "", nil
	}
	if len(token) > maxToken {
		return "", ErrInvalid
	}

	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return "", ErrInvalid
	}
	aead := c.aead()
	if len(sealed) < aead.NonceSize() {
		return "", ErrInvalid
	}
	nonce, rest := sealed[:aead.NonceSize()], sealed[aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, rest, []byte(binding))
	if err != nil {
		return "", ErrInvalid
	}
	return string(plain), nil
}

func (c *Codec) aead() cipher.AEAD {
	if len(c.Key) == 0 {
		panic("page: a codec without a key")
	}
	key, err := hkdf.Key(sha256.New, c.Key, nil, "pagination token", 32)
	if err != nil {
		panic(fmt.Sprintf("page: derive key: %v", err))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(fmt.Sprintf("page: cipher: %v", err))
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(fmt.Sprintf("page: mode: %v", err))
	}
	return aead
}
