package dynamodb

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"cardea/engine/authorization"
	"cardea/engine/trail"
	"cardea/platform/audit"
	"cardea/platform/caller"
	"cardea/platform/serve"
	"cardea/spec/awsjson"
	"cardea/spec/iampolicy"
	"cardea/spec/id"
	"cardea/spec/sigv4"
)

// Bounds of requests.
const (
	maxBody   = 16 << 20  // bytes, as with AWS
	maxBodies = 128 << 20 // bytes of all requests that are being answered
	stall     = 30 * time.Second
)

// bounds are those of a body's values. An item has up to 32 levels of maps and lists, each of which is two of JSON.
var bounds = awsjson.Bounds{Depth: 80, Nodes: 400_000}

// prefix precedes the name of an operation in X-Amz-Target.
const prefix = "DynamoDB_20120810."

// Handler is the reverse proxy. All fields but those said to be optional must be set. It must not be copied.
type Handler struct {
	// Signer finds the access key that a request names, as authorization.Authorizer does.
	Signer func(ctx context.Context, accessKeyID, token string) (*authorization.Signer, error)
	// Weigh answers whether a principal may do what the request says, and which condition keys it lacks.
	Weigh func(ctx context.Context, p *authorization.Principal, r *iampolicy.Request) (iampolicy.Decision, []string, error)
	Now   func() time.Time

	// Upstream is the address of the server of DynamoDB, without a path, and Key and UpstreamRegion are what requests to it are signed with.
	Upstream       *url.URL
	Key            sigv4.Key
	UpstreamRegion string
	Transport      http.RoundTripper

	// Partition, Region and Account are those of the tables' ARNs. Clients sign for the Region.
	Partition, Region, Account string
	// Origins are the origins of web pages that may call, "*" for any; optional.
	Origins []string
	serve.Recorder

	bodies  atomic.Int64 // bytes of requests that are being answered
	schemas schemas
}

// exchange is a request that is being answered.
type exchange struct {
	*Handler
	id        string
	sent      *serve.Request
	in        *http.Request
	w         http.ResponseWriter
	ctx       context.Context
	signer    *authorization.Principal
	operation string // for the log
	began     bool   // the answer's header has been written
	status    int
}

// ServeHTTP answers a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &exchange{Handler: h, id: id.NewUUID(), in: r, w: w}
	e.sent = serve.Open(r, e.id)
	e.ctx = h.Begin(e.sent)
	err := e.sent.Catch(e.serve)
	outcome := serve.Outcome{Service: "dynamodb", Operation: e.operation, Status: e.status}
	if err != nil {
		f := faultOf(err)
		outcome.Code, outcome.Failure, outcome.Status = f.code, f.cause, f.status
		if e.began {
			outcome.Event = e.event()
			h.Record(e.sent, outcome)
			panic(http.ErrAbortHandler) // the client must see that the answer is not whole
		}
		e.refuse(f)
	}
	outcome.Event = e.event()
	h.Record(e.sent, outcome)
}

// event is what the audit log is told of the request; nil where it is not kept.
func (e *exchange) event() *audit.Event {
	if e.Audit == nil {
		return nil
	}
	return trail.Passed{
		Service: "dynamodb", Operation: e.operation, Principal: e.signer, AccessKeyID: e.sent.Caller.AccessKeyID, Request: e.in,
	}.Event()
}

// serve answers a request, or returns why not.
func (e *exchange) serve() error {
	e.allowOrigin()
	if e.in.Method == http.MethodOptions {
		return e.preflight()
	}
	if err := wellFormed(e.in); err != nil {
		return err
	}
	if e.in.ContentLength > 0 {
		defer e.bodies.Add(-e.in.ContentLength)
		if e.bodies.Add(e.in.ContentLength) > maxBodies {
			return refuse("ThrottlingException", "Too many requests are under way, please try again later.")
		}
	}
	body, err := e.prove()
	if err != nil {
		return err
	}
	name := strings.TrimPrefix(e.in.Header.Get("X-Amz-Target"), prefix)
	op, found := operations[name]
	if !found {
		return refuse("UnknownOperationException", "The operation is not known, or the guard does not pass it on.")
	}
	e.operation = name
	root, err := awsjson.ParseWithin(body, bounds)
	if err != nil {
		return err
	}
	r := &request{exchange: e, action: "dynamodb:" + name, body: &root}
	if err := members(r.body, op.members); err != nil {
		return err
	}
	demands, err := op.demands(r)
	if err != nil {
		return err
	}
	if err := e.authorize(demands); err != nil {
		return err
	}
	return e.pass(op, r)
}

