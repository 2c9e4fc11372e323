package oauth_test

import (
	"testing"

	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

// BenchmarkExchange redeems an authorization code.
func BenchmarkExchange(b *testing.B) {
	w := furnish(b, servertest.New(b, dbtest.SQLite(b), nil), nil)
	a := w.web(b, nil)
	for b.Loop() {
		b.StopTimer()
		code := w.code(b, a)
		b.StartTimer()
		if answer := w.redeem(b, a, code); answer.Status != 200 {
			b.Fatal(answer.Text)
		}
	}
}
