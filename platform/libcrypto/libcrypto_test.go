//go:build openssl && linux && (amd64 || arm64)

package libcrypto

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ebitengine/purego"
	"pgregory.net/rapid"
)

// load loads the library, which a run of these tests cannot do without.
func load(t testing.TB) *Library {
	t.Helper()
	l, err := Load("")
	if err != nil {
		t.Fatalf("%v (Debian: libssl3)", err)
	}
	t.Cleanup(l.Close)
	return l
}

// key makes a key; tests of what does not depend on its length take short ones.
func key(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// prime is that of RFC 3526, group 15, as SRP has it.
func prime(t testing.TB) *big.Int {
	t.Helper()
	p, ok := new(big.Int).SetString(primeHex, 16)
	if !ok {
		t.Fatal("no number")
	}
	return p
}

const primeHex = "" +
	"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD" +
	"EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F" +
	"83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
	"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510" +
	"15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7" +
	"ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C" +
	"BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"

func digest(hash crypto.Hash, text string) []byte {
	h := hash.New()
	h.Write([]byte(text))
	return h.Sum(nil)
}

// checkSignature signs by both, and compares.
func checkSignature(s *Signer, hash crypto.Hash, text string) error {
	want, err := rsa.SignPKCS1v15(nil, s.key, hash, digest(hash, text))
	if err != nil {
		return err
	}
	got, err := s.Sign(hash, digest(hash, text))
	if err == nil && !bytes.Equal(got, want) {
		err = errPower
	}
	return err
}

func TestSignaturesAreThoseOfTheStandardLibrary(t *testing.T) {
	t.Parallel()
	l := load(t)
	for _, bits := range []int{1024, 2048, 3072} {
		s := l.Signer(key(t, bits))
		for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			for _, text := range []string{"", "one", strings.Repeat("many", 100)} {
				if err := checkSignature(s, hash, text); err != nil {
					t.Errorf("%d bits, %v, %.8q: %v", bits, hash, text, err)
				}
			}
		}
	}
}

func TestOnlyDigestsAreSigned(t *testing.T) {
	t.Parallel()
	s := load(t).Signer(key(t, 1024))
	for _, c := range []struct {
		hash   crypto.Hash
		digest []byte
	}{{crypto.SHA256, nil}, {crypto.SHA256, make([]byte, 31)}, {crypto.SHA512, make([]byte, 32)}, {crypto.MD5, make([]byte, 16)}, {0, make([]byte, 32)}} {
		if _, err := s.Sign(c.hash, c.digest); err == nil {
			t.Errorf("%d bytes of %v were signed", len(c.digest), c.hash)
		}
	}
}

func TestOnlyPreparedKeysOfTwoPrimesAreTaken(t *testing.T) {
	t.Parallel()
	l, whole := load(t), key(t, 1024)
	three := &rsa.PrivateKey{PublicKey: whole.PublicKey, D: whole.D, Primes: append(whole.Primes, big.NewInt(3)), Precomputed: whole.Precomputed}
	bare := &rsa.PrivateKey{PublicKey: whole.PublicKey, D: whole.D, Primes: whole.Primes}
	for name, k := range map[string]*rsa.PrivateKey{"three primes": three, "not prepared": bare} {
		if _, err := l.Signer(k).Sign(crypto.SHA256, make([]byte, 32)); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

func TestPowersAreThoseOfMathBig(t *testing.T) {
	t.Parallel()
	l, p := load(t), prime(t)
	g, err := l.Group(p, big.NewInt(2))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		b := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 384).Draw(t, "base"))
		b.Mod(b, p)
		e := rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(t, "exponent")
		want := new(big.Int).Exp(b, new(big.Int).SetBytes(e), p).FillBytes(make([]byte, 384))
		if got, err := g.Power(b.Bytes(), e); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("power of %x: %v", e, err)
		}
		if got, err := g.PublicPower(b.Bytes(), e); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("public power of %x: %v", e, err)
		}

		e = append(make([]byte, 32), e...)
		e = e[len(e)-32:]
		checkPowerOfG(t, g, p, e)
	})
	for bit := range 256 { // those of one bit, and of all but one
		e := new(big.Int).Lsh(big.NewInt(1), uint(bit))
		checkPowerOfG(t, g, p, e.FillBytes(make([]byte, 32)))
		e.Sub(new(big.Int).Lsh(big.NewInt(1), 256), e.Add(e, big.NewInt(1)))
		checkPowerOfG(t, g, p, e.FillBytes(make([]byte, 32)))
	}
	for _, e := range [][]byte{nil, make([]byte, 31), make([]byte, 33)} {
		if _, err := g.PowerOfG(e); err == nil {
			t.Errorf("an exponent of %d bytes", len(e))
		}
	}
	for _, power := range []func(base, exponent []byte) ([]byte, error){g.Power, g.PublicPower} {
		if _, err := power(make([]byte, 385), nil); err == nil {
			t.Error("a base that is too long")
		}
	}
}

func checkPowerOfG(t interface{ Fatalf(string, ...any) }, g *Group, p *big.Int, e []byte) {
	got, err := g.PowerOfG(e)
	if want := new(big.Int).Exp(big.NewInt(2), new(big.Int).SetBytes(e), p); err != nil || !bytes.Equal(got, want.FillBytes(make([]byte, 384))) {
		t.Fatalf("power of g, of %x: %v", e, err)
	}
}

