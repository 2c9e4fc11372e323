package awsapi

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"cardea/spec/awsjson"
	"cardea/spec/id"
)

const (
	defaultMaxBody = 1 << 20
	maxUserAgent   = 512
)

// Handler answers the operations of one service.
type Handler struct {
	Service awsjson.Service
	// Verify proves who signed a request whose whole body is body. Its faults are told as they are. Signed.Verify
	// checks signatures; Trusting.Verify believes them. Without it signed operations are refused.
	Verify func(r *http.Request, body []byte) (awsjson.Caller, error)
	// ClientIP is the address a request came from. Nil takes the connection's.
	ClientIP func(r *http.Request) string
	// Log gets one line for each request. Nil logs nothing.
	Log *slog.Logger
	// Observe, unless nil, counts each request: the modelled operation, or "" for anything else; the fault's code, or ""
	// for success; how long it took.
	Observe func(operation, code string, took time.Duration)
	// MaxBody is how many bytes a request may have; 0 means 1 MiB. BodyLimits has the operations that may have other
	// sizes.
	MaxBody    int64
	BodyLimits map[string]int64
	// Word gives the fault for what an operation found, where it is none already. Nil changes nothing.
	Word func(op *awsjson.Operation, err error) error
	// Strict, for tests, is told of each fault that the model does not list for its operation; the answer becomes an
	// InternalErrorException.
	Strict func(operation string, fault *awsjson.Fault)
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{handler: h, request: r, began: time.Now()}
	x.caller = awsjson.Caller{RequestID: id.NewUUID(), IP: h.address(r), UserAgent: userAgent(r)}
	x.open(w)
	if r.Method == http.MethodOptions {
		preflight(w, r)
		return
	}
	out, err := x.run(w)
	x.render(w, out, err)
	x.record()
}

// exchange is one request and what becomes known of it on the way to its answer.
type exchange struct {
	handler   *Handler
	request   *http.Request
	began     time.Time
	operation *awsjson.Operation // nil until it is named
	caller    awsjson.Caller
	tree      awsjson.Node

	status  int
	code    string
	failure error // the cause of an InternalErrorException
	stack   []byte
}

// run finds the answer. A panic becomes an error like any other unplanned one.
func (x *exchange) run(w http.ResponseWriter) (out any, err error) {
	defer func() {
		switch problem := recover(); problem {
		case nil:
		case http.ErrAbortHandler:
			panic(problem)
		default:
			x.stack = debug.Stack()
			out, err = nil, fmt.Errorf("panic: %v", problem)
		}
	}()

	op, err := x.name(w)
	if err != nil {
		return nil, err
	}
	if err := x.receive(w, op); err != nil {
		return nil, err
	}
	out, err = op.Invoke(awsjson.WithCaller(x.request.Context(), x.caller), x.tree)
	if err != nil && x.handler.Word != nil {
		err = x.handler.Word(op, err)
	}
	return out, x.strictly(op, err)
}

// name finds the operation that the request is for.
func (x *exchange) name(w http.ResponseWriter) (*awsjson.Operation, error) {
	if x.request.Method != http.MethodPost {
		w.Header().Set("Allow", "OPTIONS, POST")
		return nil, &awsjson.Fault{Code: "UnknownOperationException", Message: "The API is asked by POST.", Status: http.StatusMethodNotAllowed}
	}
	if !spoken(x.request.Header.Get("Content-Type")) {
		return nil, awsjson.Refuse("UnknownOperationException", "The content type of a request is application/x-amz-json-1.1.")
	}
	target := x.request.Header.Get("X-Amz-Target")
	if target == "" {
		return nil, awsjson.Refuse("UnknownOperationException", "The request has no X-Amz-Target header.")
	}
	service, name, _ := strings.Cut(target, ".")
	op, known := x.handler.Service.Operations[name]
	if !known || service != x.handler.Service.TargetPrefix {
		return nil, awsjson.Refuse("UnknownOperationException", "The X-Amz-Target header names no operation of this service.")
	}
	x.operation = &op
	return &op, nil
}

// spoken reports whether a content type is the protocol's, or close enough to it that old and hand-made clients use it.
func spoken(contentType string) bool {
	if contentType == "application/x-amz-json-1.1" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/x-amz-json-1.1" || media == "application/x-amz-json-1.0" || media == "application/json")
}

// receive reads what is asked, proves who asks, and parses it.
func (x *exchange) receive(w http.ResponseWriter, op *awsjson.Operation) error {
	body := borrow()
	defer giveBack(body)
	if err := x.read(w, op, body); err != nil {
		return err
	}
	if err := x.prove(op, body.Bytes()); err != nil {
		return err
	}
	if op.Invoke == nil {
		return awsjson.NotBuilt(op.Name)
	}
	var err error
	x.tree, err = awsjson.Parse(body.Bytes())
	return err
}

// read reads the body. One that says it is too large is not read at all.
func (x *exchange) read(w http.ResponseWriter, op *awsjson.Operation, body *bytes.Buffer) error {
	limit := x.handler.MaxBody
	if limit == 0 {
		limit = defaultMaxBody
	}
	if own, ok := x.handler.BodyLimits[op.Name]; ok {
		limit = own
	}
	if x.request.ContentLength > limit {
		w.Header().Set("Connection", "close")
		return tooLarge()
	}
	_, err := body.ReadFrom(http.MaxBytesReader(w, x.request.Body, limit))
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return tooLarge()
	}
	if err != nil {
		return awsjson.Refuse("SerializationException", "The body of the request could not be read.")
	}
	return nil
}

func tooLarge() error {
	return &awsjson.Fault{Code: "RequestEntityTooLargeException", Message: "The request is too large.", Status: http.StatusRequestEntityTooLarge}
}

// prove finds out who calls. Unsigned operations ignore signatures: SDKs may add one that is none of their business.
func (x *exchange) prove(op *awsjson.Operation, body []byte) error {
	if !op.Signed {
		return nil
	}
	if x.handler.Verify == nil {
		return awsjson.Refuse("AccessDeniedException", "This server does not accept signed operations.")
	}
	caller, err := x.handler.Verify(x.request, body)
	if err != nil {
		return err
	}
	x.caller.Region, x.caller.Account, x.caller.AccessKeyID = caller.Region, caller.Account, caller.AccessKeyID
	return nil
}

func (h *Handler) address(r *http.Request) string {
	if h.ClientIP != nil {
		return h.ClientIP(r)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// userAgent is what the client calls itself, within reason.
func userAgent(r *http.Request) string {
	agent := r.UserAgent()
	return strings.ToValidUTF8(agent[:min(len(agent), maxUserAgent)], "")
}
