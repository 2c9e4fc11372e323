package wellknown_test

import (
	"net/http/httptest"
	"testing"

	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
)

func BenchmarkDocuments(b *testing.B) {
	w := servertest.New(b, dbtest.SQLite(b), nil)
	pool := w.Pool(b, nil)
	for _, name := range []string{"jwks.json", "openid-configuration"} {
		b.Run(name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					answer := httptest.NewRecorder()
					w.Server.Handler.ServeHTTP(answer, httptest.NewRequest("GET", w.URL+"/"+pool+"/.well-known/"+name, nil))
					if answer.Code != 200 {
						b.Error(answer.Code)
					}
				}
			})
		})
	}
}
