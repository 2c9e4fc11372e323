package awsapi

import (
	"net/http"

	"cardea/engine/authorization"
	"cardea/engine/rates"
	"cardea/platform/caller"
	"cardea/platform/serve"
	"cardea/spec/awsjson"
	"cardea/spec/id"
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
	Verify func(r *http.Request, body []byte, service string) (caller.Caller, *authorization.Principal, error)
	// Authorizer decides whether the policies of those who sign allow their operations; nil allows everything, on a development server.
	Authorizer *authorization.Authorizer
	serve.Recorder
	// Rates bounds how often operations are asked; nil bounds nothing.
	Rates *rates.Limiter
	// Limits bounds the bodies of requests.
	Limits Limits
	// Strict, for tests, is called with each fault that the model does not list for its operation; the answer becomes an
	// InternalErrorException.
	Strict func(operation string, fault *awsjson.Fault)

	bodies budget
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Request: serve.Open(r, id.NewUUID()), handler: h, request: r, protocol: protocolOf(r)}
	c.open(w)
	if r.Method == http.MethodOptions {
		preflight(w, r)
		return
	}
	var out any
	err := c.Catch(func() (err error) {
		out, err = c.run(w)
		return err
	})
	c.out = out
	c.render(w, out, err)
	h.Record(c.Request, c.outcome())
}

// call is one request and what is known about it so far.
type call struct {
	*serve.Request
	handler   *Handler
	request   *http.Request
	protocol  protocol
	service   *Service // nil until it is named
	operation *awsjson.Operation

	principal    *authorization.Principal // who signed the request; nil before it is proven, and of an unsigned operation
	held         int64                    // bytes of the handler's budget that the body takes
	pool, client string                   // that the request names, for the log
	tree         *awsjson.Node            // the request, for the audit log; nil: it could not be read
	out          any                      // what it is answered with

	status  int
	code    string
	message string
	failure error // the cause of an InternalErrorException
	refused bool  // for its rate
}

// run finds the answer.
func (c *call) run(w http.ResponseWriter) (any, error) {
	defer func() { c.handler.bodies.release(c.held) }()

	tree, err := c.receive(w)
	if err != nil {
		return nil, err
	}
	if err := c.withinRates(&tree); err != nil {
		return nil, err
	}
	ctx := c.handler.Begin(c.Request)
	if c.principal != nil {
		ctx = authorization.With(ctx, c.principal)
	}
	out, err := c.operation.Invoke(ctx, tree)
	return out, c.strictly(c.worded(err))
}

// receive reads the request, verifies the caller, parses the body and asks whether the caller may do what it says. A caller who may not
// learns nothing of what is wrong with the request.
func (c *call) receive(w http.ResponseWriter) (awsjson.Node, error) {
	body := getBuffer()
	defer putBuffer(body)
	tree, wrong := c.protocol.receive(c, w, body)
	if wrong == nil {
		c.pool, c.client, c.tree = c.given(&tree, "UserPoolId"), c.given(&tree, "ClientId"), &tree
	}
	if c.principal != nil {
		if err := c.authorize(&tree); err != nil {
			return awsjson.Node{}, c.worded(err)
		}
	}
	if wrong != nil {
		return awsjson.Node{}, wrong
	}
	if c.operation.Invoke == nil {
		return awsjson.Node{}, awsjson.NotBuilt(c.operation.Name)
	}
	return tree, nil
}

// worded is an error as the service words it.
func (c *call) worded(err error) error {
	if err == nil || c.service.Word == nil {
		return err
	}
	return c.service.Word(c.operation, err)
}

// prove verifies the caller of an operation. Unsigned operations ignore signatures, since SDKs may add one.
func (c *call) prove(body []byte) error {
	if !c.operation.Signed {
		return nil
	}
	if c.handler.Verify == nil {
		return &awsjson.Problem{Kind: errForbidden, Text: "This server does not accept signed operations."}
	}
	signer, whose, err := c.handler.Verify(c.request, body, c.service.SigningName)
	if err != nil {
		return err
	}
	c.Caller.Region, c.Caller.Account, c.Caller.AccessKeyID = signer.Region, signer.Account, signer.AccessKeyID
	c.principal = whose
	return nil
}
