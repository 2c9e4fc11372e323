package awsjson

import (
	"bytes"
	"encoding/json"
)

// Encode writes an output struct as the protocol wants it: unset members left out, no HTML escapes.
func Encode(out any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(out); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
