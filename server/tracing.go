package server

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"cardea/platform/db"
	"cardea/platform/telemetry"
	"cardea/platform/tracing"
)

// flushLimit bounds how long closing waits for a collector.
const flushLimit = 2 * time.Second

// newTracer makes the tracer of the configuration; nil where nothing is traced.
func newTracer(ctx context.Context, c *Config, metrics *telemetry.Metrics) (*tracing.Tracer, error) {
	if c.Tracing.Endpoint == "" {
		return nil, nil
	}
	return tracing.New(ctx, tracing.Options{
		Endpoint: c.Tracing.Endpoint, Header: c.Tracing.Header(), Ratio: c.Tracing.Ratio, Propagate: c.Tracing.Propagate,
		Version: c.Version, Log: c.Log, Observe: metrics.TraceExport,
	})
}

// closeTracer sends the spans that wait. Those that a collector does not take in time are lost.
func closeTracer(t *tracing.Tracer) {
	ctx, cancel := context.WithTimeout(context.Background(), flushLimit)
	defer cancel()
	_ = t.Close(ctx) // the log has been told
}

// traceTransaction adds a transaction to the trace of what has asked for it.
func traceTransaction(ctx context.Context, t db.Transaction) {
	tracing.Past(ctx, "transaction "+t.Kind, t.Took, func() tracing.Counts {
		return tracing.Counts{"db.statements": t.Statements, "db.round_trips": t.RoundTrips, "db.retries": t.Retries}
	})
}

// believeParents lets traces that trusted proxies have begun go on. It must see the proxies' own addresses.
func believeParents(trusted []netip.Prefix, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && within(trusted, peer.Addr()) {
			r = r.WithContext(tracing.BelieveParent(r.Context()))
		}
		next.ServeHTTP(w, r)
	})
}
