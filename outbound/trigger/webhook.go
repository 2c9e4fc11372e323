package trigger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"cardea/outbound/webhook"
	"cardea/platform/web"
)

// The headers of a webhook call, besides those of [webhook.Sign].
const (
	TriggerHeader  = "Cardea-Trigger"
	SourceHeader   = "Cardea-Source"
	FunctionHeader = "Cardea-Function-Arn"
	DeadlineHeader = "Cardea-Deadline-Ms" // Unix milliseconds
)

// Webhook invokes functions that answer HTTP. A receiver accepts a call whose signature is right, whose timestamp is at most
// five minutes off, and whose delivery and attempt it has not seen. It answers 200 with the event and its response, or 422
// with errorMessage and errorType when it refuses.
type Webhook struct {
	URL     string
	Secrets [][]byte     // one, or two while one replaces the other
	Client  *http.Client // bounds time, size and where a call may go
	Now     func() time.Time
}

// Invoke makes one try.
func (w *Webhook) Invoke(ctx context.Context, call Call) (Reply, error) {
	request, err := w.request(ctx, call)
	if err != nil {
		return Reply{}, NewFailed(Unreachable, err)
	}
	response, err := w.Client.Do(request)
	if err != nil {
		return Reply{}, fmt.Errorf("call webhook: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // all that is used was read
	payload, err := io.ReadAll(response.Body)
	if err != nil {
		return Reply{}, afterReply(ctx, err)
	}

	answered := fmt.Errorf("webhook answered %d", response.StatusCode)
	switch status := response.StatusCode; {
	case call.Async && status/100 == 2:
		return Reply{Payload: []byte("{}")}, nil
	case status == http.StatusOK && isJSON(response):
		return Reply{Payload: payload}, nil
	case status == http.StatusUnprocessableEntity && isJSON(response):
		return Reply{Payload: payload, FunctionError: "Handled"}, nil
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return Reply{}, NewFailed(Throttled, answered)
	case status == http.StatusRequestTimeout:
		return Reply{}, NewFailed(Unreachable, answered)
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Reply{}, NewFailed(Denied, answered)
	case status == http.StatusNotFound, status == http.StatusGone:
		return Reply{}, NewFailed(Missing, answered)
	case status == http.StatusRequestEntityTooLarge:
		return Reply{}, NewFailed(TooLarge, answered)
	}
	return Reply{}, NewFailed(Broken, answered)
}

// request is the signed call.
func (w *Webhook) request(ctx context.Context, call Call) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(call.Payload))
	if err != nil {
		return nil, errors.New("the webhook's address cannot be called") // it may hold a secret
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json",
		"Accept":       "application/json",
		TriggerHeader:  call.Trigger,
		SourceHeader:   call.Source,
		FunctionHeader: call.ARN.String(),
		DeadlineHeader: strconv.FormatInt(call.Deadline.UnixMilli(), 10),
	} {
		request.Header.Set(name, value)
	}
	webhook.Sign(request.Header, w.Secrets, webhook.Call{Delivery: call.Delivery, Attempt: int64(call.Attempt), At: w.now()}, call.Payload)
	return request, nil
}

func isJSON(response *http.Response) bool {
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

func isTooLarge(err error) bool { return errors.Is(err, web.ErrTooLarge) }

func (w *Webhook) now() time.Time {
	if w.Now == nil {
		return time.Now()
	}
	return w.Now()
}