// wellFormed refuses requests that servers read in different ways, and what no SDK sends.
func wellFormed(r *http.Request) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case !r.ProtoAtLeast(1, 1), r.URL.Host != "", r.Host == "":
		return refuse("SerializationException", "The request is malformed.")
	case r.Method != http.MethodPost || r.URL.Path != "/" || r.URL.RawQuery != "":
		return refuse("UnknownOperationException", "Requests are POSTed to / without a query.")
	case len(r.Header["X-Amz-Target"]) != 1 || !strings.HasPrefix(r.Header.Get("X-Amz-Target"), prefix):
		return refuse("UnknownOperationException", "The header X-Amz-Target names no operation of DynamoDB_20120810.")
	case err != nil || media != "application/x-amz-json-1.0" || r.Header.Get("Content-Encoding") != "":
		return refuse("SerializationException", "The body must be of type application/x-amz-json-1.0 and in no encoding.")
	case r.ContentLength < 0:
		return refuse("SerializationException", "The length of the body is not known.")
	case r.ContentLength > maxBody:
		return &fault{code: "RequestEntityTooLarge", status: http.StatusRequestEntityTooLarge, text: "The request is too large."}
	}
	return nil
}

// prove verifies who signed the request and returns its body, which is not read for somebody who is not known.
func (e *exchange) prove() ([]byte, error) {
	signature, err := sigv4.Parse(e.in)
	if err != nil {
		return nil, err
	}
	if signature.Region != e.Region {
		return nil, refuse("InvalidSignatureException", "Credential should be scoped to a valid region, not '"+signature.Region+"'. ")
	}
	signer, err := e.Signer(e.ctx, signature.AccessKeyID, signature.SessionToken)
	if err != nil {
		return nil, err
	}
	connection := http.NewResponseController(e.w)
	_ = connection.SetReadDeadline(time.Now().Add(stall)) // connections of tests have none
	body, err := io.ReadAll(io.LimitReader(e.in.Body, maxBody+1))
	if err != nil || int64(len(body)) != e.in.ContentLength {
		return nil, refuse("SerializationException", "The body could not be read.")
	}
	_ = connection.SetReadDeadline(time.Time{}) // likewise
	if err := signature.Verify(e.in, body, sigv4.Check{Service: "dynamodb", Secret: signer.Secret, Now: e.Now()}); err != nil {
		return nil, err
	}
	return body, e.admit(signer, signature)
}

// admit makes the principal of the signer that of the request, whose signature has been verified.
func (e *exchange) admit(signer *authorization.Signer, s *sigv4.Signature) error {
	p, err := signer.Principal(e.ctx)
	if err != nil {
		return err
	}
	e.sent.Caller.Region, e.sent.Caller.Account, e.sent.Caller.AccessKeyID = s.Region, p.Account, s.AccessKeyID
	e.ctx = authorization.With(caller.With(e.ctx, e.sent.Caller), p)
	e.signer = p
	signer.Use(e.ctx, s.Service, s.Region)
	return nil
}

// allowOrigin lets a page whose origin may call read the answer.
func (e *exchange) allowOrigin() {
	origin := e.in.Header.Get("Origin")
	if origin == "" || len(e.Origins) == 0 {
		return
	}
	header := e.w.Header()
	header.Add("Vary", "Origin")
	switch {
	case slices.Contains(e.Origins, "*"):
		header.Set("Access-Control-Allow-Origin", "*")
	case slices.Contains(e.Origins, origin):
		header.Set("Access-Control-Allow-Origin", origin)
	default:
		return
	}
	header.Set("Access-Control-Expose-Headers", "x-amzn-requestid,x-amzn-errortype,x-amz-crc32,date")
}

// preflight answers a browser's question whether a page may call. No cookies are involved: a page can do only what its own
// credentials allow.
func (e *exchange) preflight() error {
	e.operation = "Preflight"
	header := e.w.Header()
	if header.Get("Access-Control-Allow-Origin") == "" {
		return refuse("AccessDeniedException", "Pages of this origin may not call.")
	}
	header.Set("Access-Control-Allow-Methods", "POST")
	header.Set("Access-Control-Allow-Headers", "amz-sdk-invocation-id,amz-sdk-request,authorization,content-type,x-amz-content-sha256,"+
		"x-amz-date,x-amz-security-token,x-amz-target,x-amz-user-agent,x-amzn-trace-id")
	header.Set("Access-Control-Max-Age", "3000")
	e.begin(http.StatusOK)
	return nil
}
