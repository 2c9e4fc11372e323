package page

import (
	"encoding/base64"
	"errors"

	"cardea/platform/seal"
)

// ErrInvalid says that a token was not made by this codec for this binding: garbage, tampered with, or of another query.
var ErrInvalid = errors.New("invalid pagination token")

// maxToken bounds what Decode looks at; cursors are identifiers, so that tokens from Encode are far shorter.
const maxToken = 4096

// Codec makes and reads pagination tokens. All nodes of one deployment have the same master keys, though not always in the same
// order, so that a token made by one is good at the other.
type Codec struct {
	boxes []*seal.Box // the first seals
}

// New makes a codec whose tokens are sealed under a key derived from the active master key, and open under any of the master keys.
func New(master *seal.Master) *Codec {
	return &Codec{boxes: master.Boxes("page")}
}

// Encode seals the cursor of the next page into a token that only the same binding can open. An empty cursor means that
// there is no next page, and gives the empty token.
func (c *Codec) Encode(binding, cursor string) string {
	if cursor == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(c.boxes[0].Seal(binding, []byte(cursor)))
}

// Decode returns the cursor of a token that Encode made for this binding, or ErrInvalid. The empty token is the first
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
	for _, box := range c.boxes {
		if plain, err := box.Open(binding, sealed); err == nil {
			return string(plain), nil
		}
	}
	return "", ErrInvalid // it is the token of another query, or of a master key that is gone
}
