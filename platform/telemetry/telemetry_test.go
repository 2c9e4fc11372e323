package telemetry_test

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cardea/platform/telemetry"
)

func TestMetricsShowEveryKindOfEvent(t *testing.T) {
	t.Parallel()
	m := telemetry.New("v1")
	m.Operation("cognito-idp", "SignUp", "", time.Millisecond)
	m.Operation("", "", "UnknownOperationException", time.Millisecond)
	m.Message("smtp", "refused", time.Second)
	m.Transaction("write", time.Millisecond, 2)
	m.Job("prune", time.Second, nil)
	m.Signature("RS256", time.Millisecond)
	m.Trigger(telemetry.Trigger{Name: "PreSignUp", Transport: "lambda", Outcome: "throttled", Tries: 3, Took: time.Second})
	m.Trigger(telemetry.Trigger{Name: "PreSignUp", Outcome: "unresolved"})
	m.Functions(func() []telemetry.Function {
		return []telemetry.Function{{Name: "claims:prod", Idle: 2, Busy: 1, Waiting: 3, Starts: 5}}
	})
	m.Gauge("seats", "Seats.", func() float64 { return 7 })

	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))

	for _, want := range []string{
		`cardea_operations_total{code="OK",operation="SignUp",service="cognito-idp"} 1`,
		`cardea_operations_total{code="UnknownOperationException",operation="unknown",service="unknown"} 1`,
		`cardea_operations_duration_seconds_count{operation="SignUp",service="cognito-idp"} 1`,
		`cardea_messages_total{class="refused",transport="smtp"} 1`,
		`cardea_transactions_total{kind="write"} 1`,
		`cardea_transaction_retries_total{kind="write"} 2`,
		`cardea_jobs_total{job="prune",outcome="ok"} 1`,
		`cardea_job_last_success_timestamp_seconds{job="prune"}`,
		`cardea_signatures_total{algorithm="RS256"} 1`,
		`cardea_triggers_total{outcome="throttled",transport="lambda",trigger="PreSignUp"} 1`,
		`cardea_triggers_total{outcome="unresolved",transport="none",trigger="PreSignUp"} 1`,
		`cardea_triggers_duration_seconds_count{transport="lambda",trigger="PreSignUp"} 1`,
		`cardea_trigger_retries_total{transport="lambda",trigger="PreSignUp"} 2`,
		`cardea_function_processes{function="claims:prod",state="busy"} 1`,
		`cardea_function_processes{function="claims:prod",state="idle"} 2`,
		`cardea_function_processes{function="claims:prod",state="starting"} 0`,
		`cardea_function_waiting{function="claims:prod"} 3`,
		`cardea_function_starts_total{function="claims:prod"} 5`,
		`cardea_build_info{version="v1"} 1`,
		`cardea_seats 7`,
		`go_goroutines`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

func TestLoggerWritesAboveItsLevel(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	log, err := telemetry.Logger(&out, "warn", "json")
	if err != nil {
		t.Fatal(err)
	}
	log.Info("quiet")
	log.Warn("loud", "n", 1)
	if got := out.String(); strings.Contains(got, "quiet") || !strings.Contains(got, `"msg":"loud","n":1`) {
		t.Errorf("got %s", got)
	}
	if _, err := telemetry.Logger(&out, "chatty", "json"); err == nil {
		t.Error("an unknown level: got no error")
	}
	if _, err := telemetry.Logger(&out, "info", "xml"); err == nil {
		t.Error("an unknown format: got no error")
	}
}

func TestDurationsInLogsHaveTheirUnit(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"json": `"since_ms":1.5,"duration_ms":12.346,"at":{"pause_ms":2000},"n":7}`,
		"text": `since_ms=1.5 duration_ms=12.346 at.pause_ms=2000 n=7`,
	} {
		var out strings.Builder
		log, err := telemetry.Logger(&out, "info", format)
		if err != nil {
			t.Fatal(err)
		}
		log.With("since", 1500*time.Microsecond).Info("done", "duration", 12_345_678*time.Nanosecond, slog.Group("at", "pause", 2*time.Second), "n", 7)
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s: got %s, want %s in it", format, out.String(), want)
		}
	}
}
