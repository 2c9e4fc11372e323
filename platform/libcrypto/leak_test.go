//go:build !race && openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"bytes"
	"crypto"
	"math/big"
	"os"
	"runtime/debug"
	"strconv"
	"testing"
)

// resident is the memory of the process in KiB.
func resident(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(string(bytes.Fields(text)[1]))
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize() / 1024
}

// TestNothingLeaks is not parallel, and not built with the race detector: both would use memory meanwhile. `make test-openssl` runs the
// tests of this package without the detector as well.
func TestNothingLeaks(t *testing.T) {
	l := load(t)
	l.keys.max = 1
	signers := []*Signer{l.Signer(key(t, 1024)), l.Signer(key(t, 1024))}
	small, err := l.Group(big.NewInt(1<<61-1), big.NewInt(3))
	if err != nil {
		t.Fatal(err)
	}
	exponent := digest(crypto.SHA256, "x")
	for _, c := range []struct {
		what string
		runs int
		most int // KiB; an allocation that leaked would be more
		use  func(n int) error
	}{
		{"signatures, by keys that are made and freed", 6000, 4096, func(n int) error {
			_, err := signers[n%2].Sign(crypto.SHA256, exponent)
			return err
		}},
		{"contexts that are given back when their key is not held any more", 3000, 2048, func(int) error {
			c, err := l.acquire(signers[0], l.digests[crypto.SHA256])
			l.drop(signers[0].id)
			l.giveBack(signers[0].id, c)
			return err
		}},
		{"powers", 60_000, 2048, func(int) error { _, err := small.Power([]byte{7}, exponent); return err }},
		{"public powers", 60_000, 2048, func(int) error { _, err := small.PublicPower([]byte{7}, exponent); return err }},
		{"powers of the generator", 60_000, 2048, func(int) error { _, err := small.PowerOfG(exponent); return err }},
		{"errors", 20_000, 2048, func(int) error {
			if _, err := l.modulus(big.NewInt(16)); err == nil {
				return errPower
			}
			return nil
		}},
	} {
		before := 0
		for n := range c.runs + 1000 {
			if n == 1000 {
				before = resident(t)
			}
			if err := c.use(n); err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
		}
		if grown := resident(t) - before; grown > c.most {
			t.Errorf("%s: %d KiB more after %d", c.what, grown, c.runs)
		}
	}
}
