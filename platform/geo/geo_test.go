package geo_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cardea/platform/geo"
	"cardea/platform/geo/geotest"
)

var (
	berlin = geo.Place{City: "Berlin", Country: "Germany"}
	brazil = geo.Place{Country: "Brazil"}
)

func open(t *testing.T, places map[string]geo.Place) *geo.Database {
	t.Helper()
	d, err := geo.Open(geotest.Write(t, places))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func TestAddressesAreFound(t *testing.T) {
	t.Parallel()
	d := open(t, map[string]geo.Place{
		"192.0.2.0/24": berlin, "198.51.100.7/32": brazil, "2001:db8::/32": berlin, "203.0.113.0/24": {City: strings.Repeat("é", 140)},
	})
	for address, want := range map[string]geo.Place{
		"192.0.2.1": berlin, "192.0.2.255": berlin, "::ffff:192.0.2.1": berlin, "192.0.3.1": {},
		"198.51.100.7": brazil, "198.51.100.8": {},
		"2001:db8::1": berlin, "2001:db8::1%eth0": berlin, "2001:db9::1": {},
		"203.0.113.1": {City: strings.Repeat("é", 128)},
		"":            {}, "localhost": {}, "192.0.2.1:80": {}, "127.0.0.1": {}, "::1": {},
	} {
		got, known := d.Find(address)
		if got != want || known != (want != geo.Place{}) {
			t.Errorf("%q: got %v, %v; want %v", address, got, known, want)
		}
	}
}

func TestWithoutAFileNoPlaceIsKnown(t *testing.T) {
	t.Parallel()
	d, err := geo.Open("")
	if err != nil {
		t.Fatal(err)
	}
	if got, known := d.Find("192.0.2.1"); known || got != (geo.Place{}) {
		t.Errorf("got %v, %v", got, known)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestUnreadableFilesAreRefused(t *testing.T) {
	t.Parallel()
	good := geotest.Encode(t, map[string]geo.Place{"192.0.2.0/24": berlin})
	for name, content := range map[string][]byte{"empty": {}, "no database": []byte("places"), "cut off": good[:len(good)-40]} {
		path := filepath.Join(t.TempDir(), "places.mmdb")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := geo.Open(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want an error that names the file", name, err)
		}
	}
	if _, err := geo.Open(filepath.Join(t.TempDir(), "absent.mmdb")); err == nil {
		t.Error("an absent file was opened")
	}
}

func TestAFileThatIsOverwrittenLosesPlacesOnly(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Log("Windows does not let a mapped file be cut")
		return
	}
	path := geotest.Write(t, map[string]geo.Place{"192.0.2.0/24": berlin})
	d, err := geo.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := d.Find("192.0.2.1"); got != berlin {
		t.Fatalf("got %v", got)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if got, known := d.Find("192.0.2.1"); known {
		t.Errorf("got %v of a file that is empty", got)
	}
}

func FuzzFind(f *testing.F) {
	f.Add(geotest.Encode(f, map[string]geo.Place{"192.0.2.0/24": berlin}), "192.0.2.1")
	f.Fuzz(func(t *testing.T, content []byte, address string) {
		path := filepath.Join(t.TempDir(), "places.mmdb")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := geo.Open(path)
		if err != nil {
			return
		}
		d.Find(address)
		_ = d.Close()
	})
}
