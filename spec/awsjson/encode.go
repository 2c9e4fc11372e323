package awsjson

import (
	"bytes"
	"encoding/json"
)

// Encode adds an output struct to b as the protocol wants it: unset members left out, no HTML escapes. After an error b
// is as it was.
func Encode(b *bytes.Buffer, out any) error {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(out); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the line's end, which the encoder adds
	return nil
}
