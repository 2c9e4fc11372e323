package devices

import (
	"errors"
	"fmt"

	"cardea/platform/db"
	"cardea/record/device"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
)

// pageSize is how many devices a page has when no Limit is given.
const pageSize = 60

// known loads a confirmed device of a user. For operations on devices an unconfirmed one does not exist.
func known(tx *db.Tx, u *user.User, key string) (*device.Device, error) {
	d, err := device.Get(tx, u.Pool, u.Sub, key)
	if errors.Is(err, db.ErrNotFound) || err == nil && !d.Confirmed {
		return nil, unknown()
	}
	if err != nil {
		return nil, fmt.Errorf("get device: %w", err)
	}
	return d, nil
}

func unknown() error { return cognitoidp.ResourceNotFound("Device does not exist.") }

// forget removes a device, and ends the refresh tokens that are bound to it.
func forget(tx *db.Tx, u *user.User, key string) error {
	err := device.Delete(tx, u.Pool, u.Sub, key)
	if errors.Is(err, db.ErrNotFound) {
		return unknown()
	}
	if err != nil {
		return err
	}
	return session.ExpireDevice(tx, u.Pool, u.Sub, key)
}

// remember changes whether a device is remembered, if a status is given.
func remember(tx *db.Tx, u *user.User, key, status string) error {
	d, err := known(tx, u, key)
	if err != nil || status == "" {
		return err
	}
	return device.Remember(tx, d, status == cognitoidp.DeviceRememberedStatusTypeRemembered)
}

// list gives a page of devices, and the token of the next.
func (s *Service) list(tx *db.Tx, q device.Query, operation, token string) (list []*device.Device, next string, err error) {
	binding := fmt.Sprintf("%s/%s/%s", operation, q.Pool, q.Sub)
	if q.After, err = s.Pages.Decode(binding, token); err != nil {
		return nil, "", cognitoidp.InvalidParameter("Invalid pagination token.")
	}
	limit := q.Limit
	if limit == 0 {
		limit = pageSize
	}

	q.Limit = limit + 1
	list, err = device.List(tx, q)
	if err != nil {
		return nil, "", fmt.Errorf("list devices: %w", err)
	}
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].Key
	}
	return list, s.Pages.Encode(binding, next), nil
}
