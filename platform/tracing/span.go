package tracing

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Span is a part of a trace. The zero Span is of no trace, and its methods do nothing.
type Span struct{ span trace.Span }

// opened counts the tracers of this process: while there is none, which is the rule, no context is searched.
var opened atomic.Int64

// of is the tracer of a context whose trace is recorded; nil in others.
func of(ctx context.Context) *Tracer {
	if opened.Load() == 0 {
		return nil
	}
	t, _ := ctx.Value(tracerKey{}).(*Tracer)
	return t
}

// Start begins a span in the trace of a context, if it has one that is recorded.
func Start(ctx context.Context, name string) (context.Context, Span) {
	t := of(ctx)
	if t == nil {
		return ctx, Span{}
	}
	ctx, span := t.tracer.Start(ctx, name)
	return ctx, Span{span}
}

// Counts are numbers that a span has, by their names.
type Counts map[string]int

// Past adds a span that has just ended and took some time.
func Past(ctx context.Context, name string, took time.Duration, counts func() Counts) {
	t := of(ctx)
	if t == nil {
		return
	}
	now := time.Now()
	_, span := t.tracer.Start(ctx, name, trace.WithTimestamp(now.Add(-took)))
	for name, n := range counts() {
		span.SetAttributes(attribute.Int(name, n))
	}
	span.End(trace.WithTimestamp(now))
}

// ID is the trace's, as collectors show it; empty for the zero Span.
func (s Span) ID() string {
	if s.span == nil {
		return ""
	}
	return s.span.SpanContext().TraceID().String()
}

// Rename gives the span another name.
func (s Span) Rename(name string) {
	if s.span != nil {
		s.span.SetName(name)
	}
}

// Set gives the span an attribute, unless the value is empty. It must be no secret, name or address of anybody.
func (s Span) Set(name, value string) {
	if s.span != nil && value != "" {
		s.span.SetAttributes(attribute.String(name, value))
	}
}

// SetInt gives the span an attribute.
func (s Span) SetInt(name string, value int) {
	if s.span != nil {
		s.span.SetAttributes(attribute.Int(name, value))
	}
}

// End ends the span; failed marks it as an error. What has failed is not part of it: texts of errors may name somebody.
func (s Span) End(failed bool) {
	if s.span == nil {
		return
	}
	if failed {
		s.span.SetStatus(codes.Error, "")
	}
	s.span.End()
}

// Call begins the span of a call to another server, and gives the request to send: with the header traceparent if its host is one
// that is told, and as it is otherwise.
func Call(r *http.Request) (*http.Request, Span) {
	t := of(r.Context())
	if t == nil {
		return r, Span{}
	}
	ctx, span := t.tracer.Start(r.Context(), "call "+r.Method, trace.WithSpanKind(trace.SpanKindClient))
	if slices.Contains(t.propagate, strings.ToLower(r.URL.Hostname())) {
		r = r.Clone(ctx)
		propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(r.Header))
	}
	return r, Span{span}
}
