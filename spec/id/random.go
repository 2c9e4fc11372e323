package id

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

const (
	lowerAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	mixedAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

	poolLength     = 9
	clientLength   = 26
	secretLength   = 52
	groupKeyLength = 8
)

// NewUUID makes a random UUID (RFC 9562, version 4) in lower case.
func NewUUID() string {
	var b [16]byte
	read(b[:])
	return format(b, 4)
}

// NewOrderedUUID makes a UUID (RFC 9562, version 7) in lower case that sorts by now, to the millisecond. It names
// rows of large tables, so that new rows are stored next to each other. It is unique, but not secret.
func NewOrderedUUID(now time.Time) string {
	var b [16]byte
	read(b[6:])
	ms := now.UnixMilli()
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	return format(b, 7)
}

// format writes a UUID with its version and variant.
func format(b [16]byte, version byte) string {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80

	var text [36]byte
	hex.Encode(text[:8], b[:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// Random is a string of n characters, each drawn independently and evenly from alphabet, which holds between 1 and 256
// single-byte characters.
func Random(alphabet string, n int) string {
	if len(alphabet) == 0 || len(alphabet) > 256 {
		panic("id: an alphabet has between 1 and 256 characters")
	}

	// Bytes at or above the largest multiple of the alphabet's length are thrown away: keeping them would favour the
	// alphabet's first characters.
	limit := 256 - 256%len(alphabet)
	text := make([]byte, 0, n)
	var pool [64]byte
	for len(text) < n {
		read(pool[:])
		for _, b := range pool {
			if int(b) < limit && len(text) < n {
				text = append(text, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(text)
}

// read fills b with randomness. crypto/rand.Read never returns an error: it ends the program when the system has none.
func read(b []byte) { _, _ = rand.Read(b) }
