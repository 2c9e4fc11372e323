package servertest

import (
	"testing"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/config"
	"cardea/platform/db/dbtest"
	"cardea/server"
)

// EachFunction is Each for a server on which every ARN invokes one scripted function, however often it fails.
func EachFunction(t *testing.T, body func(t *testing.T, w *World, f *triggertest.Function)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		f := triggertest.New(t)
		w := New(t, url, func(c *server.Config) {
			f.Now = c.Test.Now
			c.Outgoing = config.Outgoing{Allow: []string{"127.0.0.1"}, PlainHTTP: true}
			c.FunctionsDefault = &config.Function{Lambda: f.URL, AccessKeyID: triggertest.KeyID, SecretAccessKey: triggertest.SecretKey, NoBreaker: true}
		})
		body(t, w, f)
	})
}

// Triggers are the settings of a pool that has these triggers, as LambdaConfig names them.
func Triggers(names ...string) M {
	functions := M{}
	for _, name := range names {
		functions[name] = triggertest.ARN("f")
	}
	return M{"LambdaConfig": functions}
}

// Failure is one way in which a function keeps an operation from going on, and how that is answered.
type Failure struct {
	Name       string
	Answer     triggertest.Answer
	Code, Text string
}

// Failures are those of a trigger.
func Failures(trigger string) []Failure {
	return []Failure{
		{"refused", triggertest.Answer{Raise: "not today"}, "UserLambdaValidationException", trigger + " failed with error not today."},
		{"crashed", triggertest.Answer{Type: "Runtime.ExitError", Raise: "exit status 1"}, "UnexpectedLambdaException", trigger + " failed with error exit status 1."},
		{
			"denied", triggertest.Answer{Status: 403, Code: "AccessDeniedException"}, "UnexpectedLambdaException",
			trigger + " invocation failed due to error AccessDeniedException.",
		},
		{"invalid", triggertest.Answer{Raw: []byte("[]")}, "InvalidLambdaResponseException", "Unrecognizable lambda output"},
	}
}
