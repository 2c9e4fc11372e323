package db_test

import (
	"strings"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

// stats are the numbers of the connections with a role.
func stats(t *testing.T, d *db.DB, role string) db.Stats {
	t.Helper()
	for _, s := range d.Stats() {
		if s.Role == role || s.Role == "any" {
			return s
		}
	}
	t.Fatalf("no connections to %s with", role)
	return db.Stats{}
}

func TestConnectionsInUseAndWaitsAreCounted(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, strings.Replace(url, "pool_max_conns=8", "pool_max_conns=1", 1), db.Options{MaxConns: 1})
		for role, run := range map[string]func(fn func(*db.Tx) error) error{
			"read":  func(fn func(*db.Tx) error) error { return d.Read(t.Context(), fn) },
			"write": func(fn func(*db.Tx) error) error { return d.Write(t.Context(), fn) },
		} {
			before := stats(t, d, role)
			if before.Max != 1 || before.InUse != 0 {
				t.Errorf("%s, idle: got %+v", role, before)
			}
			const pause = 20 * time.Millisecond
			second := make(chan error, 1)
			err := run(func(*db.Tx) error {
				if s := stats(t, d, role); s.InUse != 1 || s.Open != 1 {
					t.Errorf("%s, inside a transaction: got %+v", role, s)
				}
				begun := make(chan struct{})
				go func() {
					close(begun)
					second <- run(func(*db.Tx) error { return nil })
				}()
				<-begun
				time.Sleep(pause)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := <-second; err != nil {
				t.Fatal(err)
			}
			after := stats(t, d, role)
			if after.Waits != before.Waits+1 || after.Waited-before.Waited < pause/2 {
				t.Errorf("%s: got %+v after %+v, want a wait", role, after, before)
			}
		}
	})
}
