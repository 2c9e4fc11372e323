package function

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// scripted returns a child whose Runtime API a test calls itself, and an invocation that waits for it.
func scripted(tb testing.TB, secret string) (*child, *invocation) {
	tb.Helper()
	cfg := Config{Name: "test", Log: slog.New(slog.DiscardHandler)}
	if err := cfg.complete(); err != nil {
		tb.Fatal(err)
	}
	cfg.Concurrency = 1
	f := &Function{cfg: cfg, children: map[*child]bool{}}
	c := &child{function: f, secret: secret, gone: make(chan struct{})}
	c.move(starting)
	f.children[c] = true
	i := &invocation{
		Call:  Call{ID: "the-id", ARN: "the-arn", Payload: []byte(`{"n":1}`), Deadline: time.Now().Add(time.Minute)},
		began: time.Now(), ended: make(chan outcome, 1),
	}
	f.enqueue(i)
	return c, i
}

func TestOneConnectionServesAllCalls(t *testing.T) {
	t.Parallel()
	c, i := scripted(t, "")
	address, err := c.listen()
	if err != nil {
		t.Fatal(err)
	}
	defer c.cleanUp()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	r := bufio.NewReader(conn)
	read := func(status int) string {
		t.Helper()
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != status {
			t.Fatalf("got %s %s, %v, want %d", response.Status, body, err, status)
		}
		return string(body)
	}

	fmt.Fprint(conn, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n")
	if body := read(200); body != `{"n":1}` {
		t.Fatalf("got %s", body)
	}
	fmt.Fprint(conn, "POST /2018-06-01/runtime/invocation/the-id/response HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
	if line, err := r.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	if line, err := r.ReadString('\n'); err != nil || line != "\r\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	fmt.Fprint(conn, "true")
	read(202)
	if got := <-i.ended; got.reply.Kind != Answered || string(got.reply.Payload) != "true" {
		t.Fatalf("got %+v", got)
	}

	second := &invocation{Call: Call{ID: "second", Payload: []byte("2"), Deadline: time.Now().Add(time.Minute)}, ended: make(chan outcome, 1)}
	fmt.Fprint(conn, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n")
	time.Sleep(50 * time.Millisecond)
	c.function.enqueue(second)
	if body := read(200); body != "2" {
		t.Fatalf("got %s", body)
	}
}

func TestCallsOutOfOrderAreRefused(t *testing.T) {
	t.Parallel()
	c, i := scripted(t, "secret")
	call := func(method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		c.serveHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	const api = "/secret/2018-06-01/runtime/"
	for n, step := range []struct {
		method, path string
		status       int
		text         string
	}{
		{"GET", "/2018-06-01/runtime/invocation/next", 404, ""},
		{"POST", api + "invocation/the-id/response", 400, "InvalidRequestID"},
		{"GET", api + "invocation/next", 200, `{"n":1}`},
		{"GET", api + "invocation/next", 403, "InvalidStateTransition"},
		{"POST", api + "init/error", 403, "InvalidStateTransition"},
		{"POST", api + "invocation/other/response", 400, "InvalidRequestID"},
		{"GET", api + "restore/next", 404, ""},
		{"POST", "/2020-01-01/extension/register", 404, ""},
		{"POST", api + "invocation/the-id/response", 202, ""},
		{"POST", api + "invocation/the-id/response", 403, "InvalidStateTransition"},
		{"POST", api + "invocation/the-id/error", 403, "InvalidStateTransition"},
	} {
		if status, body := call(step.method, step.path, "{}"); status != step.status || !strings.Contains(body, step.text) {
			t.Errorf("step %d: got %d %s, want %d %s", n, status, body, step.status, step.text)
		}
	}
	if got := <-i.ended; got.reply.Kind != Answered {
		t.Errorf("got %+v", got)
	}
}

func TestLostPollGetsTheEventAgain(t *testing.T) {
	t.Parallel()
	c, _ := scripted(t, "")
	c.function.waiting = nil
	ctx, cancel := context.WithCancel(t.Context())
	lost := httptest.NewRecorder()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.serveHTTP(lost, httptest.NewRequestWithContext(ctx, "GET", "/2018-06-01/runtime/invocation/next", nil))
	}()
	time.Sleep(20 * time.Millisecond)
	cancel()
	<-done
	c.function.enqueue(&invocation{Call: Call{ID: "id", Payload: []byte("7"), Deadline: time.Now().Add(time.Minute)}, ended: make(chan outcome, 1)})
	w := httptest.NewRecorder()
	c.serveHTTP(w, httptest.NewRequest("GET", "/2018-06-01/runtime/invocation/next", nil))
	if w.Body.String() != "7" || lost.Body.Len() != 0 {
		t.Errorf("got %q, and %q on the lost one", w.Body, lost.Body)
	}
}

func TestTimesOfAProcessAreBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		state state
		spent time.Duration
		keep  int
		ends  bool
	}{
		"initialization":           {starting, 9 * time.Second, 0, false},
		"initialization, too long": {starting, 11 * time.Second, 0, true},
		"idle":                     {idle, 9 * time.Minute, 0, false},
		"idle, too long":           {idle, 11 * time.Minute, 0, true},
		"idle, kept":               {idle, 11 * time.Minute, 1, false},
	} {
		c, _ := scripted(t, "")
		c.function.cfg.Keep = test.keep
		c.state, c.since = test.state, time.Now().Add(-test.spent)
		c.boundTime()
		if ended := c.state == ending; ended != test.ends {
			t.Errorf("%s: ended %t, want %t", name, ended, test.ends)
		}
	}
}

func FuzzRuntimeAPI(f *testing.F) {
	f.Add("GET", "/2018-06-01/runtime/invocation/next", "", "")
	f.Add("POST", "/2018-06-01/runtime/invocation/the-id/response", `{"a":1}`, "")
	f.Add("POST", "/2018-06-01/runtime/invocation/the-id/error", `{"errorMessage":1}`, "x")
	f.Add("POST", "/2018-06-01/runtime/init/error", `nonsense`, "Runtime.X")
	f.Fuzz(func(t *testing.T, method, path, body, errorType string) {
		for _, begun := range []bool{false, true} {
			c, i := scripted(t, "")
			if begun {
				c.serveHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/2018-06-01/runtime/invocation/next", nil))
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			r := httptest.NewRequestWithContext(ctx, "POST", "/", strings.NewReader(body))
			r.Method, r.URL.Path = method, path
			r.Header.Set(headerErrorType, errorType)
			r.Trailer = http.Header{headerErrorType: {errorType}, headerErrorBody: {body}}
			w := httptest.NewRecorder()
			c.serveHTTP(w, r)
			cancel()
			select {
			case o := <-i.ended:
				if !begun || w.Code != http.StatusAccepted || o.reply.Kind == "" {
					t.Errorf("ended by %s %q (begun %t), status %d: %+v", method, path, begun, w.Code, o)
				}
			default:
			}
			i.deadline.Stop()
		}
	})
}

// A process that has failed to start is gone a moment later, and tells why.
func TestCallsWaitForTheReasonOfAFailedStart(t *testing.T) {
	t.Parallel()
	c, i := scripted(t, "")
	f := c.function
	f.mu.Lock()
	c.move(ending) // it has reported its error, and is being ended
	f.mu.Unlock()
	f.giveUp(i)
	f.gone(c, failure{kind: Raised, message: "no such module"})
	select {
	case got := <-i.ended:
		if got.reply.Kind != Raised {
			t.Errorf("got %+v", got.reply)
		}
	default:
		t.Error("the call waits on")
	}
}
