package oauth2

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// Credentials are a client's id and its secret; public clients have none.
type Credentials struct {
	ID, Secret string
}

// ParseBasic reads an Authorization header of the scheme Basic. Clients are to encode id and secret as forms are before they
// join them (RFC 6749 §2.3.1), and many do not: the answer has both readings, the standard's first, where they differ.
// It is empty when the header is of another scheme or cannot be read.
func ParseBasic(header string) []Credentials {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return nil
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimLeft(encoded, " "))
	if err != nil || !utf8.Valid(text) {
		return nil
	}
	name, secret, found := strings.Cut(string(text), ":")
	if !found || strings.ContainsRune(string(text), 0) {
		return nil
	}

	raw := Credentials{name, secret}
	decodedID, okID := decode(name)
	decodedSecret, okSecret := decode(secret)
	decoded := Credentials{decodedID, decodedSecret}
	if !okID || !okSecret || decoded == raw {
		return []Credentials{raw}
	}
	return []Credentials{decoded, raw}
}
