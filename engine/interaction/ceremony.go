package interaction

import (
	"encoding/base64"
	"encoding/binary"
	"time"

	"cardea/platform/db"
	"cardea/platform/seal"
)

// SealCeremony makes of a passkey's challenge, which may be answered until a time, what a page carries until then. It opens for its
// Owner alone: in no other browser, and for no other authorization request.
func SealCeremony(box *seal.Box, o Owner, challenge []byte, until time.Time) string {
	plain := binary.BigEndian.AppendUint64(nil, uint64(db.Millis(until)))
	return base64.RawURLEncoding.EncodeToString(box.Seal(o.label("ceremony"), append(plain, challenge...)))
}

// OpenCeremony reads what SealCeremony has made for the owner. Its time may be over.
func OpenCeremony(box *seal.Box, o Owner, text string) (challenge []byte, until time.Time, ok bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(text) > Most {
		return nil, until, false
	}
	plain, err := box.Open(o.label("ceremony"), sealed)
	if err != nil || len(plain) <= 8 {
		return nil, until, false
	}
	return plain[8:], db.Time(int64(binary.BigEndian.Uint64(plain))), true
}
