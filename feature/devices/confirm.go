package devices

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/device"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/srp"
)

// minSalt is the shortest salt of a device, in bytes. Apps draw 16, but send them as a number: leading zeros get lost.
const minSalt = 8

// ConfirmDevice stores the secret of a device that was issued in a sign-in of the bearer. From then on it is one of the
// user's devices; it is remembered at once unless the pool asks the user first.
func (s *Service) ConfirmDevice(ctx context.Context, in *cognitoidp.ConfirmDeviceRequest) (*cognitoidp.ConfirmDeviceResponse, error) {
	var out *cognitoidp.ConfirmDeviceResponse
	err := with(ctx, s.Authenticator.Write, in.AccessToken, func(tx *db.Tx, b *access.Subject) error {
		salt, verifier, err := readSecret(in.DeviceSecretVerifierConfig)
		if err != nil {
			return err
		}
		d, err := device.Find(tx, b.User, in.DeviceKey)
		if errors.Is(err, db.ErrNotFound) || err == nil && b.Session.DeviceKey != "" && b.Session.DeviceKey != d.Key {
			return cognitoidp.InvalidParameter("Invalid device key given.")
		}
		if err != nil {
			return fmt.Errorf("find device: %w", err)
		}
		if d.Confirmed {
			return taken(db.ErrStale)
		}

		asked := device.AsksUser(b.Pool)
		d.Remembered = !asked
		d.IP = caller.From(ctx).IP
		if in.DeviceName != "" {
			d.Name = in.DeviceName
		}
		if err := device.Confirm(tx, b.Box, d, salt, verifier); err != nil {
			return taken(err)
		}
		out = &cognitoidp.ConfirmDeviceResponse{UserConfirmationNecessary: asked}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// taken gives the fault for a device that was confirmed before; it returns other errors unchanged.
func taken(err error) error {
	if errors.Is(err, db.ErrStale) {
		return cognitoidp.DeviceKeyExists("Device already exists.")
	}
	return err
}

// readSecret decodes the salt and the verifier that an app computed, both in base64.
func readSecret(config *cognitoidp.DeviceSecretVerifierConfigType) (salt, verifier []byte, err error) {
	if config == nil || config.Salt == "" || config.PasswordVerifier == "" {
		return nil, nil, cognitoidp.InvalidParameter("DeviceSecretVerifierConfig with Salt and PasswordVerifier is required.")
	}
	salt, err = base64.StdEncoding.Strict().DecodeString(config.Salt)
	if err != nil || len(salt) < minSalt || len(salt) > device.MaxSalt {
		return nil, nil, cognitoidp.InvalidParameter("Invalid device salt given.")
	}
	sent, err := base64.StdEncoding.Strict().DecodeString(config.PasswordVerifier)
	if err == nil {
		verifier, err = srp.ParseVerifier(sent)
	}
	if err != nil {
		return nil, nil, cognitoidp.InvalidParameter("Invalid device password verifier given.")
	}
	return salt, verifier, nil
}
