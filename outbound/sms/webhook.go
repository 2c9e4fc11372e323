package sms

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// The headers of a call. Signature is "v1=" and the lower-case hex HMAC-SHA256 of Timestamp, a full stop and the body.
const (
	TimestampHeader = "Cardea-Timestamp" // Unix seconds
	SignatureHeader = "Cardea-Signature"
	KeyHeader       = "Idempotency-Key" // the message's id
)

// ErrRefused says that the gateway will not take this message, however often it is offered.
var ErrRefused = errors.New("text message refused")

// Text is one text message; its JSON is the webhook's body.
type Text struct {
	ID   string `json:"id"`
	To   string `json:"to"` // E.164
	Body string `json:"body"`
	Pool string `json:"user_pool_id"`
}

// Webhook sends text messages through the operator's gateway.
type Webhook struct {
	URL    string
	Secret []byte
	Client *http.Client // bounds time, size and where a call may go
	Now    func() time.Time
}

// Send delivers one text to the gateway; when it returns nil the gateway, having answered 2xx, has taken responsibility
// for it. ErrRefused marks what trying again cannot mend: an answer of 400 or 422.
func (w *Webhook) Send(ctx context.Context, t Text) error {
	body, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode text message: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("prepare SMS webhook: %w", err)
	}
	timestamp := strconv.FormatInt(w.now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(TimestampHeader, timestamp)
	request.Header.Set(SignatureHeader, Sign(w.Secret, timestamp, body))
	request.Header.Set(KeyHeader, t.ID)

	response, err := w.Client.Do(request)
	if err != nil {
		return fmt.Errorf("call SMS webhook: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // nothing of it is used
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))

	switch code := response.StatusCode; {
	case code/100 == 2:
		return nil
	case code == http.StatusBadRequest, code == http.StatusUnprocessableEntity:
		return fmt.Errorf("%w: the SMS webhook answered %d", ErrRefused, code)
	default:
		return fmt.Errorf("the SMS webhook answered %d", code)
	}
}

// Sign gives the value of SignatureHeader.
func Sign(secret []byte, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

func (w *Webhook) now() time.Time {
	if w.Now == nil {
		return time.Now()
	}
	return w.Now()
}
