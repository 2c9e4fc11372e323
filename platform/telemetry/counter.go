package telemetry

import "github.com/prometheus/client_golang/prometheus"

// Counter publishes cardea_<name>_total and returns what counts one more of it, by the values of the labels.
func (m *Metrics) Counter(name, help string, labels ...string) func(values ...string) {
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "cardea_" + name + "_total", Help: help}, labels)
	m.registry.MustRegister(counter)
	return func(values ...string) { counter.WithLabelValues(values...).Inc() }
}
