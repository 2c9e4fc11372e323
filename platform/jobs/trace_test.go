package jobs

import (
	"context"
	"errors"
	"testing"
	"time"

	"cardea/platform/tracing"
	"cardea/platform/tracing/tracingtest"
)

func TestRunsAreTraced(t *testing.T) {
	t.Parallel()
	collector := tracingtest.New(t)
	tracer, err := tracing.New(t.Context(), tracing.Options{Endpoint: collector.URL, Ratio: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := &Runner{Tracer: tracer}
	r.round(t.Context(), Job{Name: "sweep", Run: func(ctx context.Context) error {
		tracing.Past(ctx, "transaction", time.Millisecond, func() tracing.Counts { return nil })
		return errors.New("the disk is full")
	}}, true)
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	run, inside := collector.Await(t, "job sweep"), collector.Await(t, "transaction")
	if string(inside.ParentSpanId) != string(run.SpanId) || run.Status.GetCode() != 2 || run.Status.GetMessage() != "" {
		t.Errorf("got %v with %v inside", run, inside)
	}
}
