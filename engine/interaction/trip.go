package interaction

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"io"
	"time"

	"cardea/platform/db"
	"cardea/platform/seal"
)

// TripLife is how long a visitor may be away at an identity provider.
const TripLife = 5 * time.Minute

// Trip is a visitor's way to a provider and back, sealed for the browser in the meantime.
type Trip struct {
	Handle   string `json:"h"`
	Provider string `json:"p"`
	Path     string `json:"c"` // of the callback
	Query    string `json:"q"` // of the authorization request
	Nonce    string `json:"n,omitempty"`
	Verifier string `json:"v,omitempty"`
	Request  string `json:"r,omitempty"` // the id of the AuthnRequest
	Began    int64  `json:"t"`           // in Unix milliseconds
}

// EndsAt tells whether a visitor who has come back to a path, with a handle, has been on the trip, and not for too long.
func (t *Trip) EndsAt(path, handle string, now time.Time) bool {
	age := now.Sub(db.Time(t.Began))
	return handle != "" && t.Handle == handle && t.Path == path && age >= 0 && age <= TripLife
}

// mostTrip bounds what a trip opens to, in bytes: it has an authorization request in it.
const mostTrip = 32 << 10

// SealTrip makes of a trip to an identity provider, whose handle the owner's Request is, what the browser keeps until it comes
// back. It is empty when the trip is too long.
func SealTrip(box *seal.Box, o Owner, trip Trip) string {
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

// OpenTrip reads a text that SealTrip has made for the same owner; nil: it is none. How old it may be, EndsAt tells.
func OpenTrip(box *seal.Box, o Owner, text string) *Trip {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(text) > Most {
		return nil
	}
	packed, err := box.Open(o.label("trip"), sealed)
	if err != nil {
		return nil
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), mostTrip))
	var trip Trip
	if err != nil || json.Unmarshal(plain, &trip) != nil {
		return nil
	}
	return &trip
}
