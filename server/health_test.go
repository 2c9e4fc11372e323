package server

import (
	"bytes"
	"errors"
	"testing"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
)

func TestTheSecondServerOnASQLiteFileIsRefused(t *testing.T) {
	t.Parallel()
	c := Config{
		Dev: true, Addr: "127.0.0.1:0", PublicURL: "http://localhost", Region: "us-east-1", Account: "123456789012",
		Database: dbtest.SQLite(t), MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}, Test: Test{FastDatabase: true},
	}
	for range 2 { // whichever is first
		first, err := New(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := New(t.Context(), c); !errors.Is(err, db.ErrServed) {
			t.Errorf("got %v, %v, want ErrServed", second, err)
		}
		keys, err := OpenAccessKeys(t.Context(), c)
		if err != nil {
			t.Fatalf("a command beside a server: %v", err)
		}
		if err := errors.Join(keys.Close(), first.Close()); err != nil {
			t.Fatal(err)
		}
	}
}