func TestManyGoroutinesSignAndComputeAtOnce(t *testing.T) {
	t.Parallel()
	const goroutines, rounds = 64, 12
	l := load(t)
	l.keys.max = 3 // so that keys are freed while others sign with them
	g, err := l.Group(prime(t), big.NewInt(2))
	if err != nil {
		t.Fatal(err)
	}
	signers := make([]*Signer, 5)
	for i := range signers {
		signers[i] = l.Signer(key(t, 1024))
	}
	base, exponent := big.NewInt(12345).Bytes(), digest(crypto.SHA256, "exponent")
	power, err := g.Power(base, exponent)
	if err != nil {
		t.Fatal(err)
	}

	var group sync.WaitGroup
	for i := range goroutines {
		group.Go(func() {
			for n := range rounds {
				if err := checkSignature(signers[(i+n)%len(signers)], crypto.SHA256, strings.Repeat("x", i+n)); err != nil {
					t.Error(err)
				}
				if _, err := l.modulus(big.NewInt(16)); err == nil { // errors of one are not those of another
					t.Error("an even modulus")
				}
				if got, err := g.Power(base, exponent); err != nil || !bytes.Equal(got, power) {
					t.Errorf("a power: %v", err)
				}
			}
		})
	}
	group.Wait()
	if n := l.keys.recent.Len(); n > 3 || n != len(l.keys.byID) {
		t.Errorf("%d keys are held, %d by id", n, len(l.keys.byID))
	}
	if n := len(l.turns); n != 0 {
		t.Errorf("%d turns were not given back", n)
	}
}

func TestGoroutinesTakeTurns(t *testing.T) {
	t.Parallel()
	l := load(t)
	g, err := l.Group(prime(t), big.NewInt(2))
	if err != nil {
		t.Fatal(err)
	}
	spare := 2 // times as many processors for Go's scheduler
	if os.Getenv("GOMAXPROCS") != "" {
		spare = 1
	}
	if n := cap(l.turns); n*spare != runtime.GOMAXPROCS(0) {
		t.Errorf("there are %d turns for %d processors of Go's scheduler", n, runtime.GOMAXPROCS(0))
	}
	for range cap(l.turns) {
		l.turns <- struct{}{}
	}
	var others sync.WaitGroup
	var free atomic.Bool
	for what, compute := range map[string]func() error{
		"a signature":      func() error { return checkSignature(l.Signer(key(t, 1024)), crypto.SHA256, "x") },
		"a power":          func() error { _, err := g.Power([]byte{7}, digest(crypto.SHA256, "x")); return err },
		"a power of g":     func() error { _, err := g.PowerOfG(digest(crypto.SHA256, "x")); return err },
		"an even modulus ": func() error { _, _ = l.modulus(big.NewInt(16)); return nil },
	} {
		others.Go(func() {
			if err := compute(); err != nil || !free.Load() {
				t.Errorf("%s did not wait for its turn, or failed: %v", what, err)
			}
		})
	}
	time.Sleep(50 * time.Millisecond) // for those who do not wait
	free.Store(true)
	for range cap(l.turns) {
		<-l.turns
	}
	others.Wait()
}

func TestErrorsSayWhy(t *testing.T) {
	t.Parallel()
	l := load(t)
	_, err := l.modulus(big.NewInt(16))
	if err == nil || !strings.Contains(err.Error(), "BN_MONT_CTX_set: error:") || !strings.Contains(err.Error(), "no inverse") {
		t.Errorf("an even modulus: %v", err)
	}
	broken := key(t, 1024)
	broken.N = big.NewInt(0)
	if _, err := l.newKey(broken); err == nil {
		if _, err = l.Signer(broken).Sign(crypto.SHA256, make([]byte, 32)); err == nil {
			t.Error("a key without a modulus signs")
		}
	}
	if err := checkSignature(l.Signer(key(t, 1024)), crypto.SHA256, "after errors"); err != nil {
		t.Error(err)
	}
}

func TestLibrariesThatAreNotOpenSSL3AreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"libcrypto.so.none", "/nowhere/libcrypto.so.3", "libc.so.6"} {
		if l, err := Load(name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
}

func TestWhatComputesWronglyIsNotUsed(t *testing.T) {
	t.Parallel()
	l, p := load(t), prime(t)
	g, err := l.Group(p, big.NewInt(2))
	if err != nil {
		t.Fatal(err)
	}
	if err := g.modulus.test(new(big.Int).Sub(p, big.NewInt(2))); err == nil {
		t.Error("powers modulo another number pass")
	}
	if err := g.generator.test(big.NewInt(3)); err == nil {
		t.Error("powers of another number pass")
	}
	image, err := purego.Dlopen(soname, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		t.Fatal(err)
	}
	product, err := purego.Dlsym(image, "BN_mod_mul")
	if err != nil {
		t.Fatal(err)
	}
	for name, function := range map[string]*uintptr{"powers": &l.call.power, "public powers": &l.call.publicPower} {
		right := *function
		*function = product
		if _, err := l.modulus(p); !errors.Is(err, errPower) {
			t.Errorf("products as %s: %v", name, err)
		}
		*function = right
	}

	sha256, err := l.fetchDigest("SHA3-256")
	if err != nil {
		t.Fatal(err)
	}
	l.digests[crypto.SHA256] = sha256
	if err := l.test(); err == nil {
		t.Error("signatures of another algorithm pass")
	}
}
