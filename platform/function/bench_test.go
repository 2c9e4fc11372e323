package function_test

import (
	"slices"
	"testing"
	"time"

	"cardea/platform/function"
	"cardea/platform/function/functiontest"
)

// BenchmarkWarmCall is what a call costs when its process waits for it, and the handler does nothing.
func BenchmarkWarmCall(b *testing.B) {
	for name, source := range map[string]string{
		"go":     functiontest.Go(b),
		"python": functiontest.File(b, "claims.py", "def handler(event, context): return event") + ":handler",
		"node":   functiontest.File(b, "claims.mjs", "export const handler = async (event) => event;") + ":handler",
	} {
		b.Run(name, func(b *testing.B) {
			f := start(b, function.Config{Source: source})
			invoke(b, f, `{"text":"first"}`)
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				want(b, invoke(b, f, `{"text":"again"}`), function.Answered, "again")
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}
