package web

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"cardea/platform/tracing"
	"cardea/platform/tracing/tracingtest"
)

func TestCallsAreTracedAndStrangersNotTold(t *testing.T) {
	t.Parallel()
	collector := tracingtest.New(t)
	tracer, err := tracing.New(t.Context(), tracing.Options{Endpoint: collector.URL, Ratio: 1, Propagate: []string{"localhost"}})
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan bool, 2)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told <- r.Header.Get("Traceparent") != ""
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(s.Close)
	c := client(t, Options{PlainHTTP: true, Allow: []string{"127.0.0.1", "::1"}})
	ctx, request := tracer.Request(t.Context(), nil, time.Now())
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{"127.0.0.1": false, "localhost": true} {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+host+":"+port+"/secret?code=secret", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if got := <-told; got != want {
			t.Errorf("%s was told of the trace: %t, want %t", host, got, want)
		}
	}
	request.End(false)
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	call := collector.Await(t, "call POST")
	if got := tracingtest.Attributes(call); len(got) != 1 || got["http.response.status_code"] != http.StatusBadGateway || call.Status.GetCode() != 2 {
		t.Errorf("the call has %v, %v", got, call.Status)
	}
}
