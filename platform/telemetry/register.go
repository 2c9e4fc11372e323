package telemetry

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// Described is one metric of this program: its full name, its type as Prometheus names it, and its labels.
type Described struct {
	Name   string
	Type   string
	Labels []string
}

// register publishes what a collector collects.
func (m *Metrics) register(c prometheus.Collector, described ...Described) {
	m.registry.MustRegister(c)
	m.All = append(m.All, described...)
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cardea_" + name, Help: help}, labels)
	m.register(c, Described{"cardea_" + name, "counter", labels})
	return c
}

func (m *Metrics) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "cardea_" + name, Help: help}, labels)
	m.register(g, Described{"cardea_" + name, "gauge", labels})
	return g
}

// Gauge publishes a value that is read when the metrics are, such as the number of waiting requests.
func (m *Metrics) Gauge(name, help string, value func() float64) {
	g := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "cardea_" + name, Help: help}, value)
	m.register(g, Described{"cardea_" + name, "gauge", nil})
}

type metricsKey struct{}

// With gives a context whose work is counted in m.
func With(ctx context.Context, m *Metrics) context.Context {
	return context.WithValue(ctx, metricsKey{}, m)
}

// From is what counts the work of a context; nil where nothing does.
func From(ctx context.Context) *Metrics {
	m, _ := ctx.Value(metricsKey{}).(*Metrics)
	return m
}
