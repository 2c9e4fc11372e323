package device

import (
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/record/device"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// Tracks tells whether the pool names and remembers devices.
func Tracks(p *pool.Pool) bool { return p.Doc.DeviceConfiguration != nil }

// ReplacesMFA tells whether a remembered device replaces the second factor.
func ReplacesMFA(p *pool.Pool) bool {
	return Tracks(p) && p.Doc.DeviceConfiguration.ChallengeRequiredOnNewDevice
}

// AsksUser tells whether a device is remembered only when its user says so; otherwise it is remembered when it is confirmed.
func AsksUser(p *pool.Pool) bool {
	return Tracks(p) && p.Doc.DeviceConfiguration.DeviceOnlyRememberedOnUserPrompt
}

// maxUnconfirmed is how many devices of a user may wait to be confirmed; the oldest make room for others.
const maxUnconfirmed = 20

// Issue names a new device of a user and remembers the name, so that ConfirmDevice can find it. The device proves
// nothing until then. from is the caller that signs in.
func Issue(tx *db.Tx, p *pool.Pool, c *client.Client, u *user.User, from caller.Caller) (*cognitoidp.NewDeviceMetadataType, error) {
	d := &device.Device{
		Pool:          p.ID,
		Sub:           u.Sub,
		Key:           id.NewDeviceKey(p.ID.Region()),
		GroupKey:      id.NewDeviceGroupKey(),
		Client:        c.ID,
		Name:          Name(from.UserAgent),
		SDK:           SDK(from.UserAgent),
		IP:            from.IP,
		Created:       tx.Now,
		Modified:      tx.Now,
		Authenticated: tx.Now,
	}
	if err := device.Insert(tx, d); err != nil {
		return nil, err
	}
	if err := device.LimitUnconfirmed(tx, p.ID, u.Sub, maxUnconfirmed); err != nil {
		return nil, err
	}
	return &cognitoidp.NewDeviceMetadataType{DeviceKey: d.Key, DeviceGroupKey: d.GroupKey}, nil
}

// maxKey is the longest device key there is.
const maxKey = 55

// Find loads a device of the user, confirmed or not, or answers db.ErrNotFound. The key may be anything.
func Find(tx *db.Tx, u *user.User, key string) (*device.Device, error) {
	if key == "" || len(key) > maxKey {
		return nil, db.ErrNotFound
	}
	return device.Get(tx, u.Pool, u.Sub, key)
}

// Seen notes that the user has signed in on a device that proved itself. It answers db.ErrNotFound when the device has
// been forgotten meanwhile, or is no longer remembered: then the sign-in must not go on.
func Seen(tx *db.Tx, d *device.Device, from caller.Caller) error { return device.Seen(tx, d, from.IP) }
