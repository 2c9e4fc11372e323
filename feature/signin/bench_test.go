package signin_test

import (
	"testing"

	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

// BenchmarkSignIn is what a sign-in costs all in all, without the network.
func BenchmarkSignIn(b *testing.B) {
	s := servertest.New(b, dbtest.SQLite(b), nil)
	w := &world{World: s}
	w.pool = s.Pool(b, nil)
	w.client = s.Client(b, w.pool, nil)
	s.User(b, w.pool, "alice")
	in := w.byPassword("alice", servertest.Password)
	b.Run("password", func(b *testing.B) {
		for b.Loop() {
			w.Must(b, "InitiateAuth", in)
		}
	})
	b.Run("begin SRP", func(b *testing.B) {
		in := M{"ClientId": w.client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": M{"USERNAME": "alice", "SRP_A": "2"}}
		for b.Loop() {
			w.Must(b, "InitiateAuth", in)
		}
	})
}
