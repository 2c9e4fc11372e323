package device

import (
	"errors"
	"fmt"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/device"
	"cardea/spec/srp"
)

// MaxSalt is the longest salt that a device may use, in bytes.
const MaxSalt = 64

// kindSRP is the first byte of a secret; the salt's length, the salt and the verifier follow. It is stored and must not
// change.
const kindSRP = 1

var errSecret = errors.New("stored device secret is malformed")

// Confirm stores a device that was only named before, with its name, its address, whether it is remembered, and the salt
// and the verifier (as srp.ParseVerifier gives it) that its app computed. It works once; then it answers db.ErrStale.
func Confirm(tx *db.Tx, box *seal.Box, d *device.Device, salt, verifier []byte) error {
	b := append([]byte{kindSRP, byte(len(salt))}, salt...)
	d.Secret = box.Seal(label(d), append(b, verifier...))
	return device.Confirm(tx, d)
}

// Verifier gives the salt and the SRP verifier of a confirmed device.
func Verifier(box *seal.Box, d *device.Device) (salt, verifier []byte, err error) {
	b, err := box.Open(label(d), d.Secret)
	if err != nil {
		return nil, nil, fmt.Errorf("open device secret: %w", err)
	}
	if len(b) < 2 || b[0] != kindSRP || int(b[1]) > MaxSalt || len(b) != 2+int(b[1])+srp.Size {
		return nil, nil, errSecret
	}
	b = b[2:]
	size := len(b) - srp.Size
	return b[:size:size], b[size:], nil
}

// Identity names the device in an SRP exchange: the proof is computed over its group key and its key.
func Identity(d *device.Device) srp.Identity { return srp.Identity{Scope: d.GroupKey, User: d.Key} }

// label binds a secret to its device: moved to another row, it does not open.
func label(d *device.Device) string { return "device/" + string(d.Sub) + "/" + d.Key }
