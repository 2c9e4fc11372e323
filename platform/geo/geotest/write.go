package geotest

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"cardea/platform/geo"
)

// Write makes a database file with the places of these networks and returns its path.
func Write(t testing.TB, places map[string]geo.Place) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "places.mmdb")
	if err := os.WriteFile(path, Encode(t, places), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Encode is the content of such a file.
func Encode(t testing.TB, places map[string]geo.Place) []byte {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{
		DatabaseType: "Test-City", BuildEpoch: 1_700_000_000,
		IncludeReservedNetworks: true, // the networks for documentation are
	})
	if err != nil {
		t.Fatal(err)
	}
	for network, place := range places {
		_, prefix, err := net.ParseCIDR(network)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(prefix, entry(place)); err != nil {
			t.Fatalf("insert %s: %v", network, err)
		}
	}
	var file bytes.Buffer
	if _, err := tree.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func entry(p geo.Place) mmdbtype.Map {
	named := func(name string) mmdbtype.Map {
		return mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(name)}}
	}
	return mmdbtype.Map{"city": named(p.City), "country": named(p.Country)}
}
