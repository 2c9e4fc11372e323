package tracingtest

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Collector keeps the spans that it gets.
type Collector struct {
	URL string // where spans are to be posted

	mu      sync.Mutex
	spans   []*tracepb.Span
	headers []http.Header
	raw     []byte // everything that came, unpacked
}

// New starts a collector, which stops when the test ends.
func New(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.URL = server.URL + "/v1/traces"
	return c
}

// ServeHTTP takes spans.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var data tracepb.TracesData
	plain, err := gzip.NewReader(r.Body)
	if err == nil {
		var body []byte
		if body, err = io.ReadAll(plain); err == nil {
			err = proto.Unmarshal(body, &data)
			c.mu.Lock()
			c.raw = append(c.raw, body...)
			c.mu.Unlock()
		}
	}
	if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		http.Error(w, "not OTLP", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.headers = append(c.headers, r.Header.Clone())
	for _, resource := range data.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
}

// Spans are those that have come so far.
func (c *Collector) Spans() []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*tracepb.Span(nil), c.spans...)
}

// Headers are those of the requests that brought them.
func (c *Collector) Headers() []http.Header {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]http.Header(nil), c.headers...)
}

// Raw is everything that has come, as it came.
func (c *Collector) Raw() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]byte(nil), c.raw...)
}

// Await waits until a span with this name has come, and gives it.
func (c *Collector) Await(t testing.TB, name string) *tracepb.Span {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for _, span := range c.Spans() {
			if span.Name == name {
				return span
			}
		}
	}
	var names []string
	for _, span := range c.Spans() {
		names = append(names, span.Name)
	}
	t.Fatalf("no span %q has come, but %q", name, names)
	return nil
}

// Attributes are those of a span, as texts and numbers.
func Attributes(span *tracepb.Span) map[string]any {
	all := map[string]any{}
	for _, a := range span.Attributes {
		if text := a.Value.GetStringValue(); text != "" {
			all[a.Key] = text
		} else {
			all[a.Key] = int(a.Value.GetIntValue())
		}
	}
	return all
}

// TraceID is the id of a span's trace, as it is written.
func TraceID(span *tracepb.Span) string { return hex.EncodeToString(span.TraceId) }
