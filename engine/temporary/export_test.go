package temporary

import "cardea/platform/seal"

// KeyOf is the id and the token of what was sealed.
func KeyOf(box *seal.Box, sealed []byte) (id, token string) {
	id, _, err := keyOf(box, sealed)
	if err != nil {
		panic(err)
	}
	return id, encoding.EncodeToString(sealed)
}
