package telemetry

// Counter publishes cardea_<name> and returns what counts one more of it, by the values of the labels.
func (m *Metrics) Counter(name, help string, labels ...string) func(values ...string) {
	c := m.counter(name, help, labels...)
	return func(values ...string) { c.WithLabelValues(values...).Inc() }
}
