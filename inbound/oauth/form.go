package oauth

import (
	"io"
	"mime"
	"net/http"
	"time"

	"cardea/feature/oauth"
	"cardea/spec/oauth2"
)

// wait is how long a body may take to arrive.
const wait = 10 * time.Second

// readForm reads the body of a request as a form. At most as much is read as a query may have, which is so little that the
// bodies of all requests together need no bound.
func (c *call) readForm() error {
	media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return &oauth2.Error{Code: oauth2.InvalidRequest}
	}
	connection := http.NewResponseController(c.w)
	_ = connection.SetReadDeadline(time.Now().Add(wait)) // tests' writers have none
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, oauth2.MaxQuery))
	if err != nil {
		c.w.Header().Set("Connection", "close")
		return &oauth2.Error{Code: oauth2.InvalidRequest}
	}
	_ = connection.SetReadDeadline(time.Time{}) // or a slow answer would look like a client that left

	form, err := oauth2.Parse(string(body))
	clear(body) // it holds secrets
	if err != nil {
		return &oauth2.Error{Code: oauth2.InvalidRequest}
	}
	c.form = form
	return form.Check()
}

// request reads a form and the credentials of the client that sends it.
func (c *call) request() (oauth.Request, error) {
	if err := c.readForm(); err != nil {
		return oauth.Request{}, err
	}
	given, basic, err := oauth2.Client(c.r.Header.Values("Authorization"), c.form)
	c.basic = basic
	if err != nil {
		return oauth.Request{}, err
	}
	c.client = given[0].ID
	return oauth.Request{Pool: c.pool, Client: given, Form: c.form, Holder: c.holder()}, nil
}
