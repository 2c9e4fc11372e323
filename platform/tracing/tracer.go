package tracing

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Options say where spans go and which there are.
type Options struct {
	// Endpoint is the full address that spans are posted to.
	Endpoint string
	// Header is sent with them.
	Header http.Header
	// Ratio is the share of traces that are recorded, from 0 to 1.
	Ratio float64
	// Propagate are the host names that are told of the trace in calls to them.
	Propagate []string
	// Version names the build.
	Version string

	// Log is told that spans cannot be sent, at most once a minute; nil: nobody is.
	Log *slog.Logger
	// Observe, unless nil, is told how each attempt to send spans ended.
	Observe func(err error)
}

// Spans wait in a queue that holds this many, for this time at most. Sending them may take as long as the last says.
const (
	queue     = 8192
	interval  = 2 * time.Second
	sendLimit = 10 * time.Second
)

// Tracer begins traces. New makes one; nil begins none.
type Tracer struct {
	provider  *sdk.TracerProvider
	tracer    trace.Tracer
	propagate []string
}

// New makes a Tracer, which sends from now on until Close.
func New(ctx context.Context, o Options) (*Tracer, error) {
	exporter, err := otlptrace.New(ctx, newClient(o))
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(exporter, sdk.WithMaxQueueSize(queue), sdk.WithMaxExportBatchSize(512), sdk.WithBatchTimeout(interval), sdk.WithExportTimeout(sendLimit)),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.Ratio))),
		sdk.WithRawSpanLimits(sdk.SpanLimits{AttributeValueLengthLimit: 200, AttributeCountLimit: 32}),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "cardea"), attribute.String("service.version", o.Version),
			attribute.String("service.instance.id", rand.Text()))),
	)
	propagate := slices.Clone(o.Propagate)
	for i, host := range propagate {
		propagate[i] = strings.ToLower(host)
	}
	opened.Add(1)
	return &Tracer{provider, provider.Tracer("cardea"), propagate}, nil
}

// Close sends the spans that wait, while ctx lasts.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

type (
	tracerKey struct{} // the *Tracer of a context
	parentKey struct{} // true in the context of a request whose traceparent is believed
)

// BelieveParent gives the context of a request whose header traceparent is believed: its trace goes on here.
func BelieveParent(ctx context.Context) context.Context {
	return context.WithValue(ctx, parentKey{}, true)
}

// Request begins the trace of a request that came at a moment before. Who ends the span names it.
func (t *Tracer) Request(ctx context.Context, header http.Header, began time.Time) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	if ctx.Value(parentKey{}) != nil {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(header))
	}
	return t.begin(ctx, "request", trace.WithTimestamp(began), trace.WithSpanKind(trace.SpanKindServer))
}

// Job begins the trace of a job.
func (t *Tracer) Job(ctx context.Context, name string) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	return t.begin(ctx, "job "+name)
}

func (t *Tracer) begin(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, Span) {
	ctx, span := t.tracer.Start(ctx, name, options...)
	if !span.IsRecording() {
		return ctx, Span{}
	}
	return context.WithValue(ctx, tracerKey{}, t), Span{span}
}
