//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"bytes"
	"crypto"
	"math/big"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"
)

func TestMemoryIsZeroWhenItIsFreed(t *testing.T) {
	t.Parallel()
	l := load(t)
	freed := 0
	l.released = func(b []byte) {
		freed++
		if slices.ContainsFunc(b, func(c byte) bool { return c != 0 }) {
			t.Errorf("%d bytes are freed as they were", len(b))
		}
	}
	g, err := l.Group(prime(t), big.NewInt(2))
	if err != nil {
		t.Fatal(err)
	}
	for what, use := range map[string]func() error{
		"giving a key": func() error {
			made, err := l.newKey(key(t, 1024))
			l.letGo(made)
			return err
		},
		"a signature": func() error { return checkSignature(l.Signer(key(t, 1024)), crypto.SHA256, "x") },
		"a power":     func() error { _, err := g.Power([]byte{7}, digest(crypto.SHA256, "x")); return err },
		"a power of the generator": func() error {
			_, err := g.PowerOfG(digest(crypto.SHA256, "x"))
			return err
		},
	} {
		freed = 0
		if err := use(); err != nil || freed == 0 {
			t.Errorf("%s frees %d blocks: %v", what, freed, err)
		}
	}
}

func TestKeysOfSignersThatAreGarbageAreFreed(t *testing.T) {
	t.Parallel()
	l := load(t)
	func() {
		if err := checkSignature(l.Signer(key(t, 1024)), crypto.SHA256, "x"); err != nil {
			t.Fatal(err)
		}
	}()
	held := func() int {
		l.keys.mu.Lock()
		defer l.keys.mu.Unlock()
		return len(l.keys.byID)
	}
	for began := time.Now(); held() > 0; time.Sleep(time.Millisecond) {
		if runtime.GC(); time.Since(began) > 10*time.Second {
			t.Fatalf("%d keys are held", held())
		}
	}
}

func TestKeysAreBoundedAndMadeAgain(t *testing.T) {
	t.Parallel()
	l := load(t)
	l.keys.max = 2
	signers := []*Signer{l.Signer(key(t, 1024)), l.Signer(key(t, 1024)), l.Signer(key(t, 1024))}
	for range 3 {
		for _, s := range signers {
			if err := checkSignature(s, crypto.SHA256, "x"); err != nil {
				t.Error(err)
			}
			if n := l.keys.recent.Len(); n > 2 {
				t.Errorf("%d keys are held", n)
			}
		}
	}
	l.Close()
	if n := l.keys.recent.Len() + len(l.keys.byID); n != 0 {
		t.Errorf("%d keys are held after Close", n)
	}
	if err := checkSignature(signers[0], crypto.SHA256, "x"); err != nil {
		t.Error(err)
	}
}

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

// TestNothingLeaks is not parallel: other tests would use memory meanwhile. So would the race detector: `make test-openssl` runs the
// test without it, and the others with it too.
func TestNothingLeaks(t *testing.T) {
	if raceDetector {
		t.Skip("the memory of the race detector would be counted: the run without it has this test")
	}
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
		{"powers", 60_000, 2048, func(int) error { _, err := small.Power([]byte{7}, exponent); return err }},
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
