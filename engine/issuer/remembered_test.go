package issuer

import (
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

func TestWhatWasReadBeforeAChangeIsNotKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &Sites{DB: d, Names: Names{PublicURL: "https://api.example.com"}, Now: time.Now}
		before := s.changes // a reader begins here, and is slow
		if err := d.Write(t.Context(), func(tx *db.Tx) error { s.Changed(tx); return nil }); err != nil {
			t.Fatal(err)
		}
		s.keep("login.shop.example", knownSite{&Site{Domain: "login.shop.example"}, time.Now()}, before)
		if site, err := s.ByHost(t.Context(), "login.shop.example"); site != nil || err != nil {
			t.Errorf("got %+v, %v", site, err)
		}
	})
}
