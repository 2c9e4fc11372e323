package trigger_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/outbound/trigger"
	"cardea/outbound/trigger/triggertest"
	"cardea/outbound/webhook"
	"cardea/platform/awscred"
)

const event = `{"version":"1","triggerSource":"PreSignUp_SignUp","request":{"userAttributes":{"email":"jane@example.com"}},"response":{}}`

// wires are the transports that go over the network.
var wires = map[string]func(*triggertest.Function) trigger.Function{
	"lambda":  func(f *triggertest.Function) trigger.Function { return f.Lambda() },
	"webhook": func(f *triggertest.Function) trigger.Function { return f.Webhook() },
}

// ask invokes the function as PreSignUp.
func ask(ctx context.Context, functions *trigger.Functions) ([]byte, error) {
	return functions.Invoke(ctx, trigger.Ask{ARN: triggertest.ARN("f") + ":prod", Trigger: "PreSignUp", Source: "PreSignUp_SignUp", Event: []byte(event)})
}

func newFunctions(t *testing.T, entry trigger.Entry) *trigger.Functions {
	t.Helper()
	functions, err := trigger.New(entry)
	if err != nil {
		t.Fatal(err)
	}
	return functions
}

func TestFunctionsAreInvokedOnTheWire(t *testing.T) {
	t.Parallel()
	for name, wire := range wires {
		f := triggertest.New(t)
		f.Script(triggertest.Answer{Response: map[string]bool{"autoConfirmUser": true}})
		functions := newFunctions(t, trigger.Entry{Function: wire(f), Transport: name})
		var seen trigger.Observation
		functions.Observe = func(o trigger.Observation) { seen = o }
		reply, err := ask(t.Context(), functions)
		if err != nil || !bytes.Contains(reply, []byte(`"autoConfirmUser":true`)) {
			t.Errorf("%s: got %s, %v", name, reply, err)
		}
		calls := f.Calls()
		if len(calls) != 1 || string(calls[0].Event) != event || calls[0].Function != triggertest.ARN("f")+":prod" || calls[0].Async {
			t.Errorf("%s: the function got %+v", name, calls)
		}
		if seen.Trigger != "PreSignUp" || seen.Transport != name || seen.Outcome != "ok" || seen.Tries != 1 || seen.Took <= 0 {
			t.Errorf("%s: observed %+v", name, seen)
		}
	}
}

func TestWebhookCallsSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	f := triggertest.New(t)
	f.Script(triggertest.Answer{Status: 503}, triggertest.Answer{})
	hook := f.Webhook()
	hook.Secrets = [][]byte{[]byte("the next secret"), []byte(triggertest.HookKey)}
	if _, err := ask(t.Context(), newFunctions(t, trigger.Entry{Function: hook})); err != nil {
		t.Fatal(err)
	}
	calls := f.Calls()
	if len(calls) != 2 {
		t.Fatalf("%d calls", len(calls))
	}
	for i, want := range []map[string]string{
		{"Cardea-Attempt": "1", "Cardea-Version": "1", trigger.TriggerHeader: "PreSignUp", trigger.SourceHeader: "PreSignUp_SignUp", "Cardea-Key-Id": webhook.KeyID([]byte("the next secret")) + "," + webhook.KeyID([]byte(triggertest.HookKey))},
		{"Cardea-Attempt": "2", trigger.FunctionHeader: triggertest.ARN("f") + ":prod", "Cardea-Delivery": calls[0].Header.Get("Cardea-Delivery")},
	} {
		for header, value := range want {
			if got := calls[i].Header.Get(header); got != value || got == "" {
				t.Errorf("call %d: %s is %q, want %q", i, header, got, value)
			}
		}
		if n := strings.Count(calls[i].Header.Get("Cardea-Signature"), "v1="); n != 2 {
			t.Errorf("call %d: %d signatures", i, n)
		}
	}
}

