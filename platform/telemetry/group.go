package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Group is several metrics that are read together when the metrics are, such as those that cost a query.
type Group struct {
	// Name names the group among failures.
	Name string
	// Metrics are those of the group; names are given without the prefix "cardea_".
	Metrics []Read
	// Every is how long values are good for: they are read at most once in this time, however often metrics are asked for. A
	// reading that takes long is good for longer, so that reading takes no more than a twentieth of the time. 0: always read.
	Every time.Duration
	// Read reads the values.
	Read func(ctx context.Context) ([]Value, error)
}

// Read is one metric of a group.
type Read struct {
	Name, Help string
	Counter    bool // or else a gauge
	Labels     []string
}

// Value is one value that was read: of the metric with this name, with values of its labels in their order.
type Value struct {
	Name   string
	Value  float64
	Labels []string
}

// readLimit bounds how long metrics wait for a group. While it cannot be read it has no values.
const readLimit = 5 * time.Second

// Group publishes a group.
func (m *Metrics) Group(g Group) {
	c := &group{Group: g, descs: map[string]*prometheus.Desc{}, types: map[string]prometheus.ValueType{}}
	c.failed = func() { m.unread.WithLabelValues(g.Name).Inc() }
	var described []Described
	for _, one := range g.Metrics {
		full, kind := "cardea_"+one.Name, "gauge"
		c.descs[one.Name], c.types[one.Name] = prometheus.NewDesc(full, one.Help, one.Labels, nil), prometheus.GaugeValue
		if one.Counter {
			kind, c.types[one.Name] = "counter", prometheus.CounterValue
		}
		described = append(described, Described{full, kind, one.Labels})
	}
	m.unread.WithLabelValues(g.Name) // 0 from the start
	m.register(c, described...)
}

// group collects a Group.
type group struct {
	Group
	descs  map[string]*prometheus.Desc
	types  map[string]prometheus.ValueType
	failed func()

	mu     sync.Mutex
	values []Value
	until  time.Time // when the values are to be read again
}

// Describe implements prometheus.Collector.
func (g *group) Describe(described chan<- *prometheus.Desc) {
	for _, desc := range g.descs {
		described <- desc
	}
}

// Collect implements prometheus.Collector.
func (g *group) Collect(values chan<- prometheus.Metric) {
	for _, v := range g.current() {
		values <- prometheus.MustNewConstMetric(g.descs[v.Name], g.types[v.Name], v.Value, v.Labels...)
	}
}

// current are the values of the last reading, or of a new one. After a failure there are none until the next.
func (g *group) current() []Value {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Now().Before(g.until) {
		return g.values
	}
	ctx, cancel := context.WithTimeout(context.Background(), readLimit)
	defer cancel()

	began := time.Now()
	values, err := g.Read(ctx)
	if err != nil {
		g.values, g.until = nil, time.Now().Add(g.Every)
		g.failed()
		return nil
	}
	g.values = values
	if g.Every > 0 {
		g.until = time.Now().Add(max(g.Every, 20*time.Since(began)))
	}
	return values
}
