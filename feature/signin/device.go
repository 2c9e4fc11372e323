package signin

import (
	"encoding/hex"
	"errors"

	"cardea/engine/challenge"
	"cardea/engine/device"
	"cardea/engine/factor"
	"cardea/platform/db"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// recognise looks whether DEVICE_KEY is that of a device of the user's, and of one that may stand for a second factor. The
// key may come with any step.
func (t *turn) recognise(tx *db.Tx) error {
	if key := t.given["DEVICE_KEY"]; key != "" && len(key) <= maxDeviceKey {
		t.state.Device = key
	}
	if t.user == nil || t.state.Device == "" || !device.Tracks(t.Pool) {
		return nil
	}
	d, err := device.Find(tx, t.user, t.state.Device)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	t.known = d.Confirmed
	if d.Confirmed && d.Remembered && device.ReplacesMFA(t.Pool) {
		t.device = d
	}
	return nil
}

// maxDeviceKey is what the interface allows.
const maxDeviceKey = 55

// bind names the device that tokens are bound to: the one signed in on if it is known, otherwise a new one. Without device
// tracking there is none.
func (t *turn) bind(tx *db.Tx, u *user.User) (key string, err error) {
	t.named = nil
	if !device.Tracks(t.Pool) {
		return "", nil
	}
	if t.known {
		d, err := device.Find(tx, u, t.state.Device)
		if err == nil {
			return d.Key, nil
		}
		if !errors.Is(err, db.ErrNotFound) { // forgotten a moment ago, it is a new one
			return "", err
		}
	}
	if t.named, err = device.Issue(tx, t.Pool, t.Client, u, t.from); err != nil {
		return "", err
	}
	return t.named.DeviceKey, nil
}

// deviceExchange is the DEVICE_SRP_AUTH challenge: it asks a remembered device, in the place of a second factor, for its
// half of an SRP exchange.
type deviceExchange struct{ bySession }

var askDevice = deviceExchange{bySession{step: cognitoidp.ChallengeNameTypeDeviceSrpAuth, factors: true}}

func (deviceExchange) needs() []string { return []string{"DEVICE_KEY", "SRP_A"} }

func (p deviceExchange) challenge(t *turn) (*Outcome, error) {
	return t.ask(p.step, t.state.Next(t.now), map[string]string{
		"USERNAME": t.srpID(), "DEVICE_KEY": t.state.Device,
	})
}

func (deviceExchange) verify(t *turn) (*pass, error) {
	if err := t.present(); err != nil {
		return nil, err
	}
	if t.device == nil {
		return nil, noDevice()
	}
	if _, err := t.parseSRPA(); err != nil {
		return nil, err
	}
	return &pass{effects: []effect{t.spendSession}, then: deviceVerifier{}}, nil
}

func noDevice() error { return cognitoidp.ResourceNotFound("Device does not exist.") }

// deviceVerifier is the DEVICE_PASSWORD_VERIFIER challenge: the end of the exchange over the device's secret.
type deviceVerifier struct{}

const deviceStep = cognitoidp.ChallengeNameTypeDevicePasswordVerifier

func (deviceVerifier) needs() []string {
	return []string{"DEVICE_KEY", "PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP"}
}

func (deviceVerifier) challenge(t *turn) (*Outcome, error) {
	salt, verifier, err := device.Verifier(t.Box, t.device)
	if err != nil {
		return nil, err
	}
	st := t.state.Next(t.now)
	public, block, err := t.startExchange(deviceStep, st, verifier)
	if err != nil {
		return nil, err
	}
	return t.ask(deviceStep, st, map[string]string{
		"SALT": hex.EncodeToString(salt), "SRP_B": public, "SECRET_BLOCK": block,
		"USERNAME": t.srpID(), "DEVICE_KEY": t.device.Key,
	})
}

func (deviceVerifier) open(t *turn, tx *db.Tx) (mismatch, err error) {
	t.factors = true
	if err := t.resumeExchange(deviceStep); err != nil {
		return nil, err
	}
	return challenge.ErrInvalid, t.sameSession(tx, deviceStep)
}

func (deviceVerifier) verify(t *turn) (*pass, error) {
	if err := t.present(); err != nil {
		return nil, err
	}
	if t.device == nil {
		return nil, noDevice()
	}
	_, verifier, err := device.Verifier(t.Box, t.device)
	if err != nil {
		return nil, err
	}
	holds, err := t.signedBy(device.Identity(t.device), verifier)
	if err != nil {
		return nil, err
	}
	if !holds {
		return nil, t.fail(t.spendBlock)
	}
	return &pass{proof: factor.Device, effects: []effect{t.spendBlockOnce, t.unlock, t.seen}}, nil
}

// seen is the effect of a device that has proven itself. One that was forgotten meanwhile proves nothing.
func (t *turn) seen(tx *db.Tx, _ *user.User) error {
	err := device.Seen(tx, t.device, t.from)
	if errors.Is(err, db.ErrNotFound) {
		return noDevice()
	}
	return err
}
