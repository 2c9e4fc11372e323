package logout

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"cardea/outbound/delivery"
	"cardea/platform/web"
)

// Send posts a logout token to an app's address; when it returns nil the app has answered 2xx. Errors are *delivery.Error, and
// refused is one of an app that does not take this token, or of an address that must not be called. client bounds time, size and
// where a call may go.
func Send(ctx context.Context, client *http.Client, address, token string) error {
	form := url.Values{"logout_token": {token}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form))
	if err != nil {
		return &delivery.Error{Class: delivery.Misconfigured, Reason: "the app's address cannot be called"}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")

	response, err := client.Do(request)
	if errors.Is(err, web.ErrBlocked) {
		return &delivery.Error{Class: delivery.Misconfigured, Reason: "the app's address is not allowed"}
	}
	if err != nil {
		return delivery.Unreachable(err)
	}
	defer func() { _ = response.Body.Close() }() // nothing of it is used
	_, _ = io.Copy(io.Discard, response.Body)    // the client bounds it
	if response.StatusCode/100 == 2 {
		return nil
	}
	return delivery.Status("the app", response)
}
