package config

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTracingIsCheckedAndItsSecretsMasked(t *testing.T) {
	t.Parallel()
	const key = "CARDEA_MASTER_KEY=BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
	base := []string{key, "CARDEA_PUBLIC_URL=https://auth.example.com"}
	c, err := Load("", append(base, "CARDEA_TRACING_ENDPOINT=http://localhost:4318/v1/traces", "CARDEA_TRACING_RATIO=0.25",
		"CARDEA_TRACING_HEADERS=Authorization: Bearer hunter2, X-Tenant:t", "CARDEA_TRACING_INCOMING=true", "CARDEA_TRUSTED_PROXIES=10.0.0.0/8",
		"CARDEA_TRACING_PROPAGATE=hooks.internal"))
	if err != nil {
		t.Fatal(err)
	}
	want := http.Header{"Authorization": {"Bearer hunter2"}, "X-Tenant": {"t"}}
	if diff := cmp.Diff(want, c.Tracing.Header()); diff != "" || c.Tracing.Ratio != 0.25 {
		t.Errorf("ratio %v, headers (-want +got):\n%s", c.Tracing.Ratio, diff)
	}
	shown, err := c.Show()
	if err != nil || strings.Contains(shown, "hunter2") || !strings.Contains(shown, "v1/traces") {
		t.Errorf("shown %v: %s", err, shown)
	}
	if c.Tracing.Headers[0].Reveal() != "Authorization: Bearer hunter2" {
		t.Error("showing the settings has changed them")
	}

	for setting, want := range map[string]string{
		"CARDEA_TRACING_ENDPOINT=localhost:4318":        "tracing.endpoint",
		"CARDEA_TRACING_ENDPOINT=http://localhost:4318": "tracing.endpoint",
		"CARDEA_TRACING_RATIO=1.5":                      "tracing.ratio",
		"CARDEA_TRACING_HEADERS=Bearer hunter2":         "tracing.headers",
		"CARDEA_TRACING_INCOMING=true":                  "tracing.incoming",
		"CARDEA_TRACING_PROPAGATE=https://x":            "tracing.propagate",
	} {
		_, err := Load("", append(base, setting))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want %s", setting, err, want)
		}
	}
}
