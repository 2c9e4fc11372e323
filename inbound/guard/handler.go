package guard

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cardea/engine/authorization"
	"cardea/engine/trail"
	"cardea/platform/audit"
	"cardea/platform/caller"
	"cardea/platform/serve"
	"cardea/spec/iampolicy"
	"cardea/spec/id"
	"cardea/spec/sigv4"
)

// Handler is the reverse proxy. All fields but those said to be optional must be set.
type Handler struct {
	// Signer finds the access key that a request names, as authorization.Authorizer does.
	Signer func(ctx context.Context, accessKeyID, token string) (*authorization.Signer, error)
	// Decide answers whether a principal may do what the request says.
	Decide func(ctx context.Context, p *authorization.Principal, r *iampolicy.Request) (iampolicy.Decision, error)
	Now    func() time.Time

	// Upstream is the address of the server of S3, without a path, and Key and Region are what requests to it are signed with.
	Upstream  *url.URL
	Key       sigv4.Key
	Region    string
	Transport http.RoundTripper

	// Regions are those that clients may sign for.
	Regions []string
	// Domains are the host names before which a bucket's name may stand; optional.
	Domains []string
	// Partition and Account are those of ARNs.
	Partition, Account string
	// Origins are the origins of web pages that may call, "*" for any; optional.
	Origins []string
	// PlainBodies accepts bodies that no signature covers also without TLS. Development servers do.
	PlainBodies bool
	serve.Recorder
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
	operation string  // for the log
	asked     *target // what the request is for, once it is known
	began     bool    // the answer's header has been written
	status    int
}

// ServeHTTP answers a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &exchange{Handler: h, id: id.NewUUID(), in: r, w: w}
	e.sent = serve.Open(r, e.id)
	e.ctx = h.Begin(e.sent)
	err := e.sent.Catch(e.serve)
	outcome := serve.Outcome{Service: "s3", Operation: e.operation, Status: e.status}
	if err != nil {
		f := e.fault(err)
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
	p := trail.Passed{Service: "s3", Operation: e.operation, Principal: e.signer, AccessKeyID: e.sent.Caller.AccessKeyID, Request: e.in}
	if e.asked != nil {
		p.Bucket, p.Key = e.asked.bucket, e.asked.key
	}
	return p.Event()
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
	payload, query, err := e.prove()
	if err != nil {
		return err
	}
	t, err := e.target(query)
	if err != nil {
		return err
	}
	op, err := t.name()
	if err != nil {
		return err
	}
	e.operation, e.asked = op.name, t
	if err := e.admits(payload, op); err != nil {
		return err
	}
	if op.batch {
		return e.deleteObjects(t, payload)
	}
	asked, err := e.permissions(op, t)
	if err != nil {
		return err
	}
	if err := e.authorize(asked); err != nil {
		return err
	}
	return e.pass(op, t, payload)
}

// wellFormed refuses requests that servers read in different ways. net/http has refused those with two hosts or two lengths.
func wellFormed(r *http.Request) error {
	switch {
	case !r.ProtoAtLeast(1, 1):
		return &fault{code: "InvalidRequest", status: http.StatusHTTPVersionNotSupported, text: "HTTP/1.1 is needed."}
	case r.URL.Host != "" || !strings.HasPrefix(r.URL.Path, "/"):
		return invalidRequest("The request must name a path, not an address.")
	case strings.ContainsRune(r.URL.Path, 0):
		return invalidRequest("The path has a NUL character.")
	case r.Host == "":
		return invalidRequest("The request has no Host.")
	}
	return nil
}

// prove verifies who signed the request. Nothing of the body has been read then.
func (e *exchange) prove() (*sigv4.Payload, sigv4.Query, error) {
	signature, query, err := sigv4.ParseS3(e.in)
	if err != nil {
		return nil, nil, err
	}
	signer, err := e.Signer(e.ctx, signature.AccessKeyID, signature.SessionToken)
	if err != nil {
		return nil, nil, err
	}
	check := sigv4.S3Check{Service: "s3", Regions: e.Regions, Secret: signer.Secret, Now: e.Now()}
	payload, err := signature.VerifyS3(e.in, query, check)
	if err != nil {
		return nil, nil, err
	}
	if err := e.admit(signer, signature); err != nil {
		return nil, nil, err
	}
	signer.Use(e.ctx, "s3", signature.Region)
	return payload, query, nil
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
	return nil
}

