package token_test

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"cardea/record/signingkey/signingkeytest"
	"cardea/spec/jose"
)

// BenchmarkRefresh and BenchmarkMint report, beside the time, its ratio to that of the two signatures they contain.
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
		_, err := w.tokens.Mint(context.Background(), w.grant())
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
	var ops, signatures time.Duration
	for b.Loop() {
		began := time.Now()
		if err := op(); err != nil {
			b.Fatal(err)
		}
		ops += time.Since(began)

		began = time.Now()
		for range 2 {
			if _, err := signer.Sign(sha256.Sum256([]byte("x"))); err != nil {
				b.Fatal(err)
			}
		}
		signatures += time.Since(began)
	}
	b.ReportMetric(float64(ops)/float64(b.N), "op-ns/op")
	b.ReportMetric(float64(ops)/float64(signatures), "signs-ratio")
}
