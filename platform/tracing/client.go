package tracing

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// silence is how long the log is not told again that spans cannot be sent.
const silence = time.Minute

// client posts spans to a collector. It implements otlptrace.Client.
type client struct {
	Options
	http http.Client

	mu   sync.Mutex
	told time.Time // when the log was last told of a failure
}

// newClient makes the client. Its address is the operator's, so that it may be on any network; no proxy is asked.
func newClient(o Options) *client {
	transport := &http.Transport{MaxIdleConns: 2, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true, TLSHandshakeTimeout: sendLimit}
	return &client{Options: o, http: http.Client{
		Transport: transport, Timeout: sendLimit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the header may hold a secret
	}}
}

// Start implements otlptrace.Client.
func (c *client) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (c *client) Stop(context.Context) error {
	c.http.CloseIdleConnections()
	return nil
}

// UploadTraces implements otlptrace.Client. A failure is told to the log and the metrics, and nobody else could do anything about
// it: the spans are lost.
func (c *client) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	err := c.post(ctx, spans)
	if c.Observe != nil {
		c.Observe(err)
	}
	if err == nil || c.Log == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.told) > silence {
		c.told = time.Now()
		c.Log.WarnContext(ctx, "traces are lost: they could not be sent", "error", err)
	}
	return nil
}

func (c *client) post(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	// Its form is that of ExportTraceServiceRequest, whose package would bring gRPC.
	plain, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return fmt.Errorf("encode spans: %w", err)
	}
	var body bytes.Buffer
	packed := gzip.NewWriter(&body)
	if _, err := packed.Write(plain); err != nil {
		return fmt.Errorf("pack spans: %w", err)
	}
	if err := packed.Close(); err != nil {
		return fmt.Errorf("pack spans: %w", err)
	}

	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Endpoint, &body)
	if err != nil {
		return fmt.Errorf("send spans: %w", err)
	}
	if c.Header != nil {
		r.Header = c.Header.Clone()
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("Content-Encoding", "gzip")
	answer, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("send spans: %w", err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("send spans: the collector answers %s", answer.Status)
	}
	return nil
}
