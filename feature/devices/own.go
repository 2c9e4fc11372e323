package devices

import (
	"context"

	"cardea/engine/access"
	"cardea/platform/db"
	"cardea/record/device"
	"cardea/spec/cognitoidp"
)

// GetDevice describes a remembered device of the bearer.
func (s *Service) GetDevice(ctx context.Context, in *cognitoidp.GetDeviceRequest) (*cognitoidp.GetDeviceResponse, error) {
	var d *device.Device
	err := with(ctx, s.Authenticator.Read, in.AccessToken, func(tx *db.Tx, b *access.Subject) (err error) {
		d, err = known(tx, b.User, in.DeviceKey)
		if err == nil && !d.Remembered {
			return unknown()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.GetDeviceResponse{Device: new(describe(d, own(d)))}, nil
}

// ListDevices lists the remembered devices of the bearer, page by page.
func (s *Service) ListDevices(ctx context.Context, in *cognitoidp.ListDevicesRequest) (*cognitoidp.ListDevicesResponse, error) {
	out := &cognitoidp.ListDevicesResponse{}
	err := with(ctx, s.Authenticator.Read, in.AccessToken, func(tx *db.Tx, b *access.Subject) error {
		q := device.Query{Pool: b.Pool.ID, Sub: b.User.Sub, Remembered: true, Limit: int(in.Limit)}
		list, next, err := s.list(tx, q, "ListDevices", in.PaginationToken)
		if err != nil {
			return err
		}
		out.Devices, out.PaginationToken = make([]cognitoidp.DeviceType, len(list)), next
		for i, d := range list {
			out.Devices[i] = describe(d, own(d))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ForgetDevice forgets a device of the bearer.
func (s *Service) ForgetDevice(ctx context.Context, in *cognitoidp.ForgetDeviceRequest) error {
	return with(ctx, s.Authenticator.Write, in.AccessToken, func(tx *db.Tx, b *access.Subject) error {
		return forget(tx, b.User, in.DeviceKey)
	})
}

// UpdateDeviceStatus has a device of the bearer remembered, or not.
func (s *Service) UpdateDeviceStatus(ctx context.Context, in *cognitoidp.UpdateDeviceStatusRequest) (*cognitoidp.UpdateDeviceStatusResponse, error) {
	err := with(ctx, s.Authenticator.Write, in.AccessToken, func(tx *db.Tx, b *access.Subject) error {
		return remember(tx, b.User, in.DeviceKey, in.DeviceRememberedStatus)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.UpdateDeviceStatusResponse{}, nil
}
