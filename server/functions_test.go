package server

import (
	"net/http/httptest"
	"strings"
	"testing"

	"cardea/outbound/trigger"
	"cardea/outbound/trigger/triggertest"
	"cardea/platform/config"
	"cardea/platform/function/functiontest"
	"cardea/platform/telemetry"
)

func TestConfiguredFunctionsAreInvoked(t *testing.T) {
	t.Parallel()
	f := triggertest.New(t)
	lambda := config.Function{Lambda: f.URL, AccessKeyID: triggertest.KeyID, SecretAccessKey: triggertest.SecretKey}
	c := Config{
		Outgoing:         config.Outgoing{Allow: []string{"127.0.0.1"}, PlainHTTP: true},
		Functions:        []config.Function{{Name: "hook", Webhook: f.URL + "/hook", WebhookSecret: "the next", WebhookFormerSecret: triggertest.HookKey}},
		FunctionsDefault: &lambda,
	}
	metrics := telemetry.New("v1")
	all, err := newFunctions(c, metrics)
	if err != nil {
		t.Fatal(err)
	}
	for name, header := range map[string]string{"hook": "Cardea-Signature", "other": "Authorization"} {
		if _, err := all.Invoke(t.Context(), trigger.Ask{ARN: triggertest.ARN(name), Trigger: "PreSignUp", Event: []byte("{}")}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		calls := f.Calls()
		if last := calls[len(calls)-1]; last.Header.Get(header) == "" {
			t.Errorf("%s: called with %v", name, last.Header)
		}
	}
	if len(f.Calls()) != 2 {
		t.Errorf("%d calls", len(f.Calls()))
	}

	c.Outgoing.Allow = nil
	if all, err = newFunctions(c, telemetry.New("v1")); err != nil {
		t.Fatal(err)
	}
	if _, err := all.Invoke(t.Context(), trigger.Ask{ARN: triggertest.ARN("hook")}); err == nil || !strings.Contains(err.Error(), "not allowed") || len(f.Calls()) != 2 {
		t.Errorf("a private address that is not allowed: %v", err)
	}
}

func TestServersRefuseFunctionsThatTheyCannotInvoke(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]Config{
		"f is configured twice": {Functions: []config.Function{{Name: "f", Lambda: "https://x"}, {Name: "f", Lambda: "https://y"}}},
		"function f: ":          {Functions: []config.Function{{Name: "f", Local: "f.py:handler"}}},
		"function default: ":    {FunctionsDefault: &config.Function{Local: "f.py:handler"}},
		"outgoing.allow":        {Outgoing: config.Outgoing{Allow: []string{"a b"}}},
	} {
		if _, err := newFunctions(c, telemetry.New("v1")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestMetricsShowTheProcessesOfLocalFunctions(t *testing.T) {
	t.Parallel()
	metrics := telemetry.New("v1")
	all, err := newFunctions(Config{Functions: []config.Function{
		{Name: "claims", Local: functiontest.File(t, "claims.py", "def handler(event, context): return event") + ":handler"},
	}}, metrics)
	if err != nil {
		t.Fatal(err)
	}
	defer all.close()
	if _, err := all.Invoke(t.Context(), trigger.Ask{ARN: triggertest.ARN("claims"), Event: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	metrics.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{`cardea_function_starts_total{function="claims"} 1`, `cardea_function_waiting{function="claims"} 0`} {
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}
