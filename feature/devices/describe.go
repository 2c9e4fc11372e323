package devices

import (
	"time"

	"cardea/record/device"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// describe shows a device with those of its attributes that have a value.
func describe(d *device.Device, attributes [][2]string) cognitoidp.DeviceType {
	out := cognitoidp.DeviceType{
		DeviceKey:                   d.Key,
		DeviceCreateDate:            awsjson.At(d.Created),
		DeviceLastModifiedDate:      awsjson.At(d.Modified),
		DeviceLastAuthenticatedDate: awsjson.At(d.Authenticated.Truncate(time.Second)), // as Cognito rounds it
	}
	for _, a := range attributes {
		if a[1] != "" {
			out.DeviceAttributes = append(out.DeviceAttributes, cognitoidp.AttributeType{Name: a[0], Value: a[1]})
		}
	}
	return out
}

// own are the attributes that users see.
func own(d *device.Device) [][2]string {
	return [][2]string{{"device_status", "valid"}, {"device_name", d.Name}, {"last_ip_used", d.IP}}
}

// all are the attributes that administrators see.
func (s *Service) all(d *device.Device, username string) [][2]string {
	status := cognitoidp.DeviceRememberedStatusTypeNotRemembered
	if d.Remembered {
		status = cognitoidp.DeviceRememberedStatusTypeRemembered
	}
	return [][2]string{
		{"device_status", "valid"},
		{"device_name", d.Name},
		{"dev:device_arn", d.Pool.DeviceARN(s.Account, username, d.Key)},
		{"dev:device_owner", d.Pool.Owner(username)},
		{"last_ip_used", d.IP},
		{"dev:device_remembered_status", status},
		{"dev:device_sdk", d.SDK},
	}
}
