package signin

import (
	"encoding/hex"
	"errors"

	"cardea/engine/device"
	"cardea/engine/factor"
	"cardea/platform/db"
	record "cardea/record/device"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// recognised is the device that a sign-in is made on.
type recognised struct {
	known    bool           // it is one of the user's
	standsIn *record.Device // it, if it may stand for a second factor
}

// maxDeviceKey is what the interface allows.
const maxDeviceKey = 55

// recognise looks whether DEVICE_KEY is that of a device of the user's, and of one that may stand for a second factor. The
// key may come with any step.
func (a *attempt) recognise(tx *db.Tx) error {
	if key := a.in.Given["DEVICE_KEY"]; key != "" && len(key) <= maxDeviceKey {
		a.state.Device = key
	}
	a.device = recognised{}
	if a.User == nil || a.state.Device == "" || !device.Tracks(a.Pool) {
		return nil
	}
	d, err := device.Find(tx, a.User, a.state.Device)
	if errors.Is(err, db.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	a.device.known = d.Confirmed
	if d.Confirmed && d.Remembered && device.ReplacesMFA(a.Pool) {
		a.device.standsIn = d
	}
	return nil
}

// bindDevice gives the device that tokens are bound to: the one signed in on if it is known, otherwise a new one, which the
// client is told about. Without device tracking there is none.
func (a *attempt) bindDevice(tx *db.Tx) (key string, named *cognitoidp.NewDeviceMetadataType, err error) {
	if !device.Tracks(a.Pool) {
		return "", nil, nil
	}
	if a.device.known {
		d, err := device.Find(tx, a.User, a.state.Device)
		if err == nil {
			return d.Key, nil, nil
		}
		if !errors.Is(err, db.ErrNotFound) { // forgotten a moment ago, it is a new one
			return "", nil, err
		}
	}
	if named, err = device.Issue(tx, a.Pool, a.Client, a.User, a.from); err != nil {
		return "", nil, err
	}
	return named.DeviceKey, named, nil
}

// deviceExchange is the DEVICE_SRP_AUTH challenge: it asks a remembered device, in the place of a second factor, for its
// half of an SRP exchange.
type deviceExchange struct{ bySession }

var askDevice = deviceExchange{bySession{cognitoidp.ChallengeNameTypeDeviceSrpAuth, atFactor}}

func (deviceExchange) needs() []string { return []string{"DEVICE_KEY", "SRP_A"} }

func (p deviceExchange) challenge(a *attempt) (*Outcome, error) {
	return a.askWith(p.step, a.state.Next(a.now), map[string]string{
		"USERNAME": a.srpID(), "DEVICE_KEY": a.state.Device,
	})
}

func (deviceExchange) judge(a *attempt) (*success, error) {
	if err := a.mayGuess(); err != nil {
		return nil, err
	}
	if a.device.standsIn == nil {
		return nil, noDevice()
	}
	if _, err := a.parseSRPA(); err != nil {
		return nil, err
	}
	return &success{effects: []effect{a.spendSession}, then: deviceVerifier{}}, nil
}

func noDevice() error { return cognitoidp.ResourceNotFound("Device does not exist.") }

// deviceVerifier is the DEVICE_PASSWORD_VERIFIER challenge: the end of the exchange over the device's secret.
type deviceVerifier struct{}

const deviceStep = cognitoidp.ChallengeNameTypeDevicePasswordVerifier

func (deviceVerifier) needs() []string {
	return []string{"DEVICE_KEY", "PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP"}
}

func (deviceVerifier) challenge(a *attempt) (*Outcome, error) {
	salt, verifier, err := device.Verifier(a.Box, a.device.standsIn)
	if err != nil {
		return nil, err
	}
	st := a.state.Next(a.now)
	public, block, err := a.startExchange(deviceStep, st, verifier)
	if err != nil {
		return nil, err
	}
	return a.askWith(deviceStep, st, map[string]string{
		"SALT": hex.EncodeToString(salt), "SRP_B": public, "SECRET_BLOCK": block,
		"USERNAME": a.srpID(), "DEVICE_KEY": a.device.standsIn.Key,
	})
}

func (deviceVerifier) open(a *attempt, tx *db.Tx) error {
	a.guessesAt = atFactor
	if err := a.resumeExchange(deviceStep); err != nil {
		return err
	}
	return a.sameSession(tx, deviceStep)
}

func (deviceVerifier) judge(a *attempt) (*success, error) {
	if err := a.mayGuess(); err != nil {
		return nil, err
	}
	if a.device.standsIn == nil {
		return nil, noDevice()
	}
	_, verifier, err := device.Verifier(a.Box, a.device.standsIn)
	if err != nil {
		return nil, err
	}
	holds, err := a.signedBy(device.Identity(a.device.standsIn), verifier)
	if err != nil {
		return nil, err
	}
	if !holds {
		return nil, wrongPassword(a.spendBlock)
	}
	return &success{proof: factor.Device, effects: []effect{a.spendBlockOnce, a.unlock, a.seen}}, nil
}

// seen is the effect of a device that has proven itself. One that was forgotten meanwhile proves nothing.
func (a *attempt) seen(tx *db.Tx, _ *user.User) error {
	err := device.Seen(tx, a.device.standsIn, a.from)
	if errors.Is(err, db.ErrNotFound) {
		return noDevice()
	}
	return err
}
