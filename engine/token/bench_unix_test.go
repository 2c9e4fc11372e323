//go:build unix

package token_test

import (
	"crypto"
	"crypto/sha256"
	"syscall"
	"testing"
	"time"

	"cardea/record/signingkey/signingkeytest"
	"cardea/spec/jose"
)

// BenchmarkRefresh and BenchmarkMint report, beside the time, how much processor time they
// take for one unit of what their two signatures take.
func BenchmarkRefresh(b *testing.B) {
	w := newWorld(b, sqlite(b))
	refresh := w.signIn(b).RefreshToken
	againstTwoSignatures(b, func() error {
		_, err := w.refresh(refresh)
		return err
	})
}

func BenchmarkMint(b *testing.B) {
	w := newWorld(b, sqlite(b))
	againstTwoSignatures(b, func() error {
		_, err := w.mint(w.grant(), nil)
		return err
	})
}

func BenchmarkBearer(b *testing.B) {
	w := newWorld(b, sqlite(b))
	access := w.signIn(b).AccessToken
	for b.Loop() {
		if _, err := w.bearer(access); err != nil {
			b.Fatal(err)
		}
	}
}

// againstTwoSignatures measures both in turns, so that a busy machine slows both.
func againstTwoSignatures(b *testing.B, op func() error) {
	key, err := signingkeytest.Make()
	if err != nil {
		b.Fatal(err)
	}
	signer := jose.RSA{Key: key}
	digest := sha256.Sum256([]byte("x"))
	var ops, signatures time.Duration
	for b.Loop() {
		start := processorTime(b)
		if err := op(); err != nil {
			b.Fatal(err)
		}
		middle := processorTime(b)
		for range 2 {
			if _, err := signer.Sign(crypto.SHA256, digest[:]); err != nil {
				b.Fatal(err)
			}
		}
		ops += middle - start
		signatures += processorTime(b) - middle
	}
	b.ReportMetric(float64(ops)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(ops)/float64(signatures), "signs-ratio")
}

func processorTime(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
