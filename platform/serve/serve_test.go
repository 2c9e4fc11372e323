package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/caller"
	"cardea/platform/serve"
)

// world is a recorder with what it was told.
type world struct {
	serve.Recorder
	log      bytes.Buffer
	observed []string
}

func newWorld() *world {
	w := &world{}
	w.Log = slog.New(slog.NewJSONHandler(&w.log, nil))
	w.Observe = func(service, operation, code string, _ time.Duration) {
		w.observed = append(w.observed, service+":"+operation+" "+code)
	}
	return w
}

// logged is the one line of the log.
func (w *world) logged(t *testing.T) map[string]any {
	t.Helper()
	var line map[string]any
	if err := json.Unmarshal(w.log.Bytes(), &line); err != nil {
		t.Fatalf("%v in %q", err, w.log.String())
	}
	return line
}

func request(ctx context.Context) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/secret?code=secret", strings.NewReader("secret"))
	r.Header.Set("Authorization", "secret")
	r.Header.Set("Cookie", "a=secret")
	return r
}

func TestARequestIsCountedAndLoggedInOneLine(t *testing.T) {
	t.Parallel()
	gone, leave := context.WithCancel(t.Context())
	leave()
	for name, c := range map[string]struct {
		ctx      context.Context
		outcome  serve.Outcome
		observed string
		want     map[string]any
	}{
		"answered": {
			t.Context(), serve.Outcome{Service: "pages", Operation: "Login", Pool: "p", Client: "c", Status: 200}, "pages:Login ",
			map[string]any{"level": "INFO", "status": 200.0, "service": "pages", "operation": "Login", "pool": "p", "client": "c"},
		},
		"refused": {
			t.Context(), serve.Outcome{Status: 400, Code: "invalid_request"}, ": invalid_request",
			map[string]any{"level": "INFO", "status": 400.0, "code": "invalid_request", "operation": ""},
		},
		"failed": {
			t.Context(), serve.Outcome{Status: 500, Code: "server_error", Failure: errors.New("the disk is full")}, ": server_error",
			map[string]any{"level": "ERROR", "status": 500.0, "code": "server_error", "operation": "", "error": "the disk is full"},
		},
		"answered in spite of a failure": {
			t.Context(), serve.Outcome{Status: 200, Failure: errors.New("no style")}, ": ",
			map[string]any{"level": "ERROR", "status": 200.0, "operation": "", "error": "no style"},
		},
		"failed since its sender has left": {
			gone, serve.Outcome{Status: 500, Code: "server_error", Failure: fmt.Errorf("read: %w", context.Canceled)}, ": ClientGone",
			map[string]any{"level": "INFO", "status": 499.0, "code": "ClientGone", "operation": ""},
		},
		"failed when its sender has left": {
			gone, serve.Outcome{Status: 500, Code: "server_error", Failure: errors.New("the disk is full")}, ": server_error",
			map[string]any{"level": "ERROR", "status": 500.0, "code": "server_error", "operation": "", "error": "the disk is full"},
		},
	} {
		w := newWorld()
		w.Record(serve.Open(request(c.ctx), "id"), c.outcome)
		got := w.logged(t)
		for _, always := range []string{"time", "duration_ms"} {
			if got[always] == nil {
				t.Errorf("%s: no %s in %v", name, always, got)
			}
			delete(got, always)
		}
		c.want["msg"], c.want["method"], c.want["request_id"], c.want["ip"] = "request", "POST", "id", "192.0.2.1"
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: logged (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff([]string{c.observed}, w.observed); diff != "" {
			t.Errorf("%s: observed (-want +got):\n%s", name, diff)
		}
	}
}

func TestOperationsRunInTheContextThatTheyAreGiven(t *testing.T) {
	t.Parallel()
	type key struct{}
	w := newWorld()
	w.Started = func(ctx context.Context) (context.Context, func() []slog.Attr) {
		n := new(int)
		return context.WithValue(ctx, key{}, n), func() []slog.Attr { return []slog.Attr{slog.Int("asked", *n)} }
	}
	sent := serve.Open(request(t.Context()), "id")
	ctx := w.Begin(sent)
	if got := caller.From(ctx); got.RequestID != "id" || got.IP != "192.0.2.1" {
		t.Errorf("the caller is %+v", got)
	}
	*ctx.Value(key{}).(*int) = 7
	w.Record(sent, serve.Outcome{Status: 200})
	if got := w.logged(t)["asked"]; got != 7.0 {
		t.Errorf("logged %v", got)
	}
}

func TestAPanicIsAFailureWithAStack(t *testing.T) {
	t.Parallel()
	w := newWorld()
	sent := serve.Open(request(t.Context()), "id")
	err := sent.Catch(func() error { panic("a bug") })
	if err == nil || err.Error() != "panic: a bug" {
		t.Errorf("got %v", err)
	}
	w.Record(sent, serve.Outcome{Status: 500, Failure: err})
	line := w.logged(t)
	if stack, _ := line["stack"].(string); line["error"] != "panic: a bug" || !strings.Contains(stack, "serve_test.go") {
		t.Errorf("logged %v", line)
	}

	refused := errors.New("refused")
	if got := sent.Catch(func() error { return refused }); got != refused {
		t.Errorf("got %v, want what was answered", got)
	}
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("got %v: who cuts a connection off means to", got)
		}
	}()
	_ = sent.Catch(func() error { panic(http.ErrAbortHandler) })
}

func TestHandlersThatDoNotCatchPanicsAnswerThem(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	broken := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug") })
	w := httptest.NewRecorder()
	serve.Catch(broken, slog.New(slog.NewTextHandler(&log, nil))).ServeHTTP(w, request(t.Context()))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "bug") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "a bug") || !strings.Contains(log.String(), "serve_test.go") || strings.Contains(log.String(), "code=") {
		t.Errorf("logged %s", log.String())
	}
}
