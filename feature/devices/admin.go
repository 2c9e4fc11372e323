package devices

import (
	"context"

	"cardea/engine/account"
	"cardea/platform/db"
	"cardea/record/device"
	"cardea/spec/cognitoidp"
)

// AdminGetDevice describes a device of a user.
func (s *Service) AdminGetDevice(ctx context.Context, in *cognitoidp.AdminGetDeviceRequest) (*cognitoidp.AdminGetDeviceResponse, error) {
	var out *cognitoidp.AdminGetDeviceResponse
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		_, u, err := account.Admin(tx, in.UserPoolId, in.Username)
		if err != nil {
			return err
		}
		d, err := known(tx, u, in.DeviceKey)
		if err != nil {
			return err
		}
		out = &cognitoidp.AdminGetDeviceResponse{Device: new(describe(d, s.all(d, u.Username)))}
		return nil
	})
	return out, err
}

// AdminListDevices lists the devices of a user, page by page.
func (s *Service) AdminListDevices(ctx context.Context, in *cognitoidp.AdminListDevicesRequest) (*cognitoidp.AdminListDevicesResponse, error) {
	out := &cognitoidp.AdminListDevicesResponse{}
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		p, u, err := account.Admin(tx, in.UserPoolId, in.Username)
		if err != nil {
			return err
		}
		q := device.Query{Pool: p.ID, Sub: u.Sub, Limit: int(in.Limit)}
		list, next, err := s.list(tx, q, "AdminListDevices", in.PaginationToken)
		if err != nil {
			return err
		}
		out.Devices, out.PaginationToken = make([]cognitoidp.DeviceType, len(list)), next
		for i, d := range list {
			out.Devices[i] = describe(d, s.all(d, u.Username))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// AdminForgetDevice forgets a device of a user.
func (s *Service) AdminForgetDevice(ctx context.Context, in *cognitoidp.AdminForgetDeviceRequest) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, u, err := account.Admin(tx, in.UserPoolId, in.Username)
		if err != nil {
			return err
		}
		return forget(tx, u, in.DeviceKey)
	})
}

// AdminUpdateDeviceStatus has a device of a user remembered, or not.
func (s *Service) AdminUpdateDeviceStatus(ctx context.Context, in *cognitoidp.AdminUpdateDeviceStatusRequest) (*cognitoidp.AdminUpdateDeviceStatusResponse, error) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		_, u, err := account.Admin(tx, in.UserPoolId, in.Username)
		if err != nil {
			return err
		}
		return remember(tx, u, in.DeviceKey, in.DeviceRememberedStatus)
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminUpdateDeviceStatusResponse{}, nil
}
