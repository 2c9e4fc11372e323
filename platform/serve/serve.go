package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"cardea/platform/audit"
	"cardea/platform/caller"
	"cardea/platform/telemetry"
	"cardea/platform/tracing"
)

// Recorder is told of all requests.
type Recorder struct {
	// Log gets one line for each request. Nil logs nothing.
	Log *slog.Logger
	// Observe, unless nil, counts each request: the service and the operation, which are from a fixed list or "", the error's
	// code, or "" for success; how long it took.
	Observe func(service, operation, code string, took time.Duration)
	// Started, unless nil, gives the context of an operation that is about to run, and what to log of it once it has ended.
	Started func(ctx context.Context) (context.Context, func() []slog.Attr)
	// Audit, unless nil, gets the records of requests.
	Audit *audit.Log
	// Tracer begins a trace for each operation; nil begins none.
	Tracer *tracing.Tracer
}

// Request is a request that is being answered.
type Request struct {
	Caller caller.Caller

	http  *http.Request
	began time.Time
	ended func() []slog.Attr // of the recorder's Started; nil before
	note  *audit.Note        // nil before Begin, and without an audit log
	stack []byte             // of a panic
	span  tracing.Span
	begun bool // its operation
}

// Open begins a request. id is a UUID that its answer and the log carry.
func Open(r *http.Request, id string) *Request {
	return &Request{Caller: caller.Of(r, id), http: r, began: time.Now()}
}

// Begin gives the context of the request's operation, which is about to run.
func (r *Recorder) Begin(q *Request) context.Context {
	ctx := caller.With(q.http.Context(), q.Caller)
	if r.Audit != nil {
		ctx, q.note = audit.WithNote(ctx)
	}
	q.begun = true
	ctx, q.span = r.Tracer.Request(ctx, q.http.Header, q.began)
	if r.Started != nil {
		ctx, q.ended = r.Started(ctx)
	}
	return ctx
}

// Catch runs answer. A panic becomes an error like any other unplanned one.
func (q *Request) Catch(answer func() error) (err error) {
	defer func() {
		switch problem := recover(); problem {
		case nil:
		case http.ErrAbortHandler:
			panic(problem)
		default:
			q.stack = debug.Stack()
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	return answer()
}

// Catch answers a panic of next, which has no answer of its own for it, and logs it.
func Catch(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &Request{}
		err := q.Catch(func() error {
			next.ServeHTTP(w, r)
			return nil
		})
		if err != nil {
			log.ErrorContext(r.Context(), "serve", "path", r.URL.Path, "error", err, "stack", string(q.stack))
			http.Error(w, "Something went wrong.", http.StatusInternalServerError)
		}
	})
}

// Outcome is what became of a request.
type Outcome struct {
	Service, Operation string // empty where the request names none that there is
	Pool, Client       string // ids that have been checked; empty where there are none
	Status             int
	Code               string // of the error
	Failure            error  // the cause of an error that says nothing of it

	// Event is what the protocol knows for the record in the audit log; nil: there is none to be made.
	Event *audit.Event
}

// statusGone is logged for a request whose sender did not wait for the answer.
const statusGone = 499

// Record counts a request that has been answered and logs it.
func (r *Recorder) Record(q *Request, o Outcome) {
	took := time.Since(q.began)
	if errors.Is(o.Failure, context.Canceled) && q.http.Context().Err() != nil {
		o.Status, o.Code, o.Failure = statusGone, "ClientGone", nil
	}
	if r.Observe != nil {
		r.Observe(o.Service, o.Operation, o.Code, took)
	}
	r.audit(q, &o)
	r.trace(q, &o)
	level := slog.LevelInfo
	if o.Failure != nil || o.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if r.Log == nil || !r.Log.Enabled(q.http.Context(), level) {
		return
	}

	attributes := []slog.Attr{
		slog.String("operation", o.Operation), slog.String("method", q.http.Method), slog.Int("status", o.Status),
		telemetry.Duration("duration", took), slog.String("request_id", q.Caller.RequestID), slog.String("ip", q.Caller.IP),
	}
	attributes = with(attributes, "service", o.Service)
	attributes = with(attributes, "code", o.Code)
	attributes = with(attributes, "pool", o.Pool)
	attributes = with(attributes, "client", o.Client)
	attributes = with(attributes, "access_key", q.Caller.AccessKeyID)
	attributes = with(attributes, "trace_id", q.span.ID())
	if q.ended != nil {
		attributes = append(attributes, q.ended()...)
	}
	if o.Failure != nil {
		attributes = append(attributes, slog.Any("error", o.Failure))
		attributes = with(attributes, "stack", string(q.stack))
	}
	r.Log.LogAttrs(q.http.Context(), level, "request", attributes...)
}

// trace ends the span of the request. One whose operation was refused before it began gets its span here; one that names no operation
// gets none.
func (r *Recorder) trace(q *Request, o *Outcome) {
	if !q.begun && o.Operation != "" {
		_, q.span = r.Tracer.Request(q.http.Context(), q.http.Header, q.began)
	}
	if q.span == (tracing.Span{}) {
		return
	}
	q.span.Rename(cmp.Or(strings.TrimPrefix(o.Service+"."+o.Operation, "."), "unknown"))
	q.span.Set("rpc.service", o.Service)
	q.span.Set("rpc.method", o.Operation)
	q.span.Set("cardea.pool", o.Pool)
	q.span.Set("cardea.code", o.Code)
	q.span.Set("cardea.request_id", q.Caller.RequestID)
	q.span.SetInt("http.response.status_code", o.Status)
	q.span.End(o.Failure != nil || o.Status >= http.StatusInternalServerError)
}

// with adds an attribute unless it is empty.
func with(attributes []slog.Attr, name, value string) []slog.Attr {
	if value == "" {
		return attributes
	}
	return append(attributes, slog.String(name, value))
}
