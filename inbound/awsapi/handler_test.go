package awsapi

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"cardea/platform/caller"
	"cardea/spec/awsjson"
)

func TestAnswersAreRendered(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string]string{"Echo": `{"Text":"<pässwörd>"}`, "Empty": `{}`, "Command": ``} {
		got := newWorld().ask(operation, `{"Password":"pässwörd"}`, nil)
		if got.Code != 200 || got.Body.String() != want || got.Header().Get("Content-Type") != "application/x-amz-json-1.1" {
			t.Errorf("%s: got %d %q as %q, want %q", operation, got.Code, got.Body.String(), got.Header().Get("Content-Type"), want)
		}
	}
}

func TestEveryAnswerHasARequestIDAndCORSHeaders(t *testing.T) {
	t.Parallel()
	uuid := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	w := newWorld()
	for name, got := range map[string]*httptest.ResponseRecorder{
		"success":   w.ask("Echo", "{}", nil),
		"fault":     w.ask("Refuse", "{}", nil),
		"failure":   w.ask("Fail", "{}", nil),
		"unknown":   w.ask("Nothing", "{}", nil),
		"method":    w.ask("Echo", "{}", func(r *http.Request) { r.Method = http.MethodGet }),
		"preflight": w.ask("Echo", "", func(r *http.Request) { r.Method = http.MethodOptions }),
	} {
		if id := got.Header().Get("x-amzn-RequestId"); !uuid.MatchString(id) {
			t.Errorf("%s: request id %q", name, id)
		}
		if got.Header().Get("Access-Control-Allow-Origin") != "*" ||
			got.Header().Get("Access-Control-Expose-Headers") != "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date" {
			t.Errorf("%s: headers %v", name, got.Header())
		}
	}
}

func TestPreflightAllowsWhatSDKsSend(t *testing.T) {
	t.Parallel()
	preflight := func(asked string) http.Header {
		return newWorld().ask("", "", func(r *http.Request) {
			r.Method = http.MethodOptions
			r.Header.Set("Access-Control-Request-Headers", asked)
		}).Header()
	}
	got := preflight("")
	for _, name := range strings.Fields("content-type x-amz-target x-amz-user-agent amz-sdk-invocation-id amz-sdk-request cache-control " +
		"authorization x-amz-date x-amz-security-token x-amz-content-sha256") {
		if !strings.Contains(","+got.Get("Access-Control-Allow-Headers")+",", ","+name+",") {
			t.Errorf("%s is not allowed", name)
		}
	}
	if got.Get("Access-Control-Allow-Methods") != "POST" || got.Get("Access-Control-Max-Age") != "172800" {
		t.Errorf("got %v", got)
	}
	if got := preflight("x-something-new"); got.Get("Access-Control-Allow-Headers") != "x-something-new" {
		t.Errorf("got %v", got)
	}
	if got := preflight("x: y<script>"); got.Get("Access-Control-Allow-Headers") != allowedHeaders {
		t.Errorf("got %v", got)
	}
}

func TestRequestsThatNameNoOperationAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(r *http.Request){
		"no target":         func(r *http.Request) { r.Header.Del("X-Amz-Target") },
		"no dot":            func(r *http.Request) { r.Header.Set("X-Amz-Target", "Echo") },
		"other service":     func(r *http.Request) { r.Header.Set("X-Amz-Target", "Other.Echo") },
		"other case":        func(r *http.Request) { r.Header.Set("X-Amz-Target", "Test.echo") },
		"unknown operation": func(r *http.Request) { r.Header.Set("X-Amz-Target", "Test.Nothing") },
		"content type":      func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"no content type":   func(r *http.Request) { r.Header.Del("Content-Type") },
	} {
		w := newWorld()
		refused(t, w.ask("Echo", "{}", change), 400, "UnknownOperationException")
		if w.observed[0] != " UnknownOperationException" {
			t.Errorf("%s: observed %q: what clients send must not become a label", name, w.observed)
		}
	}
	got := newWorld().ask("Echo", "{}", func(r *http.Request) { r.Method = http.MethodGet })
	refused(t, got, 405, "UnknownOperationException")
}

