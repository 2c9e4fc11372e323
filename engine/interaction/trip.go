package interaction

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"io"

	"cardea/platform/seal"
)

// mostTrip bounds what a trip opens to, in bytes: it has an authorization request in it.
const mostTrip = 32 << 10

// SealTrip makes of a trip to an identity provider, whose handle the owner's Request is, what the browser keeps until it comes
// back. It is empty when the trip is too long.
func SealTrip(box *seal.Box, o Owner, trip any) string {
	plain, err := json.Marshal(trip)
	if err != nil {
		panic(err) // it is strings and numbers
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		panic(err) // the level exists
	}
	_, _ = w.Write(plain) // a buffer takes all
	_ = w.Close()
	text := base64.RawURLEncoding.EncodeToString(box.Seal(o.label("trip"), packed.Bytes()))
	if len(text) > Most {
		return ""
	}
	return text
}

// OpenTrip reads a text that SealTrip has made for the same owner into trip. How old it may be is its reader's matter.
func OpenTrip(box *seal.Box, o Owner, text string, trip any) bool {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(text) > Most {
		return false
	}
	packed, err := box.Open(o.label("trip"), sealed)
	if err != nil {
		return false
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), mostTrip))
	return err == nil && json.Unmarshal(plain, trip) == nil
}
