package tracing_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cardea/platform/tracing"
	"cardea/platform/tracing/tracingtest"
)

// open makes a tracer that records everything.
func open(t testing.TB, o tracing.Options) *tracing.Tracer {
	t.Helper()
	if o.Ratio == 0 {
		o.Ratio = 1
	}
	tracer, err := tracing.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tracer.Close(context.Background()) })
	return tracer
}

func TestSpansReachTheCollector(t *testing.T) {
	t.Parallel()
	c := tracingtest.New(t)
	tracer := open(t, tracing.Options{Endpoint: c.URL, Header: http.Header{"Authorization": {"Bearer secret"}}})
	began := time.Now().Add(-time.Second)
	ctx, request := tracer.Request(t.Context(), http.Header{}, began)
	inner, work := tracing.Start(ctx, "work")
	tracing.Past(inner, "transaction", time.Millisecond, func() tracing.Counts { return tracing.Counts{"statements": 3} })
	work.End(true)
	request.Rename("pages.Login")
	request.Set("empty", "")
	request.End(false)
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	root, middle, leaf := c.Await(t, "pages.Login"), c.Await(t, "work"), c.Await(t, "transaction")
	if string(middle.ParentSpanId) != string(root.SpanId) || string(leaf.ParentSpanId) != string(middle.SpanId) || string(leaf.TraceId) != string(root.TraceId) {
		t.Errorf("the spans are not one below the other: %v %v %v", root, middle, leaf)
	}
	if got := time.Duration(root.EndTimeUnixNano - root.StartTimeUnixNano); got < time.Second {
		t.Errorf("the request took %s, want it from its beginning on", got)
	}
	if took := time.Duration(leaf.EndTimeUnixNano - leaf.StartTimeUnixNano); took != time.Millisecond || tracingtest.Attributes(leaf)["statements"] != 3 {
		t.Errorf("the transaction took %s with %v", took, leaf.Attributes)
	}
	if middle.Status.GetCode() != 2 || root.Status.GetCode() == 2 || len(root.Attributes) != 0 {
		t.Errorf("statuses %v, %v; attributes %v", middle.Status, root.Status, root.Attributes)
	}
	if got := c.Headers()[0].Get("Authorization"); got != "Bearer secret" {
		t.Errorf("sent with %q", got)
	}
}

func TestWithoutATracerNothingIsTraced(t *testing.T) {
	t.Parallel()
	var none *tracing.Tracer
	ctx, span := none.Request(t.Context(), http.Header{"Traceparent": {"00-11111111111111111111111111111111-2222222222222222-01"}}, time.Now())
	if ctx != t.Context() || span != (tracing.Span{}) {
		t.Error("a request has a span")
	}
	inner, span := tracing.Start(ctx, "work")
	tracing.Past(inner, "past", time.Second, func() tracing.Counts { t.Error("counted"); return nil })
	span.Rename("x")
	span.Set("a", "b")
	span.SetInt("a", 1)
	span.End(true)
	if inner != ctx || span.ID() != "" || none.Close(t.Context()) != nil {
		t.Error("work has a span")
	}
}

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestParentsAreBelievedOnlyWhereSaid(t *testing.T) {
	t.Parallel()
	tracer := open(t, tracing.Options{Endpoint: tracingtest.New(t).URL})
	header := http.Header{"Traceparent": {parent}}
	_, stranger := tracer.Request(t.Context(), header, time.Now())
	_, friend := tracer.Request(tracing.BelieveParent(t.Context()), header, time.Now())
	const id = "0af7651916cd43dd8448eb211c80319c"
	if stranger.ID() == id || friend.ID() != id {
		t.Errorf("traces %s and %s", stranger.ID(), friend.ID())
	}
}

func TestOnlyNamedHostsAreToldOfTheTrace(t *testing.T) {
	t.Parallel()
	tracer := open(t, tracing.Options{Endpoint: tracingtest.New(t).URL, Propagate: []string{"Hooks.internal"}})
	ctx, span := tracer.Request(t.Context(), nil, time.Now())
	defer span.End(false)
	for host, want := range map[string]bool{"hooks.internal": true, "HOOKS.INTERNAL:8443": true, "hooks.internal.example.com": false, "example.com": false} {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+host+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		sent, call := tracing.Call(r)
		call.End(false)
		if told := strings.Contains(sent.Header.Get("Traceparent"), span.ID()); told != want || r.Header.Get("Traceparent") != "" {
			t.Errorf("%s: %t, want %t, and the caller's own request as it was", host, told, want)
		}
	}
}

func TestTheRatioBoundsTraces(t *testing.T) {
	t.Parallel()
	tracer := open(t, tracing.Options{Endpoint: tracingtest.New(t).URL, Ratio: 0.1})
	recorded := 0
	for range 2000 {
		if _, span := tracer.Request(t.Context(), nil, time.Now()); span.ID() != "" {
			recorded++
		}
	}
	if recorded < 100 || recorded > 300 {
		t.Errorf("%d of 2000 recorded, want about 200", recorded)
	}
}

func TestACollectorThatHangsOrFailsSlowsNobody(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(hanging.Close)
	t.Cleanup(func() { close(release) })
	tracer := open(t, tracing.Options{Endpoint: hanging.URL})
	began := time.Now()
	for range 50_000 { // more than the queue holds
		_, span := tracer.Request(t.Context(), nil, began)
		span.End(false)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("50,000 spans took %s", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began = time.Now()
	_ = tracer.Close(ctx)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("closing took %s", took)
	}

	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	t.Cleanup(refusing.Close)
	var failures atomic.Int64
	var log strings.Builder
	tracer = open(t, tracing.Options{
		Endpoint: refusing.URL, Log: slog.New(slog.NewTextHandler(&log, nil)), Header: http.Header{"Authorization": {"secret"}},
		Observe: func(err error) {
			if err != nil {
				failures.Add(1)
			}
		},
	})
	_, span := tracer.Request(t.Context(), nil, began)
	span.End(false)
	if err := tracer.Close(t.Context()); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if failures.Load() == 0 || !strings.Contains(log.String(), "403") || strings.Contains(log.String(), "secret") {
		t.Errorf("%d failures, logged %s", failures.Load(), log.String())
	}
}

// BenchmarkOff measures what a span costs where nothing is traced, in a context of a request.
func BenchmarkOff(b *testing.B) {
	type key int
	ctx := b.Context()
	for i := range 6 {
		ctx = context.WithValue(ctx, key(i), i)
	}
	for b.Loop() {
		_, span := tracing.Start(ctx, "work")
		span.End(false)
	}
}
