package awsapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"cardea/spec/awsjson"
)

// Service is a service that a Handler answers.
type Service struct {
	awsjson.Service
	// Word gives the fault for an operation's error that is not a fault yet. Nil changes nothing.
	Word func(op *awsjson.Operation, err error) error
}

// Handler answers the operations of several services.
type Handler struct {
	Services []Service
	// Verify proves who signed a request, whose whole body is body, to the service with a signing name. Signed.Verify
	// checks signatures; Trusting.Verify accepts them. Without it signed operations are refused.
	Verify func(r *http.Request, body []byte, service string) (awsjson.Caller, error)
	// Log gets one line for each request. Nil logs nothing.
	Log *slog.Logger
	// Observe, unless nil, counts each request: the modelled operation and its service's signing name, or "" for anything
	// else; the fault's code, or "" for success; how long it took.
	Observe func(service, operation, code string, took time.Duration)
	// Begin, unless nil, gives the context of an operation that is about to run, and what to log of it once it has ended.
	Begin func(ctx context.Context) (context.Context, func() []slog.Attr)
	// Limits bounds the bodies of requests.
	Limits Limits
	// Strict, for tests, is called with each fault that the model does not list for its operation; the answer becomes an
	// InternalErrorException.
	Strict func(operation string, fault *awsjson.Fault)

	bodies budget
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{handler: h, request: r, began: time.Now(), protocol: protocolOf(r)}
	c.caller = awsjson.CallerOf(r)
	c.open(w)
	if r.Method == http.MethodOptions {
		preflight(w, r)
		return
	}
	out, err := c.run(w)
	c.render(w, out, err)
	c.record()
}

// call is one request and what is known about it so far.
type call struct {
	handler   *Handler
	request   *http.Request
	began     time.Time
	protocol  protocol
	service   *Service // nil until it is named
	operation *awsjson.Operation
	caller    awsjson.Caller

	ended func() []slog.Attr // of the handler's Begin; nil before

	held         int64  // bytes of the handler's budget that the body takes
	pool, client string // that the request names, for the log

	status  int
	code    string
	failure error // the cause of an InternalErrorException
	stack   []byte
}

// run finds the answer. A panic becomes an error like any other unplanned one.
func (c *call) run(w http.ResponseWriter) (out any, err error) {
	defer func() {
		c.handler.bodies.release(c.held)
		switch problem := recover(); problem {
		case nil:
		case http.ErrAbortHandler:
			panic(problem)
		default:
			c.stack = debug.Stack()
			out, err = nil, fmt.Errorf("panic: %v", problem)
		}
	}()

	tree, err := c.receive(w)
	if err != nil {
		return nil, err
	}
	ctx := awsjson.WithCaller(c.request.Context(), c.caller)
	if c.handler.Begin != nil {
		ctx, c.ended = c.handler.Begin(ctx)
	}
	out, err = c.operation.Invoke(ctx, tree)
	if err != nil && c.service.Word != nil {
		err = c.service.Word(c.operation, err)
	}
	return out, c.strictly(err)
}

// receive reads the request, verifies the caller, and parses the body.
func (c *call) receive(w http.ResponseWriter) (awsjson.Node, error) {
	body := getBuffer()
	defer putBuffer(body)
	tree, err := c.protocol.receive(c, w, body)
	if err == nil {
		c.pool, c.client = textOf(&tree, "UserPoolId"), textOf(&tree, "ClientId")
	}
	return tree, err
}

// prove verifies the caller of an operation, if the operation is built. Unsigned operations ignore signatures, since SDKs
// may add one.
func (c *call) prove(body []byte) error {
	if c.operation.Signed {
		if c.handler.Verify == nil {
			return &awsjson.Problem{Kind: errForbidden, Text: "This server does not accept signed operations."}
		}
		caller, err := c.handler.Verify(c.request, body, c.service.SigningName)
		if err != nil {
			return err
		}
		c.caller.Region, c.caller.Account, c.caller.AccessKeyID = caller.Region, caller.Account, caller.AccessKeyID
	}
	if c.operation.Invoke == nil {
		return awsjson.NotBuilt(c.operation.Name)
	}
	return nil
}
