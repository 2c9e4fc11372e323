package webhook

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"cardea/outbound/delivery"
)

// Endpoint is a service of an operator's that is called with signed JSON.
type Endpoint struct {
	URL     string
	Secrets [][]byte         // that are active: one, or two while it is being replaced
	Client  *http.Client     // bounds time, size and where a call may go
	Now     func() time.Time // nil: time.Now
}

// Post calls the service and answers its response, of which nothing is left to read. Errors are *delivery.Error.
func (e *Endpoint) Post(ctx context.Context, c Call, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return nil, &delivery.Error{Class: delivery.Misconfigured, Reason: "the webhook's URL cannot be called"}
	}
	request.Header.Set("Content-Type", "application/json")
	if c.At.IsZero() {
		c.At = e.now()
	}
	Sign(request.Header, e.Secrets, c, body)
	response, err := e.Client.Do(request)
	if err != nil {
		return nil, delivery.Unreachable(err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // nothing of it is used
	_ = response.Body.Close()
	return response, nil
}

func (e *Endpoint) now() time.Time {
	if e.Now == nil {
		return time.Now()
	}
	return e.Now()
}
