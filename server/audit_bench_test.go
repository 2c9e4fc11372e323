//go:build unix

package server_test

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"

	"cardea/server"
	"cardea/server/servertest"
)

// BenchmarkAudit is the processor time of requests with and without an audit log in a file.
func BenchmarkAudit(b *testing.B) {
	for _, file := range []string{"", filepath.Join(b.TempDir(), "audit.json")} {
		w := servertest.New(b, "sqlite:"+filepath.Join(b.TempDir(), "cardea.db"), func(c *server.Config) { c.Audit.File = file })
		pool := w.Pool(b, nil)
		client := w.Client(b, pool, nil)
		w.User(b, pool, "jane")
		tokens := w.SignIn(b, client, "jane")
		for operation, in := range map[string]M{
			"GetUser": {"AccessToken": tokens["AccessToken"]}, "AdminGetUser": {"UserPoolId": pool, "Username": "jane"},
			"AdminUpdateUserAttributes": {"UserPoolId": pool, "Username": "jane", "UserAttributes": servertest.Attributes("name", "Jane")},
		} {
			b.Run(fmt.Sprintf("%s/file=%t", operation, file != ""), func(b *testing.B) {
				began := processorTime(b)
				for b.Loop() {
					w.Must(b, operation, in)
				}
				b.ReportMetric(float64(processorTime(b)-began)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// processorTime is what the process has used, in nanoseconds.
func processorTime(b *testing.B) int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}
