package awsapi

import (
	"bytes"
	"errors"
	"mime"
	"net/http"

	"cardea/engine/authorization"
	"cardea/platform/db"
	"cardea/spec/awsjson"
	"cardea/spec/sigv4"
)

// protocol is a syntax in which requests are made and answered.
type protocol interface {
	// receive names the operation, reads the body into the buffer, proves the caller and parses the request.
	receive(c *call, w http.ResponseWriter, body *bytes.Buffer) (awsjson.Node, error)
	// words names the conditions that all services share.
	words() []word
	// answer writes the output of an operation, or nil of one without, and refuse a fault.
	answer(c *call, b *bytes.Buffer, out any) error
	refuse(c *call, header http.Header, b *bytes.Buffer, fault *awsjson.Fault)
	contentType() string
}

// protocolOf is the protocol that a request speaks. A request that speaks none is answered in JSON.
func protocolOf(r *http.Request) protocol {
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		return jsonProtocol{}
	case r.Method == http.MethodPost && hasForm(r):
		return queryProtocol{}
	case (r.Method == http.MethodPost || r.Method == http.MethodGet) && IsQuery(r):
		return queryProtocol{}
	}
	return jsonProtocol{}
}

// IsQuery reports whether the query of a request's URL names an operation, as presigned URLs do.
func IsQuery(r *http.Request) bool { return r.URL.Query().Has("Action") }

func hasForm(r *http.Request) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && media == "application/x-www-form-urlencoded"
}

// The conditions of a request that no service has seen yet, besides those of awsjson and sigv4.
var (
	errMethod     = errors.New("awsapi: method not allowed")
	errUnknown    = errors.New("awsapi: no such operation")
	errTooLarge   = errors.New("awsapi: body too large")
	errUnfinished = errors.New("awsapi: body did not arrive in time")
	errBusy       = errors.New("awsapi: too many bodies at once")
	errForbidden  = errors.New("awsapi: forbidden")
	errInternal   = errors.New("awsapi: failure")
)

// word is a protocol's name for a condition.
type word struct {
	condition error
	code      string
	status    int
}

// fault is the fault that the client gets for err: err itself if it is one, the protocol's if err is a condition, and an
// internal error for any other.
func (c *call) fault(err error) *awsjson.Fault {
	if fault, ok := errors.AsType[*awsjson.Fault](err); ok {
		return fault
	}
	if problem, ok := errors.AsType[*awsjson.Problem](err); ok {
		return c.named(problem.Kind, problem.Text)
	}
	if problem, ok := errors.AsType[*sigv4.Problem](err); ok {
		return c.named(problem.Kind, problem.Text)
	}
	if denied, ok := errors.AsType[*authorization.DeniedError](err); ok {
		return c.named(errForbidden, denied.Text)
	}
	c.failure = err
	return c.named(errInternal, failureText(err))
}

// failureText is what the client is told of a failure: whether it may count on nothing having happened. Its status, 500, is
// one on which the AWS SDKs ask again.
func failureText(err error) string {
	if errors.Is(err, db.ErrUnsure) {
		return "It is not known whether the request has been carried out."
	}
	return "Something went wrong."
}

// named is the fault for a condition that the protocol has a word for.
func (c *call) named(condition error, message string) *awsjson.Fault {
	for _, w := range c.protocol.words() {
		if w.condition == condition {
			return &awsjson.Fault{Code: w.code, Message: message, Status: w.status}
		}
	}
	c.failure = condition
	return c.named(errInternal, "Something went wrong.")
}