// failures are what functions and services answer, and what becomes of it on each wire.
var failures = []struct {
	name    string
	answer  triggertest.Answer
	only    string // the wire; empty: both
	outcome string
	text    string // what the caller is told
	calls   int
}{
	{"an exception", triggertest.Answer{Raise: "No.", Type: "Error"}, "", "refused", "No.", 1},
	{"an exception without a message", triggertest.Answer{Type: "ValueError"}, "", "refused", "ValueError", 1},
	{"a long exception", triggertest.Answer{Raise: strings.Repeat("x", 10_000)}, "", "refused", strings.Repeat("x", 4096), 1},
	{"a timeout of the function", triggertest.Answer{Raise: "2026-01-01T00:00:00.000Z 5f0b Task timed out after 3.00 seconds"}, "", "timeout", "2026-01-01T00:00:00.000Z 5f0b Task timed out after 3.00 seconds", 3},
	{"a crash", triggertest.Answer{Raise: "RequestId: 1 Error: Runtime exited with error: exit status 1", Type: "Runtime.ExitError"}, "lambda", "crashed", "RequestId: 1 Error: Runtime exited with error: exit status 1", 1},
	{"throttling", triggertest.Answer{Status: 429, Code: "TooManyRequestsException"}, "", "throttled", "TooManyRequestsException", 3},
	{"unavailable", triggertest.Answer{Status: 503}, "webhook", "throttled", "TooManyRequestsException", 3},
	{"unavailable", triggertest.Answer{Status: 503, Code: "ServiceException"}, "lambda", "broken", "ServiceException", 1},
	{"a request timeout", triggertest.Answer{Status: 408}, "webhook", "unreachable", "ServiceException", 3},
	{"no permission", triggertest.Answer{Status: 403, Code: "AccessDeniedException:http://internal.amazon.com/coral/"}, "", "denied", "AccessDeniedException", 1},
	{"no function", triggertest.Answer{Status: 404, Code: "ResourceNotFoundException"}, "", "missing", "ResourceNotFoundException", 1},
	{"a KMS failure", triggertest.Answer{Status: 502, Code: "KMSAccessDeniedException"}, "lambda", "broken", "KMSAccessDeniedException", 1},
	{"a strange code", triggertest.Answer{Status: 502, Code: "<b>Exception"}, "lambda", "broken", "ServiceException", 1},
	{"too large", triggertest.Answer{Status: 413}, "", "too_large", "RequestTooLargeException", 1},
	{"an error", triggertest.Answer{Status: 500}, "", "broken", "ServiceException", 1},
	{"a redirect", triggertest.Answer{Status: 302}, "webhook", "broken", "ServiceException", 1},
	{"another success", triggertest.Answer{Status: 201}, "webhook", "broken", "ServiceException", 1},
	{"no JSON", triggertest.Answer{NotJSON: true}, "webhook", "broken", "ServiceException", 1},
	{"a refusal that is no JSON", triggertest.Answer{Raise: "No.", NotJSON: true}, "webhook", "broken", "ServiceException", 1},
	{"a broken connection", triggertest.Answer{Reset: true}, "", "unreachable", "ServiceException", 3},
	{"too long a reply", triggertest.Answer{Raw: bytes.Repeat([]byte(" "), 1<<20+1)}, "", "invalid", "", 1},
}

func TestFailuresAreToldApart(t *testing.T) {
	t.Parallel()
	for name, wire := range wires {
		for _, c := range failures {
			if c.only != "" && c.only != name {
				continue
			}
			t.Run(name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				f := triggertest.New(t)
				f.Script(c.answer)
				functions := newFunctions(t, trigger.Entry{Function: wire(f)})
				var seen trigger.Observation
				functions.Observe = func(o trigger.Observation) { seen = o }
				reply, err := ask(t.Context(), functions)
				if err == nil || reply != nil || seen.Outcome != c.outcome || seen.Tries != c.calls {
					t.Errorf("got %.40s, %v, observed %+v, want %s after %d tries", reply, err, seen, c.outcome, c.calls)
				}
				if got := told(err); got != c.text {
					t.Errorf("the caller is told %q, want %q", got, c.text)
				}
				if got := len(f.Calls()); got != c.calls && !(c.answer.Reset && got >= c.calls) { // net/http may repeat one by itself
					t.Errorf("%d calls, want %d", got, c.calls)
				}
			})
		}
	}
}

// told is what a caller may know of an error.
func told(err error) string {
	if refused, ok := errors.AsType[*trigger.Refused](err); ok {
		return refused.Message
	}
	if failed, ok := errors.AsType[*trigger.Failed](err); ok {
		return failed.Text
	}
	return ""
}

func TestThrottledFunctionsAreTriedAgain(t *testing.T) {
	t.Parallel()
	for name, wire := range wires {
		f := triggertest.New(t)
		f.Script(triggertest.Answer{Status: 429}, triggertest.Answer{Reset: true}, triggertest.Answer{})
		if reply, err := ask(t.Context(), newFunctions(t, trigger.Entry{Function: wire(f)})); err != nil || string(reply) != event {
			t.Errorf("%s: got %s, %v", name, reply, err)
		}
	}
}

