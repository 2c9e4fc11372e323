package telemetry

import (
	"cmp"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics holds the counters of one server. Make one with New.
type Metrics struct {
	// All are the metrics besides those of the Go runtime and the process, whether they have any value yet or not.
	All []Described

	registry     *prometheus.Registry
	operations   *measure
	messages     *measure
	transactions *measure
	retries      *prometheus.CounterVec
	jobs         *measure
	signatures   *measure
	triggers     *measure
	repeats      *prometheus.CounterVec
	federated    *measure
	lastJob      *prometheus.GaugeVec
	givenUp      *prometheus.CounterVec
	lockouts     *prometheus.CounterVec
	refused      *prometheus.CounterVec
	unread       *prometheus.CounterVec
	exports      *prometheus.CounterVec
}

// measure counts events of one kind and how long they took.
type measure struct {
	total   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

// Buckets in seconds: an answer takes a few milliseconds, a call outward or a job up to half a minute.
var (
	fast = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5}
	slow = []float64{.005, .01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
)

// New returns the metrics of one server, with those of the Go runtime and the process beside them. version names the
// build.
func New(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.operations = m.measure("operations", "API operations answered", fast, "service", "operation", "code")
	m.messages = m.measure("messages", "attempts to give a message to its sender", slow, "transport", "class")
	m.transactions = m.measure("transactions", "database transactions", fast, "kind")
	m.jobs = m.measure("jobs", "background jobs run", slow, "job", "outcome")
	m.signatures = m.measure("signatures", "tokens signed", fast, "algorithm")
	m.triggers = m.measure("triggers", "Lambda triggers asked", slow, "trigger", "transport", "outcome")
	m.federated = m.measure("federated_signins", "sign-ins through an identity provider, from its choice on", slow, "type", "outcome")
	m.repeats = m.counter("trigger_retries_total", "Number of times a Lambda trigger was tried again.", "trigger", "transport")
	m.retries = m.counter("transaction_retries_total", "Number of times a database transaction ran again after a conflict.", "kind")
	m.givenUp = m.counter("messages_given_up_total", "Number of messages that will not be delivered.", "medium", "class")
	m.lockouts = m.counter("lockouts_total", "Number of times failures have locked an account.", "secret")
	m.refused = m.counter("signin_failures_total", "Number of wrong or refused answers in sign-ins.", "secret", "reason")
	m.unread = m.counter("metrics_failures_total", "Number of times metrics could not be read from the database.", "group")
	m.exports = m.counter("trace_exports_total", "Number of times spans were sent to the collector of traces.", "outcome")
	m.lastJob = m.gauge("job_last_success_timestamp_seconds", "When each background job last succeeded on this node.", "job")
	m.gauge("build_info", "1, labelled with the version.", "version").WithLabelValues(version).Set(1)
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// measure registers cardea_<name>_total and cardea_<name>_duration_seconds; the histogram carries all labels but the
// last of several, which says how it ended.
func (m *Metrics) measure(name, help string, buckets []float64, labels ...string) *measure {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "cardea_" + name + "_duration_seconds", Help: "Time taken by " + help + ".", Buckets: buckets,
	}, labels[:durations(labels)])
	m.register(seconds, Described{"cardea_" + name + "_duration_seconds", "histogram", labels[:durations(labels)]})
	return &measure{total: m.counter(name+"_total", "Number of "+help+".", labels...), seconds: seconds}
}

// durations is how many of the labels a histogram carries.
func durations(labels []string) int { return max(1, len(labels)-1) }

func (c *measure) count(took time.Duration, labels ...string) {
	c.total.WithLabelValues(labels...).Inc()
	c.seconds.WithLabelValues(labels[:durations(labels)]...).Observe(took.Seconds())
}

// Operation counts one answered API operation of a service. code is the fault's, or empty for success; name must be a
// modelled operation, or empty like its service.
func (m *Metrics) Operation(service, name, code string, took time.Duration) {
	if name == "" {
		service, name = "unknown", "unknown"
	}
	if code == "" {
		code = "OK"
	}
	m.operations.count(took, service, name, code)
}

// Message counts one attempt to give a message to its sender; transport is a kind such as "smtp" or "sns", never an address,
// and class is how it ended.
func (m *Metrics) Message(transport, class string, took time.Duration) {
	m.messages.count(took, transport, class)
}

// Transaction counts one database transaction; kind is "read" or "write", retries how often it ran again after a
// serialization conflict.
func (m *Metrics) Transaction(kind string, took time.Duration, retries int) {
	m.transactions.count(took, kind)
	m.retries.WithLabelValues(kind).Add(float64(retries))
}

// Job counts one run of a background job.
func (m *Metrics) Job(name string, took time.Duration, err error) {
	m.jobs.count(took, name, outcome(err))
	if err == nil {
		m.lastJob.WithLabelValues(name).SetToCurrentTime()
	}
}

// Signature counts one signature made; algorithm is the JOSE name, such as RS256.
func (m *Metrics) Signature(algorithm string, took time.Duration) {
	m.signatures.count(took, algorithm)
}

// Trigger is one Lambda trigger that was asked.
type Trigger struct {
	Name      string // such as "PreSignUp"
	Transport string // "lambda", "webhook" or "local"; empty when nothing stands behind the ARN
	Outcome   string // "ok", or how it ended otherwise
	Tries     int
	Took      time.Duration // all tries together
}

// Trigger counts one Lambda trigger that was asked.
func (m *Metrics) Trigger(t Trigger) {
	transport := cmp.Or(t.Transport, "none")
	m.triggers.count(t.Took, t.Name, transport, t.Outcome)
	if t.Tries > 1 {
		m.repeats.WithLabelValues(t.Name, transport).Add(float64(t.Tries - 1))
	}
}

// Federated counts one sign-in through an identity provider of a type, such as "SAML", and how it ended.
func (m *Metrics) Federated(provider, outcome string, took time.Duration) {
	m.federated.count(took, provider, outcome)
}

// GivenUp counts one message that will not be delivered: by its medium, such as "email", and how the last attempt ended.
func (m *Metrics) GivenUp(medium, class string) { m.givenUp.WithLabelValues(medium, class).Inc() }

// Lockout counts one account that too many failures have locked; secret is what was guessed at. m may be nil.
func (m *Metrics) Lockout(secret string) {
	if m != nil {
		m.lockouts.WithLabelValues(secret).Inc()
	}
}

// SigninFailure counts one wrong or refused answer in a sign-in: to which secret, and why it was not taken. m may be nil.
func (m *Metrics) SigninFailure(secret, reason string) {
	if m != nil {
		m.refused.WithLabelValues(secret, reason).Inc()
	}
}

// TraceExport counts an attempt to send spans to the collector of traces.
func (m *Metrics) TraceExport(err error) { m.exports.WithLabelValues(outcome(err)).Inc() }

func outcome(err error) string {
	if err != nil {
		return "error"
	}
	return "ok"
}

// Arithmetic says what computes signatures and SRP, "go" or "openssl", and its version.
func (m *Metrics) Arithmetic(name, version string) {
	m.gauge("arithmetic_info", "1, labelled with what computes signatures and SRP, and its version.", "arithmetic", "version").
		WithLabelValues(name, version).Set(1)
}

// Handler answers /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}
