package telemetry

import "github.com/prometheus/client_golang/prometheus"

// Function is what a local function does at the moment.
type Function struct {
	Name                 string // as configured
	Starting, Idle, Busy int    // processes
	Waiting              int    // invocations without a process
	Starts               uint64 // processes started so far
}

var (
	children = prometheus.NewDesc("cardea_function_processes", "Processes of a local function by what they do.", []string{"function", "state"}, nil)
	waiting  = prometheus.NewDesc("cardea_function_waiting", "Invocations of a local function that wait for a process.", []string{"function"}, nil)
	starts   = prometheus.NewDesc("cardea_function_starts_total", "Number of processes of a local function started.", []string{"function"}, nil)
)

// Functions publishes what local functions do, which is read when the metrics are. Their names must differ.
func (m *Metrics) Functions(read func() []Function) {
	name := []string{"function"}
	m.register(functions(read),
		Described{"cardea_function_processes", "gauge", []string{"function", "state"}},
		Described{"cardea_function_waiting", "gauge", name}, Described{"cardea_function_starts_total", "counter", name})
}

type functions func() []Function

// Describe implements prometheus.Collector.
func (f functions) Describe(described chan<- *prometheus.Desc) {
	described <- children
	described <- waiting
	described <- starts
}

// Collect implements prometheus.Collector.
func (f functions) Collect(values chan<- prometheus.Metric) {
	for _, one := range f() {
		for state, n := range map[string]int{"starting": one.Starting, "idle": one.Idle, "busy": one.Busy} {
			values <- prometheus.MustNewConstMetric(children, prometheus.GaugeValue, float64(n), one.Name, state)
		}
		values <- prometheus.MustNewConstMetric(waiting, prometheus.GaugeValue, float64(one.Waiting), one.Name)
		values <- prometheus.MustNewConstMetric(starts, prometheus.CounterValue, float64(one.Starts), one.Name)
	}
}
