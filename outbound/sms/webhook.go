package sms

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"cardea/outbound/delivery"
	"cardea/outbound/webhook"
)

// Webhook sends text messages through the operator's gateway.
type Webhook struct {
	URL     string
	Secrets [][]byte     // that are active: one, or two while it is being replaced
	Client  *http.Client // bounds time, size and where a call may go
	Now     func() time.Time
}

// Send delivers one text to the gateway; when it returns nil the gateway, having answered 2xx, has taken responsibility
// for it. An answer of 400 or 422 refuses the message. Errors are *delivery.Error.
func (w *Webhook) Send(ctx context.Context, t Text) error {
	body, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode text message: %w", err)
	}
	endpoint := webhook.Endpoint{URL: w.URL, Secrets: w.Secrets, Client: w.Client, Now: w.Now}
	response, err := endpoint.Post(ctx, webhook.Call{Delivery: t.ID, Attempt: t.Attempt}, body)
	if err != nil {
		return err
	}
	switch code := response.StatusCode; {
	case code/100 == 2:
		return nil
	case code == http.StatusBadRequest, code == http.StatusUnprocessableEntity:
		return &delivery.Error{Class: delivery.Refused, Reason: fmt.Sprintf("the SMS webhook answered %d", code)}
	}
	return delivery.Status("the SMS webhook", response)
}
