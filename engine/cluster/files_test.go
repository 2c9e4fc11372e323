package cluster_test

import (
	"os"
	"path/filepath"
	"testing"
)

// migrations are the product's.
func migrations(t *testing.T) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("../../platform/db/migrations/*.sql")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	all := map[string][]byte{}
	for _, path := range paths {
		if all[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