// admits refuses a body where none is expected, and one that neither a signature nor TLS protects.
func (e *exchange) admits(p *sigv4.Payload, op *operation) error {
	if p.Length == 0 && !p.Mode.Chunked() {
		return nil
	}
	if e.in.Method != http.MethodPut && e.in.Method != http.MethodPost {
		return invalidRequest("The request has a body, which " + op.name + " does not take.")
	}
	if !p.Mode.Signed() && !e.sent.Caller.Secure && !e.PlainBodies {
		return invalidRequest("A body that is not signed needs TLS.")
	}
	return nil
}

// permission is an action on a resource that a request needs.
type permission struct {
	action, resource string
	keys             iampolicy.Keys
}

// authorize makes sure that policies allow everything that the request needs.
func (e *exchange) authorize(asked []permission) error {
	for _, p := range asked {
		decision, err := e.Decide(e.ctx, e.signer, &iampolicy.Request{Action: p.action, Resource: p.resource, Keys: p.keys})
		if err != nil {
			return fmt.Errorf("decide %s: %w", p.action, err)
		}
		if !decision.Allowed {
			return e.denied(p, decision)
		}
	}
	return nil
}

func (e *exchange) denied(p permission, d iampolicy.Decision) *fault {
	return &fault{code: "AccessDenied", status: http.StatusForbidden, text: authorization.Denied(e.signer, p.action, `"`+p.resource+`"`, d)}
}

// allowOrigin lets a page whose origin may call read the answer.
func (e *exchange) allowOrigin() {
	origin := e.in.Header.Get("Origin")
	if origin == "" || len(e.Origins) == 0 {
		return
	}
	e.w.Header().Add("Vary", "Origin")
	switch {
	case slices.Contains(e.Origins, "*"):
		e.w.Header().Set("Access-Control-Allow-Origin", "*")
	case slices.Contains(e.Origins, origin):
		e.w.Header().Set("Access-Control-Allow-Origin", origin)
	default:
		return
	}
	e.w.Header().Set("Access-Control-Expose-Headers", exposedHeaders)
}

// exposedHeaders are those of answers that pages may read.
const exposedHeaders = "ETag,Content-Length,Content-Range,Accept-Ranges,Content-Encoding,Content-Disposition,Last-Modified,x-amz-request-id," +
	"x-amz-id-2,x-amz-version-id,x-amz-delete-marker,x-amz-checksum-crc32,x-amz-checksum-crc32c,x-amz-checksum-crc64nvme," +
	"x-amz-checksum-sha1,x-amz-checksum-sha256,x-amz-checksum-type,x-amz-meta-name,x-amz-mp-parts-count"

// preflight answers a browser's question whether a page may call. No cookies are involved: a page can do only what its own
// credentials allow.
func (e *exchange) preflight() error {
	e.operation = "Preflight"
	header := e.w.Header()
	if header.Get("Access-Control-Allow-Origin") == "" || e.in.Header.Get("Access-Control-Request-Method") == "" {
		return &fault{code: "AccessForbidden", status: http.StatusForbidden, text: "CORSResponse: This CORS request is not allowed."}
	}
	header.Set("Access-Control-Allow-Methods", "GET,HEAD,PUT,POST,DELETE")
	if asked := e.in.Header.Get("Access-Control-Request-Headers"); askable(asked) {
		header.Set("Access-Control-Allow-Headers", asked)
	}
	header.Add("Vary", "Access-Control-Request-Headers, Access-Control-Request-Method")
	header.Set("Access-Control-Max-Age", "3000")
	e.begin(http.StatusOK)
	return nil
}

// askable reports whether a text is a list of header names and short.
func askable(list string) bool {
	return list != "" && len(list) <= 4096 && strings.Trim(strings.ToLower(list), "abcdefghijklmnopqrstuvwxyz0123456789-_, ") == ""
}
