package function_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cardea/platform/function"
	"cardea/platform/function/functiontest"
)

func TestEnvironmentIsExactlyTheList(t *testing.T) {
	t.Setenv("CARDEA_MASTER_KEY", "secret")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	f := start(t, function.Config{Source: functiontest.Go(t), Region: "eu-central-1", MemoryMB: 256, Env: map[string]string{"TABLE": "tenants"}})
	var list []string
	if err := json.Unmarshal(invoke(t, f, `{"do":"environment"}`).Payload, &list); err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	patterns := []string{
		`AWS_DEFAULT_REGION=eu-central-1`, `AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256`, `AWS_LAMBDA_FUNCTION_NAME=test`, `AWS_LAMBDA_FUNCTION_VERSION=\$LATEST`,
		`AWS_LAMBDA_INITIALIZATION_TYPE=on-demand`, `AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/test`,
		`AWS_LAMBDA_LOG_STREAM_NAME=\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}`, `AWS_LAMBDA_RUNTIME_API=127\.0\.0\.1:\d+`, `AWS_REGION=eu-central-1`,
		`HOME=/.*`, `LAMBDA_RUNTIME_DIR=/.*`, `LAMBDA_TASK_ROOT=/.*`, `LANG=en_US\.UTF-8`, `PATH=/usr/local/bin:/usr/bin:/bin`, `TABLE=tenants`,
		`TMPDIR=/.*`, `TZ=:UTC`, `_HANDLER=bootstrap`, `_X_AMZN_TRACE_ID=Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0`,
	}
	if len(list) != len(patterns) {
		t.Fatalf("got %d variables, want %d:\n%s", len(list), len(patterns), strings.Join(list, "\n"))
	}
	for i, pattern := range patterns {
		if !regexp.MustCompile("^" + pattern + "$").MatchString(list[i]) {
			t.Errorf("got %s, want %s", list[i], pattern)
		}
	}
}
