package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/config"
)

const someFunctions = minimal + `
[[functions]]
name = "claims"
local = "./claims.py:handler"
timeout = "3s"
env = {TOKEN = "env secret"}
[[functions]]
arn = "arn:aws:lambda:us-east-1:123456789012:function:migrate:prod"
webhook = "https://hooks.example.com/migrate"
webhook_secret = "hook secret"
[functions_default]
lambda = "https://lambda.{region}.amazonaws.com"
access_key_id = "AKID"
secret_access_key = "key secret"
`

func TestFunctionsAreRead(t *testing.T) {
	t.Parallel()
	c, err := load(t, someFunctions)
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Function{
		{Name: "claims", Local: "./claims.py:handler", Timeout: config.Duration(3 * time.Second), Env: map[string]config.Secret{"TOKEN": "env secret"}},
		{ARN: "arn:aws:lambda:us-east-1:123456789012:function:migrate:prod", Webhook: "https://hooks.example.com/migrate", WebhookSecret: "hook secret"},
	}
	if diff := cmp.Diff(want, c.Functions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c.FunctionsDefault == nil || c.FunctionsDefault.SecretAccessKey.Reveal() != "key secret" {
		t.Errorf("the default is %+v", c.FunctionsDefault)
	}
}

func TestSecretsOfFunctionsAreMasked(t *testing.T) {
	t.Parallel()
	c, err := load(t, someFunctions)
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Show()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, " secret") || strings.Count(text, "********") != 3 || !strings.Contains(text, "./claims.py:handler") {
		t.Errorf("got %s", text)
	}
	if c.Functions[1].WebhookSecret != "hook secret" || c.Functions[0].Env["TOKEN"] != "env secret" || c.FunctionsDefault.SecretAccessKey != "key secret" {
		t.Error("showing the settings has changed them")
	}
}

func TestWrongFunctionsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{`local = "f.py:h"`, "functions[0]: give either name or arn"},
		{"name = \"f\"\narn = \"arn:aws:lambda:us-east-1:123456789012:function:f\"\nlocal = \"f\"", "give either name or arn"},
		{"name = \"f g\"\nlocal = \"f\"", `"f g" is not a function's name`},
		{"arn = \"arn:aws:lambda:us-east-1:1:function:f\"\nlocal = \"f\"", "is not the ARN of a Lambda function"},
		{"arn = \"arn:aws:lambda:us-east-1:123456789012:layer:f\"\nlocal = \"f\"", "is not the ARN of a Lambda function"},
		{"name = \"f\"\nlocal = \"f\"\n[[functions]]\nname = \"f\"\nlocal = \"g\"", "functions[1]: f is configured twice"},
		{`name = "f"`, "give one of lambda, webhook and local"},
		{"name = \"f\"\nlocal = \"f\"\nwebhook = \"https://x\"", "give one of lambda, webhook and local"},
		{"name = \"f\"\nlocal = \"f\"\ntimeout = \"6s\"", "timeout: 6s is not between 0s and 5s"},
		{"name = \"f\"\nlocal = \"f\"\ntimeout = \"-1s\"", "timeout: -1s"},
		{"name = \"f\"\nlocal = \"f\"\nprofile = \"x\"", "go with lambda"},
		{"name = \"f\"\nlocal = \"f\"\nwebhook_secret = \"x\"", "go with webhook"},
		{"name = \"f\"\nlambda = \"https://x\"\nkeep = 1", "go with local"},
		{"name = \"f\"\nlambda = \"https://x\"\nenv = {A = \"b\"}", "go with local"},
		{"name = \"f\"\nlambda = \"https://x\"\naccess_key_id = \"b\"", "go together"},
		{"name = \"f\"\nlambda = \"https://x\"\naccess_key_id = \"b\"\nsecret_access_key = \"c\"\nprofile = \"d\"", "either keys or a profile"},
		{"name = \"f\"\nlambda = \"lambda.us-east-1.amazonaws.com\"", "lambda: not an http or https address"},
		{"name = \"f\"\nlambda = \"http://localhost:9001\"", "outgoing.plain_http"},
		{"name = \"f\"\nwebhook = \"https://x\"", "webhook_secret is required"},
		{"name = \"f\"\nwebhook = \"ftp://x\"\nwebhook_secret = \"s\"", "webhook: not an http"},
		{"name = \"f\"\nlocal = \"f\"\nconcurrency = 65", "concurrency is 1 to 64"},
		{"name = \"f\"\nlocal = \"f\"\n[functions_default]\nname = \"g\"\nlocal = \"g\"", "functions_default: it stands for all"},
		{"name = \"f\"\nlocal = \"f\"\n[functions_default]", "functions_default: give one of"},
		{"name = \"f\"\nlocal = \"f\"\nmemory = 1", "functions.memory: unknown setting"},
	} {
		if _, err := load(t, minimal+"[[functions]]\n"+c.text+"\n"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.text, err, c.want)
		}
	}
	if _, err := load(t, minimal, "CARDEA_FUNCTIONS=f"); err == nil || !strings.Contains(err.Error(), "CARDEA_FUNCTIONS can be set in a file only") {
		t.Errorf("by environment: got %v", err)
	}
	if _, err := load(t, minimal+"[outgoing]\nplain_http = true\n[[functions]]\nname = \"f\"\nlambda = \"http://localhost:9001\"\n"); err != nil {
		t.Errorf("plain HTTP that is allowed: %v", err)
	}
}

func TestFlagsNameLocalFunctions(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]config.Function{
		"claims=path/file.py:handler": {Name: "claims", Local: "path/file.py:handler"},
		"claims:prod=./bootstrap":     {Name: "claims:prod", Local: "./bootstrap"},
		"f=a=b":                       {Name: "f", Local: "a=b"},
		"arn:aws:lambda:us-east-1:123456789012:function:f:1=f.mjs:h": {ARN: "arn:aws:lambda:us-east-1:123456789012:function:f:1", Local: "f.mjs:h"},
	} {
		got, err := config.ParseFunction(flag)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", flag, err, diff)
		}
	}
	for _, flag := range []string{"", "claims", "claims=", "=f", "a b=f", "arn:x=f"} {
		if got, err := config.ParseFunction(flag); err == nil {
			t.Errorf("%q was read as %+v", flag, got)
		}
	}
}

func TestFlagsWinOverTheFile(t *testing.T) {
	t.Parallel()
	file := []config.Function{{Name: "a", Lambda: "https://x"}, {Name: "b", Lambda: "https://x"}}
	got := config.OverrideFunctions(file, []config.Function{{Name: "a", Local: "a.py:h"}, {Name: "c", Local: "c"}})
	want := []config.Function{{Name: "b", Lambda: "https://x"}, {Name: "a", Local: "a.py:h"}, {Name: "c", Local: "c"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
