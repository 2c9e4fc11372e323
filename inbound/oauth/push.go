package oauth

import (
	"net/http"
	"time"
)

// push keeps an authorization request of a client.
func (c *call) push() error {
	request, err := c.request()
	if err != nil {
		return err
	}
	pushed, err := c.Service.Push(c.r.Context(), request)
	if err != nil {
		return err
	}
	c.write(http.StatusCreated, struct {
		URI     string `json:"request_uri"`
		Expires int64  `json:"expires_in"`
	}{pushed.URI, int64(pushed.Life / time.Second)})
	return nil
}
