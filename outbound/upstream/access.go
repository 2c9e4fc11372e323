package upstream

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// ErrAccessToken is wrapped by errors that say that a provider does not know an access token.
var ErrAccessToken = errors.New("the provider does not accept the access token")

// Access is what a provider says of an access token that it has given.
type Access struct {
	Apps    []string // the names of the app that it was given to
	Subject string
	Expires time.Time // zero: not said
}

// FacebookAccess asks Facebook, whose API is at base, for the app and the user of an access token. The app's secret is not needed.
// Errors are *Error.
func (c *Client) FacebookAccess(ctx context.Context, base, token string) (a Access, err error) {
	app, err := c.askAccess(ctx, base+"/app", token)
	if err != nil {
		return a, err
	}
	user, err := c.askAccess(ctx, base+"/me?fields=id", token)
	if err != nil {
		return a, err
	}
	return Access{Apps: []string{text(app, "id")}, Subject: text(user, "id")}, nil
}

// AmazonAccess asks Login with Amazon, whose API is at base, likewise.
func (c *Client) AmazonAccess(ctx context.Context, base, token string) (a Access, err error) {
	info, err := c.ask(ctx, call{
		name: "access token", method: http.MethodGet, url: base + "/auth/o2/tokeninfo", form: map[string][]string{"access_token": {token}},
	})
	if err != nil {
		return a, err
	}
	a = Access{Apps: []string{text(info, "aud"), text(info, "app_id")}, Subject: text(info, "user_id")}
	if life, ok := when(info, "exp"); ok { // in how many seconds
		a.Expires = c.now().Add(time.Duration(life.Unix()) * time.Second)
	}
	return a, nil
}

func (c *Client) askAccess(ctx context.Context, address, token string) (map[string]any, error) {
	return c.ask(ctx, call{name: "access token", method: http.MethodGet, url: address, bearer: token})
}

// ask reads the object that a provider answers about an access token. Whatever it says of a token that it does not know, by a status of
// the client's, is ErrAccessToken.
func (c *Client) ask(ctx context.Context, q call) (map[string]any, error) {
	if q.bearer != "" && strings.ContainsFunc(q.bearer, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fail(q.name, "", "", "%w", ErrAccessToken)
	}
	got, err := c.send(ctx, q, nil)
	if err != nil {
		return nil, err
	}
	switch {
	case got.status >= 400 && got.status < 500 && got.status != http.StatusTooManyRequests:
		return nil, fail(q.name, "", "", "%w", ErrAccessToken)
	case got.status != http.StatusOK:
		return nil, fail(q.name, "", "", "answered with status %d", got.status)
	}
	object, err := readObject(got.body)
	if err != nil {
		return nil, fail(q.name, "", "", "%w", err)
	}
	return object, nil
}
