package oauth

import (
	"net/http"
	"time"

	"cardea/engine/hosted"
)

// device makes a device wait for its user.
func (c *call) device() error {
	request, err := c.request()
	if err != nil {
		return err
	}
	waits, err := c.Service.Device(c.r.Context(), request)
	if err != nil {
		return err
	}
	page := c.base + "/device"
	c.write(http.StatusOK, struct {
		Code     string `json:"device_code"`
		UserCode string `json:"user_code"`
		Page     string `json:"verification_uri"`
		Complete string `json:"verification_uri_complete"`
		Expires  int64  `json:"expires_in"`
		Interval int64  `json:"interval"`
	}{
		waits.Code, waits.UserCode, page, page + "?user_code=" + waits.UserCode,
		int64(hosted.DeviceLife / time.Second), int64(hosted.DevicePause / time.Second),
	})
	return nil
}
