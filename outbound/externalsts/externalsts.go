package externalsts

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// Timeout bounds one call, and MaxAnswer the bytes of its answer: what web.Options of the HTTP client should say.
	Timeout   = 5 * time.Second
	MaxAnswer = 64 << 10

	version = "2011-06-15"
)

// Request is what is asked.
type Request struct {
	Endpoint string // URL of the service
	RoleARN  string // empty for a service that chooses the policy by the token's claims, as MinIO can
	Session  string // the session's name
	Token    string // the token that proves the caller
	Provider string // the ProviderId, for services that want one; usually empty
	Policy   string // narrows the session; empty: nothing does
	Duration time.Duration
}

// Credentials are what the service has given.
type Credentials struct {
	AccessKeyID, Secret, Token string
	Expires                    time.Time
}

// RefusedError is the service's no: asking again will not help.
type RefusedError struct {
	Code, Message string // as the service words them
}

// Error names the code.
func (e *RefusedError) Error() string {
	return "the token service refused: " + e.Code + ": " + e.Message
}

// ErrUnreachable says that the service has not answered, or with nothing that can be understood.
var ErrUnreachable = errors.New("the token service did not answer")

// Client asks.
type Client struct {
	HTTP *http.Client // of platform/web, with the bounds of this package
}

// Assume gets credentials. A call that fails without an answer, or on the service's side, is made once more. Errors are
// *RefusedError and ErrUnreachable.
func (c *Client) Assume(ctx context.Context, r Request) (Credentials, error) {
	got, again, err := c.try(ctx, r)
	if again && ctx.Err() == nil {
		got, _, err = c.try(ctx, r)
	}
	return got, err
}

// try makes one call. again says that another one may succeed.
func (c *Client) try(ctx context.Context, r Request) (got Credentials, again bool, err error) {
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, r.Endpoint, strings.NewReader(r.form()))
	if err != nil {
		return got, false, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	call.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	call.Header.Set("Accept", "text/xml")
	answer, err := c.HTTP.Do(call)
	if err != nil {
		return got, true, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer func() { _ = answer.Body.Close() }() // it was read, or is not wanted
	body, err := io.ReadAll(io.LimitReader(answer.Body, MaxAnswer+1))
	if err != nil || len(body) > MaxAnswer {
		return got, true, fmt.Errorf("%w: its answer cannot be read", ErrUnreachable)
	}

	switch {
	case answer.StatusCode >= http.StatusInternalServerError:
		return got, true, fmt.Errorf("%w: it answered %d", ErrUnreachable, answer.StatusCode)
	case answer.StatusCode != http.StatusOK:
		return got, false, refused(answer.StatusCode, body)
	}
	got, err = granted(body)
	return got, false, err
}

// form is the body of the call.
func (r Request) form() string {
	form := url.Values{
		"Action": {"AssumeRoleWithWebIdentity"}, "Version": {version},
		"WebIdentityToken": {r.Token}, "RoleSessionName": {r.Session},
		"DurationSeconds": {strconv.Itoa(int(r.Duration / time.Second))},
	}
	for name, value := range map[string]string{"RoleArn": r.RoleARN, "ProviderId": r.Provider, "Policy": r.Policy} {
		if value != "" {
			form.Set(name, value)
		}
	}
	return form.Encode()
}

// granted reads the credentials of a successful answer. Services write the elements in their own namespaces.
func granted(body []byte) (Credentials, error) {
	var answer struct {
		XMLName     xml.Name `xml:"AssumeRoleWithWebIdentityResponse"`
		Credentials struct {
			AccessKeyID  string    `xml:"AccessKeyId"`
			Secret       string    `xml:"SecretAccessKey"`
			SessionToken string    `xml:"SessionToken"`
			Expiration   time.Time `xml:"Expiration"`
		} `xml:"AssumeRoleWithWebIdentityResult>Credentials"`
	}
	if err := xml.Unmarshal(body, &answer); err != nil {
		return Credentials{}, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	c := answer.Credentials
	if c.AccessKeyID == "" || c.Secret == "" || c.SessionToken == "" || c.Expiration.IsZero() {
		return Credentials{}, fmt.Errorf("%w: its answer lacks credentials", ErrUnreachable)
	}
	return Credentials{AccessKeyID: c.AccessKeyID, Secret: c.Secret, Token: c.SessionToken, Expires: c.Expiration.UTC()}, nil
}

// refused reads an error's code and message, from the forms that services give it.
func refused(status int, body []byte) error {
	var answer struct {
		Code    string `xml:"Code"`
		Message string `xml:"Message"`
		Error   struct {
			Code    string `xml:"Code"`
			Message string `xml:"Message"`
		} `xml:"Error"`
	}
	if xml.Unmarshal(body, &answer) != nil {
		return &RefusedError{Code: strconv.Itoa(status), Message: "no error in XML"}
	}
	if answer.Error.Code != "" {
		return &RefusedError{answer.Error.Code, answer.Error.Message}
	}
	return &RefusedError{answer.Code, answer.Message}
}
