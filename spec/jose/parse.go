package jose

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrMalformed says that a text is not a compact JWS, or not one that this package reads.
	ErrMalformed = errors.New("not a signed token")

	// ErrSignature says that a token was not signed with the given key.
	ErrSignature = errors.New("signature does not match")
)

// maxToken bounds what is parsed, in bytes. Cognito's own tokens stay far below it.
const maxToken = 64 << 10

// Token is a parsed token. Nothing in it may be trusted before Verify.
type Token struct {
	KeyID     string
	Payload   []byte
	algorithm string
	signed    string
	signature []byte
}

// Parse splits and decodes a compact token.
func Parse(compact string) (*Token, error) {
	t, header, err := split(compact)
	if err != nil {
		return nil, err
	}
	for name, into := range map[string]*string{"kid": &t.KeyID, "alg": &t.algorithm} {
		if *into, err = text(header, name); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// split decodes the parts of a compact token. Members of its header are ignored unless they are asked for, but for crit, which
// may not be.
func split(compact string) (t *Token, header map[string]json.RawMessage, err error) {
	if len(compact) > maxToken || strings.Count(compact, ".") != 2 {
		return nil, nil, ErrMalformed
	}
	end := strings.LastIndexByte(compact, '.')
	t = &Token{signed: compact[:end]}

	first, payload, _ := strings.Cut(t.signed, ".")
	head, err := decode(first)
	if err != nil {
		return nil, nil, err
	}
	if t.Payload, err = decode(payload); err != nil {
		return nil, nil, err
	}
	if t.signature, err = decode(compact[end+1:]); err != nil {
		return nil, nil, err
	}
	if header, err = object(head); err != nil {
		return nil, nil, err
	}
	if _, critical := header["crit"]; critical {
		return nil, nil, fmt.Errorf("%w: critical header members", ErrMalformed)
	}
	return t, header, nil
}

// text is a member that has to be there, and a string.
func text(members map[string]json.RawMessage, name string) (s string, err error) {
	value, present := members[name]
	if !present || value[0] != '"' || json.Unmarshal(value, &s) != nil {
		return "", fmt.Errorf("%w: no %s", ErrMalformed, name)
	}
	return s, nil
}

// Verify checks the signature against a key. The algorithm is the key's; a header that names another fails.
func (t *Token) Verify(key Key) error {
	hash, known := own[key.algorithm()]
	if !known || t.algorithm != key.algorithm() || t.KeyID != key.ID {
		return ErrSignature
	}
	digest := hash.New()
	digest.Write([]byte(t.signed))
	if !algorithms[key.algorithm()].verify(key.Public, hash, digest.Sum(nil), t.signature) {
		return ErrSignature
	}
	return nil
}

// Claims are the members of the payload, whose names all differ. Nothing in them may be trusted before Verify.
func (t *Token) Claims() (map[string]json.RawMessage, error) { return object(t.Payload) }

// decode reads unpadded base64url. It refuses line breaks, which the library skips.
func decode(part string) ([]byte, error) {
	if part == "" || strings.ContainsAny(part, "\r\n") {
		return nil, ErrMalformed
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return b, nil
}

// object reads one JSON object whose member names all differ.
func object(raw []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, fmt.Errorf("%w: not an object", ErrMalformed)
	}
	members := map[string]json.RawMessage{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
		}
		key, isString := name.(string)
		if _, twice := members[key]; !isString || twice {
			return nil, fmt.Errorf("%w: member %q", ErrMalformed, key)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
		}
		members[key] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	if d.InputOffset() != int64(len(bytes.TrimRight(raw, " \t\r\n"))) {
		return nil, fmt.Errorf("%w: bytes after the object", ErrMalformed)
	}
	return members, nil
}
