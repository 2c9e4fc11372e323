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