func TestSlowFunctionsTimeOut(t *testing.T) {
	t.Parallel()
	for name, wire := range wires {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := triggertest.New(t)
			f.Script(triggertest.Answer{Delay: 700 * time.Millisecond}, triggertest.Answer{})
			functions := newFunctions(t, trigger.Entry{Function: wire(f), Timeout: 50 * time.Millisecond})
			if reply, err := ask(t.Context(), functions); err != nil || string(reply) != event {
				t.Errorf("the second try: got %s, %v", reply, err)
			}

			f.Script(triggertest.Answer{Delay: 700 * time.Millisecond})
			_, err := ask(t.Context(), functions)
			if failed, ok := errors.AsType[*trigger.Failed](err); !ok || failed.Kind != trigger.Timeout || !strings.HasSuffix(failed.Text, " Task timed out after 0.05 seconds") {
				t.Errorf("three tries: got %v", err)
			}
		})
	}
}

func TestCallersThatGoAwayEndTheAsk(t *testing.T) {
	t.Parallel()
	f := triggertest.New(t)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	f.Handle(func(triggertest.Invocation) triggertest.Answer {
		leave()
		return triggertest.Answer{Delay: time.Second} // longer than the caller needs to notice
	})
	functions := newFunctions(t, trigger.Entry{Function: f.Webhook()})
	_, err := ask(ctx, functions)
	if _, failed := errors.AsType[*trigger.Failed](err); failed || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := len(f.Calls()); n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestEventsNobodyWaitsForAreHandedOver(t *testing.T) {
	t.Parallel()
	f := triggertest.New(t)
	functions := newFunctions(t, trigger.Entry{Function: f.Lambda()})
	if _, err := functions.Invoke(t.Context(), trigger.Ask{ARN: triggertest.ARN("f"), Event: []byte("{}"), Async: true}); err != nil {
		t.Fatal(err)
	}
	if calls := f.Calls(); len(calls) != 1 || !calls[0].Async || calls[0].Header.Get("X-Amz-Log-Type") != "" {
		t.Errorf("got %+v", calls)
	}

	f.Script(triggertest.Answer{Status: 202})
	functions = newFunctions(t, trigger.Entry{Function: f.Webhook()})
	if _, err := functions.Invoke(t.Context(), trigger.Ask{ARN: triggertest.ARN("f"), Event: []byte("{}"), Async: true}); err != nil {
		t.Error(err)
	}
}

func TestNothingOfEventAndReplyIsLogged(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var lines bytes.Buffer
	f := triggertest.New(t)
	f.Script(
		triggertest.Answer{Log: "START\x1b[31m\nhello from the function"},
		triggertest.Answer{Raise: "jane@example.com is unwanted"},
		triggertest.Answer{Raw: []byte("jane@example.com")},
	)
	functions := newFunctions(t, trigger.Entry{Function: f.Lambda()})
	functions.Log = slog.New(slog.NewJSONHandler(lockedWriter{&mu, &lines}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for range 3 {
		_, err := ask(t.Context(), functions)
		if err != nil && strings.Contains(err.Error(), "jane") {
			t.Errorf("the error tells %v", err)
		}
	}
	text := lines.String()
	if !strings.Contains(text, `"function":"f"`) || !strings.Contains(text, `START\u001b[31m\nhello from the function`) || strings.Contains(text, "jane") {
		t.Errorf("logged %s", text)
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

func TestLambdaNeedsCredentials(t *testing.T) {
	t.Parallel()
	f := triggertest.New(t)
	lambda := f.Lambda()
	lambda.Keys = awscred.Chain()
	_, err := ask(t.Context(), newFunctions(t, trigger.Entry{Function: lambda}))
	if failed, ok := errors.AsType[*trigger.Failed](err); !ok || failed.Kind != trigger.Denied || !errors.Is(err, awscred.ErrNone) || len(f.Calls()) != 0 {
		t.Errorf("got %v", err)
	}
}

func TestServicesWithoutARNsAreGivenAName(t *testing.T) {
	t.Parallel()
	f := triggertest.New(t)
	lambda := f.Lambda()
	lambda.Name = "function"
	if _, err := ask(t.Context(), newFunctions(t, trigger.Entry{Function: lambda})); err != nil || f.Calls()[0].Function != "function" {
		t.Errorf("got %v, %+v", err, f.Calls())
	}
}

func BenchmarkInvoke(b *testing.B) {
	for name, wire := range wires {
		b.Run(name, func(b *testing.B) {
			f := triggertest.New(b)
			functions, err := trigger.New(trigger.Entry{Function: wire(f)})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := ask(b.Context(), functions); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("nothing", func(b *testing.B) {
		functions, err := trigger.New(trigger.Entry{Function: named(event)})
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := ask(b.Context(), functions); err != nil {
				b.Fatal(err)
			}
		}
	})
}