func TestContentTypesOfOldClientsAreSpoken(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"application/x-amz-json-1.1; charset=utf-8", "application/x-amz-json-1.0", "application/json"} {
		got := newWorld().ask("Empty", "{}", func(r *http.Request) { r.Header.Set("Content-Type", contentType) })
		if got.Code != 200 {
			t.Errorf("%s: got %d %s", contentType, got.Code, got.Body)
		}
	}
}

func TestFaultsAreRendered(t *testing.T) {
	t.Parallel()
	w := newWorld()
	got := w.ask("Refuse", "{}", nil)
	refused(t, got, 400, "CodeMismatchException")
	if want := `{"__type":"CodeMismatchException","message":"Invalid code.\r\nX-Injected: ü"}`; got.Body.String() != want {
		t.Errorf("got %s, want %s", got.Body, want)
	}
	if got.Header().Get("x-amzn-ErrorMessage") != "Invalid code.  X-Injected: ?" {
		t.Errorf("got %q", got.Header().Get("x-amzn-ErrorMessage"))
	}
	if w.observed[0] != "test:Refuse CodeMismatchException" {
		t.Errorf("observed %q", w.observed)
	}
	if got, want := w.ask("Reason", "{}", nil).Body.String(), `{"__type":"InvalidParameterException","message":"m","reasonCode":"why"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	refused(t, w.ask("Echo", `{"Password":"short"}`, nil), 400, "InvalidParameterException")
	refused(t, w.ask("Echo", `{"Password":12345678}`, nil), 400, "SerializationException")
	refused(t, w.ask("Echo", `{"Password":`, nil), 400, "SerializationException")
	refused(t, w.ask("Unbuilt", `{}`, func(r *http.Request) { r.Header.Set("Authorization", scope) }), 400, "NotImplementedException")
}

func TestFailuresAreHiddenAndLoggedOnce(t *testing.T) {
	t.Parallel()
	for operation, cause := range map[string]string{"Fail": "the disk with the secrets is full", "Panic": "panic: a bug"} {
		w := newWorld()
		got := w.ask(operation, "{}", nil)
		refused(t, got, 500, "InternalErrorException")
		if strings.Contains(got.Body.String()+got.Header().Get("x-amzn-ErrorMessage"), "secrets") {
			t.Errorf("%s: the cause is shown: %s", operation, got.Body)
		}
		line := w.logged(t)
		if line["error"] != cause || line["level"] != "ERROR" || line["request_id"] != got.Header().Get("x-amzn-RequestId") {
			t.Errorf("%s: logged %v", operation, line)
		}
		if _, ok := line["stack"]; ok != (operation == "Panic") {
			t.Errorf("%s: logged %v", operation, line)
		}
		if n := strings.Count(w.log.String(), "\n"); n != 1 {
			t.Errorf("%s: %d lines", operation, n)
		}
	}
}

func TestTheLogHasOneWideLineWithoutSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.ask("Echo", `{"UserPoolId":"eu-west-3_AbC123xyz","ClientId":"1example23456789abcdefghij","Password":"hunter2hunter2"}`, nil)
	line := w.logged(t)
	for key, want := range map[string]any{
		"msg": "request", "level": "INFO", "service": "test", "operation": "Echo", "status": 200.0, "pool": "eu-west-3_AbC123xyz",
		"client": "1example23456789abcdefghij", "ip": "192.0.2.1",
	} {
		if line[key] != want {
			t.Errorf("%s: got %v, want %v", key, line[key], want)
		}
	}
	if line["duration_ms"] == nil || strings.Contains(w.log.String(), "hunter2") {
		t.Errorf("logged %s", w.log.String())
	}
	w.ask("Echo", `{"ClientId":"my password by mistake"}`, nil)
	if strings.Contains(w.log.String(), "mistake") {
		t.Errorf("what is no client id is logged as one: %s", w.log.String())
	}
}

func TestOperationsRunInTheContextOfTheirBeginning(t *testing.T) {
	t.Parallel()
	type key struct{}
	w := newWorld()
	w.Started = func(ctx context.Context) (context.Context, func() []slog.Attr) {
		if caller.From(ctx).RequestID == "" {
			t.Error("the caller is not known yet")
		}
		n := new(int)
		return context.WithValue(ctx, key{}, n), func() []slog.Attr { return []slog.Attr{slog.Int("counted", *n)} }
	}
	w.Services[0].Operations["Count"] = awsjson.Operation{
		Name: "Count", Input: &request,
		Invoke: awsjson.Command(&request, func(ctx context.Context, _ *input) error {
			*ctx.Value(key{}).(*int) = 7
			return nil
		}),
	}
	w.ask("Count", "{}", nil)
	if got := w.logged(t)["counted"]; got != 7.0 {
		t.Errorf("logged %v", got)
	}
	w.log.Reset()
	w.ask("Nothing", "{}", nil)
	if got, began := w.logged(t)["counted"]; began {
		t.Errorf("no operation: logged %v", got)
	}
}

func TestStrictHandlersFailOnUnlistedFaults(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.Strict = func(operation string, fault *awsjson.Fault) {
		w.unlisted = append(w.unlisted, operation+" "+fault.Code)
	}
	refused(t, w.ask("Unlisted", "{}", nil), 500, "InternalErrorException")
	refused(t, w.ask("Refuse", "{}", nil), 400, "CodeMismatchException")
	refused(t, w.ask("Reason", "{}", nil), 400, "InvalidParameterException")
	if len(w.unlisted) != 1 || w.unlisted[0] != "Unlisted GroupExistsException" {
		t.Errorf("reported %q", w.unlisted)
	}
	refused(t, newWorld().ask("Unlisted", "{}", nil), 400, "GroupExistsException")
}

func TestBodiesHaveALimit(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.Limits = Limits{Unsigned: 100, Operations: map[string]int64{"Empty": 200}}
	body := `{"Unknown":"` + strings.Repeat("x", 100) + `"}`
	refused(t, w.ask("Echo", body, nil), 413, "RequestEntityTooLargeException")
	refused(t, w.ask("Echo", body, func(r *http.Request) { r.ContentLength = -1 }), 413, "RequestEntityTooLargeException")
	if got := w.ask("Empty", body, nil); got.Code != 200 {
		t.Errorf("an operation with a limit of its own: got %d %s", got.Code, got.Body)
	}
	if got := w.ask("Echo", `{"Unknown":"`+strings.Repeat("x", 86)+`"}`, nil); got.Code != 200 {
		t.Errorf("a body of just the limit: got %d %s", got.Code, got.Body)
	}
	for operation, limit := range map[string]int64{"Echo": 256 << 10, "Admin": 1 << 20} {
		got := newWorld().ask(operation, "", func(r *http.Request) { r.ContentLength, r.Body = limit+1, unreadable{t} })
		refused(t, got, 413, "RequestEntityTooLargeException")
	}
	admin := w.ask("Admin", body, func(r *http.Request) { r.Header.Set("Authorization", scope) })
	if admin.Code != 200 {
		t.Errorf("a signed operation: got %d %s", admin.Code, admin.Body)
	}
}

// unreadable is a body that must not be read.
type unreadable struct{ t *testing.T }

func (u unreadable) Read([]byte) (int, error) {
	u.t.Error("a body that says it is too large was read")
	return 0, io.EOF
}

func (u unreadable) Close() error { return nil }

func TestClientsThatLeaveAreNoFailures(t *testing.T) {
	t.Parallel()
	w := newWorld()
	ctx, cancel := context.WithCancel(context.Background())
	w.add("Wait", false, func(*input) (*output, error) {
		cancel()
		return nil, errors.Join(errors.New("read"), ctx.Err())
	})
	w.ask("Wait", "{}", func(r *http.Request) { *r = *r.WithContext(ctx) })
	if line := w.logged(t); line["status"] != 499.0 || line["level"] != "INFO" || line["error"] != nil {
		t.Errorf("logged %v", line)
	}
}
