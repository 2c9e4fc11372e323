//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"crypto"
	"math/big"
	"runtime"
	"slices"
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
		"a signature":    func() error { return checkSignature(l.Signer(key(t, 1024)), crypto.SHA256, "x") },
		"a power":        func() error { _, err := g.Power([]byte{7}, digest(crypto.SHA256, "x")); return err },
		"a public power": func() error { _, err := g.PublicPower([]byte{7}, digest(crypto.SHA256, "x")); return err },
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

// idle counts the contexts that wait.
func idle(l *Library) int {
	l.keys.mu.Lock()
	defer l.keys.mu.Unlock()
	n := 0
	for _, element := range l.keys.byID {
		n += len(element.Value.(*handle).idle)
	}
	return n
}

func TestContextsSignAgainAndAreBounded(t *testing.T) {
	t.Parallel()
	l := load(t)
	s := l.Signer(key(t, 1024))
	for n, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA256, crypto.SHA512, crypto.SHA256, crypto.SHA512} {
		if err := checkSignature(s, hash, "x"); err != nil {
			t.Error(err)
		}
		if got, want := idle(l), min(1+n/2, 2); got != want {
			t.Errorf("%d contexts wait after %d signatures by two algorithms, want %d", got, n+1, want)
		}
	}

	var taken []context
	for range maxIdle + 3 {
		c, err := l.acquire(s, l.digests[crypto.SHA256])
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(taken, c) {
			t.Fatal("a context is used twice at once")
		}
		taken = append(taken, c)
	}
	for _, c := range taken {
		l.giveBack(s.id, c)
	}
	if n := idle(l); n != maxIdle {
		t.Errorf("%d contexts wait, at most %d may", n, maxIdle)
	}

	c, err := l.acquire(s, l.digests[crypto.SHA256])
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	l.giveBack(s.id, c) // frees it
	if n := idle(l); n != 0 {
		t.Errorf("%d contexts wait after Close", n)
	}
}

func TestAContextThatFailedIsNotKept(t *testing.T) {
	t.Parallel()
	l := load(t)
	s := l.Signer(key(t, 1024))
	c, err := l.acquire(s, l.digests[crypto.SHA256])
	if err != nil {
		t.Fatal(err)
	}
	c.digest = l.digests[crypto.SHA512] // it signs digests of 32 bytes only
	l.giveBack(s.id, c)
	if _, err := s.Sign(crypto.SHA512, digest(crypto.SHA512, "x")); err == nil {
		t.Error("64 bytes were signed as a digest by SHA-256")
	}
	if n := idle(l); n != 0 {
		t.Errorf("%d contexts wait", n)
	}
	if err := checkSignature(s, crypto.SHA512, "x"); err != nil {
		t.Error(err)
	}
}
