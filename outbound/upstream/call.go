package upstream

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cardea/platform/web"
)

// call is one request to a provider.
type call struct {
	name   string // of the step in the journal, such as "token"
	method string
	url    string
	form   url.Values // of a POST; of a GET they are added to the query
	bearer string     // an access token, in the header
	words  words
}

// words are what the app is told when a call does not get its answer.
type words struct{ timeout, other string }

// answer is what came.
type answer struct {
	status int
	kind   string // its Content-Type
	body   []byte
}

// send sends a request, and reads what comes within bounds. The journal gets one step, which has neither query nor body: codes, tokens
// and secrets are in them. Errors are *Error; an answer of any status is none.
func (c *Client) send(ctx context.Context, q call, j *Journal) (*answer, error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()

	step := Step{At: began, Kind: "sent", Name: q.name, Detail: map[string]string{"method": q.method, "url": place(q.url)}}
	got, err := c.exchange(ctx, q)
	step.Detail["took"] = time.Since(began).Round(time.Millisecond).String()
	if got != nil {
		step.Detail["status"] = strconv.Itoa(got.status)
	}
	if err == nil {
		j.Add(step)
		return got, nil
	}
	failed := unreached(q, err)
	step.Failed, step.Advice = clean(failed.Err.Error()), failed.Advice
	j.Add(step)
	return nil, failed
}

func (c *Client) exchange(ctx context.Context, q call) (*answer, error) {
	req, err := q.request(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, bare(err)
	}
	defer func() { _ = resp.Body.Close() }()

	got := &answer{status: resp.StatusCode, kind: resp.Header.Get("Content-Type")}
	got.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(got.body) > maxAnswer {
		err = web.ErrTooLarge
	}
	if err == nil {
		err = ctx.Err() // what comes when the time is over is no answer: a server that notices that first may send an empty one
	}
	return got, err
}

func (q *call) request(ctx context.Context) (*http.Request, error) {
	target, err := url.Parse(q.url)
	if err != nil || target.Host == "" {
		return nil, errors.New("the address is not a URL")
	}
	var body io.Reader
	switch {
	case q.method == http.MethodPost:
		body = strings.NewReader(q.form.Encode())
	case q.form != nil:
		query := target.Query()
		for name, values := range q.form {
			query[name] = values
		}
		target.RawQuery = query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, q.method, target.String(), body)
	if err != nil {
		return nil, bare(err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Cardea")
	if q.method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if q.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+q.bearer)
	}
	return req, nil
}

// bare is an error of a request without its address, in which there may be a code or a secret.
func bare(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// place is an address without its query, for the journal.
func place(address string) string {
	target, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return clean(target.Scheme + "://" + target.Host + target.EscapedPath())
}

// unreached says why a request got no answer.
func unreached(q call, err error) *Error {
	e := &Error{Check: q.name, Word: q.words.other, Err: fmt.Errorf("call %s: %w", place(q.url), err), Unreached: !errors.Is(err, web.ErrTooLarge)}
	timeout, isTimeout := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	_, isTLS := errors.AsType[x509.UnknownAuthorityError](err)
	_, isName := errors.AsType[x509.HostnameError](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded), isTimeout && timeout.Timeout():
		e.Word = q.words.timeout
		e.Advice = "The provider does not answer in time. Is its address right, and may this server reach it?"
	case errors.Is(err, syscall.ECONNRESET):
		e.Word = "Connection reset"
		e.Advice = "The provider, or something on the way to it, breaks the connection."
	case errors.Is(err, web.ErrBlocked):
		e.Advice = "The address is private, or not https. If that is meant to be, allow it by outgoing.allow or outgoing.plain_http."
	case errors.Is(err, web.ErrTooLarge):
		e.Advice = "The answer is longer than that of a provider can be. Is the address right?"
	case isTLS || isName:
		e.Advice = "The provider's TLS certificate is not one that this server trusts for the address."
	default:
		e.Advice = "Is the provider's address right, and may this server reach it?"
	}
	return e
}
