package resourceserver_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/record/resourceserver"
	"cardea/spec/cognitoidp"
)

func TestServerDefinesItsOwnScopesOnly(t *testing.T) {
	t.Parallel()

	s := &resourceserver.Server{Identifier: "https://api.example.com/v1"}
	s.Doc.Scopes = []cognitoidp.ResourceServerScopeType{{ScopeName: "read"}}
	for scope, want := range map[string]bool{
		"https://api.example.com/v1/read":  true,
		"https://api.example.com/v1/write": false,
		"https://api.example.com/v1/":      false,
		"https://api.example.com/v1":       false,
		"https://api.example.com/v1read":   false,
		"read":                             false,
	} {
		if got := s.Defines(scope); got != want {
			t.Errorf("Defines(%q): %v, want %v", scope, got, want)
		}
	}
}

func TestServersAreKeptByPoolAndIdentifier(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &resourceserver.Server{Pool: "us-east-1_home00000", Identifier: "api"}
		s.Doc.Name = "API"
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := resourceserver.Insert(tx, s); err != nil {
				return err
			}
			if err := resourceserver.Insert(tx, s); !errors.Is(err, db.ErrExists) {
				t.Errorf("second insert: %v, want ErrExists", err)
			}
			if _, err := resourceserver.Get(tx, "us-east-1_other0000", "api"); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("Get in another pool: %v, want ErrNotFound", err)
			}
			s.Doc.Name = "renamed"
			if err := resourceserver.Update(tx, s); err != nil {
				return err
			}
			got, err := resourceserver.Get(tx, s.Pool, "api")
			if err != nil {
				return err
			}
			if diff := cmp.Diff(s, got); diff != "" {
				t.Errorf("written (-), read (+):\n%s", diff)
			}
			if err := resourceserver.Delete(tx, s.Pool, "api"); err != nil {
				return err
			}
			if err := resourceserver.Delete(tx, s.Pool, "api"); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("second delete: %v, want ErrNotFound", err)
			}
			if err := resourceserver.Update(tx, s); !errors.Is(err, db.ErrNotFound) {
				t.Errorf("update of what is gone: %v, want ErrNotFound", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
