package geotest

import (
	"bytes"
	"encoding/binary"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cardea/platform/geo"
)

// Write makes a file that knows where these networks are and returns its path. They must not overlap.
func Write(t testing.TB, places map[string]geo.Place) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "places.mmdb")
	if err := os.WriteFile(path, Encode(places), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Encode is the content of such a file: a search tree over the bits of IPv6 addresses with 24-bit records, sixteen zero
// bytes, the entries, and what the file says of itself behind a marker.
func Encode(places map[string]geo.Place) []byte {
	tree, entries := [][2]int{{}}, [][]byte{}
	for _, network := range slices.Sorted(maps.Keys(places)) {
		prefix := netip.MustParsePrefix(network)
		bits, length := prefix.Addr().As16(), prefix.Bits()
		if prefix.Addr().Is4() {
			bits, length = v4(prefix.Addr()), length+96
		}
		node := 0
		for i := range length - 1 {
			side := bits[i/8] >> (7 - i%8) & 1
			if tree[node][side] == 0 {
				tree[node][side] = len(tree)
				tree = append(tree, [2]int{})
			}
			node = tree[node][side]
		}
		last := length - 1
		entries = append(entries, entry(places[network]))
		tree[node][bits[last/8]>>(7-last%8)&1] = -len(entries)
	}

	var file bytes.Buffer
	offsets := make([]int, len(entries))
	size := 0
	for i, e := range entries {
		offsets[i] = size
		size += len(e)
	}
	for _, node := range tree {
		for _, next := range node {
			switch {
			case next == 0:
				next = len(tree) // nothing is known
			case next < 0:
				next = len(tree) + 16 + offsets[-next-1]
			}
			file.Write([]byte{byte(next >> 16), byte(next >> 8), byte(next)})
		}
	}
	file.Write(make([]byte, 16))
	file.Write(bytes.Join(entries, nil))
	file.WriteString("\xab\xcd\xefMaxMind.com")
	file.Write(metadata(len(tree)))
	return file.Bytes()
}

// v4 is where the tree has an IPv4 address.
func v4(ip netip.Addr) (bits [16]byte) {
	four := ip.As4()
	copy(bits[12:], four[:])
	return bits
}

func entry(p geo.Place) []byte {
	named := func(name string) []byte { return dictionary("names", dictionary("en", text(name))) }
	return dictionary("city", named(p.City), "country", named(p.Country))
}

func metadata(nodes int) []byte {
	return dictionary(
		"binary_format_major_version", number(5, 2), "binary_format_minor_version", number(5, 0),
		"build_epoch", number(9, 1_700_000_000), "database_type", text("Test-City"), "description", dictionary(),
		"ip_version", number(5, 6), "languages", control(11, 0), "node_count", number(6, uint64(nodes)), "record_size", number(5, 24),
	)
}

// dictionary writes a map of alternating names and written values.
func dictionary(pairs ...any) []byte {
	out := control(7, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, text(pairs[i].(string))...)
		out = append(out, pairs[i+1].([]byte)...)
	}
	return out
}

func text(s string) []byte { return append(control(2, len(s)), s...) }

func number(kind byte, n uint64) []byte {
	digits := bytes.TrimLeft(binary.BigEndian.AppendUint64(nil, n), "\x00")
	return append(control(kind, len(digits)), digits...)
}

// control begins a value: its kind, of which those above 7 have a byte of their own, and its size below 285.
func control(kind byte, size int) []byte {
	first, second := kind<<5, []byte{}
	if kind > 7 {
		first, second = 0, []byte{kind - 7}
	}
	if size < 29 {
		return append([]byte{first | byte(size)}, second...)
	}
	return append(append([]byte{first | 29}, second...), byte(size-29))
}
