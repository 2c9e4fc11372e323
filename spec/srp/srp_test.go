package srp

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var alice = Identity{Scope: "ABCdef123", User: "alice"}

// vector is the exchange of a published worked example whose key was cross-checked with a foreign client.
type vector struct {
	client   *Client
	salt     []byte
	verifier []byte
	offer    Offer
}

func makeVector(t testing.TB) vector {
	t.Helper()
	salt := sha256.Sum256([]byte("cognito-srp-test-salt"))
	v := vector{client: newClient(repeated("cognito-srp-test-a")), salt: salt[:16]}
	v.verifier = makeVerifier(t, alice, "Correct-Horse-9", v.salt)
	offer, err := Server{}.makeOffer(v.verifier, repeated("cognito-srp-test-b").Bytes())
	if err != nil {
		t.Fatal(err)
	}
	v.offer = offer
	return v
}

func makeVerifier(t testing.TB, id Identity, password string, salt []byte) []byte {
	t.Helper()
	verifier, err := Server{}.Verifier(id, password, salt)
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

func repeated(seed string) *big.Int {
	sum := sha256.Sum256([]byte(seed))
	n := mustHex(strings.Repeat(hex.EncodeToString(sum[:]), 4))
	return n.Mod(n, prime)
}

func hashText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestVector(t *testing.T) {
	t.Parallel()
	v := makeVector(t)
	a, b := v.client.public, new(big.Int).SetBytes(v.offer.Public)
	x, u := alice.exponent("Correct-Horse-9", v.salt), scramble(a, b)
	key, err := Server{}.Key(v.offer, element(a), v.verifier)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := base64.StdEncoding.DecodeString("c2VjcmV0LWJsb2NrLWV4YW1wbGU=")
	for _, c := range []struct{ what, got, want string }{
		{"k", multiplier.Text(16), "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6"},
		{"salt", hex.EncodeToString(v.salt), "90b5a9983fbc8ac4dc2581ec03b28c65"},
		{"A", hashText(v.client.Public()), "e82e42572cac755238afa13d7b3b0330e93822993601a9404fd9135e538a4bd2"},
		{"B", hashText(Hex(v.offer.Public)), "93d092e0e5eef4bfc7a5725f3879e9c72ddcb4236fe013c2cbd22b81e80ddaad"},
		{"x", x.Text(16), "b92576bf1fd3cbf47467d28c36d4236529ec562b24faf86241c450aee1c490a6"},
		{"u", u.Text(16), "92353cee9797a417fc54a7b9d8f5425f6b567ab47a2d769e668f55cd05a12ac6"},
		{"S", hashText(v.client.shared(b, u, x).Text(16)), "b7fba3ee67d18e2c5afb66bee7ce60132571dba329094901d910a67eae483dce"},
		{"key", hex.EncodeToString(key), "6bed8ad37d1d4a390437ab91501a201f"},
		{
			"signature",
			base64.StdEncoding.EncodeToString(Sign(key, alice, block, "Tue Nov 5 09:03:07 UTC 2024")),
			"22vYyn1NwGIuAl1h25uekTSKakItUa+1+Cgt6S/2lMQ=",
		},
	} {
		if c.got != c.want {
			t.Errorf("%s = %s, want %s", c.what, c.got, c.want)
		}
	}
}

func TestServerAndClientAgreeOnlyWithThePassword(t *testing.T) {
	t.Parallel()
	salt := NewSalt()
	verifier := makeVerifier(t, alice, "secret", salt)
	offer, err := Server{}.NewOffer(verifier)
	if err != nil {
		t.Fatal(err)
	}
	client := NewClient()
	ch := Challenge{Salt: hex.EncodeToString(salt), Public: Hex(offer.Public), Block: "YmxvY2s="}
	a, err := ParsePublic(client.Public())
	if err != nil {
		t.Fatal(err)
	}
	key, err := Server{}.Key(offer, a, verifier)
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"secret": true, "Secret": false, "": false} {
		text, timestamp, err := client.Answer(alice, password, ch, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		signature, _ := base64.StdEncoding.DecodeString(text)
		if got := bytes.Equal(signature, Sign(key, alice, []byte("block"), timestamp)); got != want {
			t.Errorf("password %q proves = %v, want %v", password, got, want)
		}
		if got, err := (Server{}).Matches(alice, password, salt, verifier); got != want || err != nil {
			t.Errorf("password %q matches = %v, want %v", password, got, want)
		}
	}
}

func TestTableAgreesWithPlainArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "exponent"))
		if powerOfG(e).Cmp(power(generator, e)) != 0 {
			t.Fatalf("g^%x differs", e)
		}
	})
}

// watched computes by math/big, and remembers the exponents that it was told are no secrets.
type watched struct{ public *[][]byte }

func (w watched) Power(base, exponent []byte) ([]byte, error) {
	return element(power(new(big.Int).SetBytes(base), new(big.Int).SetBytes(exponent))), nil
}

func (w watched) PublicPower(base, exponent []byte) ([]byte, error) {
	*w.public = append(*w.public, bytes.Clone(exponent))
	return w.Power(base, exponent)
}

func (w watched) PowerOfG(exponent []byte) ([]byte, error) {
	return w.Power(element(generator), exponent)
}

func TestOnlyUIsNoSecret(t *testing.T) {
	t.Parallel()
	var public [][]byte
	server := Server{Arithmetic: watched{&public}}
	verifier, err := server.Verifier(alice, "secret", NewSalt())
	if err != nil {
		t.Fatal(err)
	}
	offer, err := server.NewOffer(verifier)
	if err != nil {
		t.Fatal(err)
	}
	client := NewClient()
	a, err := ParsePublic(client.Public())
	if err != nil {
		t.Fatal(err)
	}
	got, err := server.Key(offer, a, verifier)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := (Server{}).Key(offer, a, verifier); err != nil || !bytes.Equal(got, want) {
		t.Errorf("another key than by math/big alone: %v", err)
	}
	u := fill(scramble(client.public, new(big.Int).SetBytes(offer.Public)))
	if len(public) != 1 || !bytes.Equal(public[0], u) {
		t.Errorf("%d exponents were given as public: %x, want u alone", len(public), public)
	}
}

func TestPublicValuesOutsideTheGroupAreRefused(t *testing.T) {
	t.Parallel()
	for _, digits := range []string{
		"", "0", "000", "-1", "+1", "0x1", "1_0", " 1", "g", primeHex, new(big.Int).Lsh(prime, 1).Text(16),
		strings.Repeat("0", maxHex) + "1", strings.Repeat("f", 1<<20),
	} {
		if _, err := ParsePublic(digits); err == nil {
			t.Errorf("ParsePublic(%.40q…) accepted", digits)
		}
	}
	for _, digits := range []string{"1", "2", "00f", "ABC", "00" + new(big.Int).Sub(prime, generator).Text(16)} {
		if _, err := ParsePublic(digits); err != nil {
			t.Errorf("ParsePublic(%.40q…) = %v", digits, err)
		}
	}
	offer := makeVector(t).offer
	for name, a := range map[string][]byte{"zero": make([]byte, Size), "N": prime.Bytes(), "long": make([]byte, Size+1)} {
		if _, err := (Server{}).Key(offer, a, offer.Public); err == nil {
			t.Errorf("Key accepted %s", name)
		}
	}
}

func TestOnlyUsefulVerifiersAreRead(t *testing.T) {
	t.Parallel()
	v := makeVector(t).verifier
	for name, b := range map[string][]byte{
		"none": nil, "zero": make([]byte, Size), "one": {1}, "N-1": minusOne.Bytes(), "N": prime.Bytes(),
		"N+2": new(big.Int).Add(prime, generator).Bytes(), "long": append([]byte{0, 0}, v...), "huge": make([]byte, 1<<20),
	} {
		if _, err := ParseVerifier(b); err == nil {
			t.Errorf("ParseVerifier accepted %s", name)
		}
	}
	for name, b := range map[string][]byte{"plain": v, "padded": append([]byte{0}, v...)} {
		if got, err := ParseVerifier(b); err != nil || !bytes.Equal(got, v) {
			t.Errorf("ParseVerifier of a %s verifier: %v", name, err)
		}
	}
	if got, err := ParseVerifier([]byte{2}); err != nil || len(got) != Size || got[Size-1] != 2 {
		t.Errorf("ParseVerifier(2) = %x, %v", got, err)
	}
}

func TestDeviceVerifierProvesTheDevicesPassword(t *testing.T) {
	t.Parallel()
	who := Identity{Scope: "-AbC123xy", User: "us-east-1_device"}
	for range 20 { // salts and verifiers of various leading bits
		salt64, verifier64 := NewDeviceVerifier(who, "secret")
		salt, err := base64.StdEncoding.DecodeString(salt64)
		if err != nil || len(salt) == 0 || salt[0] >= 0x80 {
			t.Fatalf("salt %x, %v", salt, err)
		}
		sent, err := base64.StdEncoding.DecodeString(verifier64)
		if err != nil || sent[0] >= 0x80 {
			t.Fatalf("verifier %.8x…, %v", sent, err)
		}
		verifier, err := ParseVerifier(sent)
		if err != nil {
			t.Fatal(err)
		}
		own, _ := Server{}.Matches(who, "secret", salt, verifier)
		others, _ := Server{}.Matches(Identity{"-other123", who.User}, "secret", salt, verifier)
		if !own || others {
			t.Error("the verifier is not the device's")
		}
	}
}

func TestPaddingIsJavas(t *testing.T) {
	t.Parallel()
	for in, want := range map[int64][]byte{0: {0}, 1: {1}, 0x7f: {0x7f}, 0x80: {0, 0x80}, 0x0102: {1, 2}, 0xff00: {0, 0xff, 0}} {
		if got := pad(big.NewInt(in)); !bytes.Equal(got, want) {
			t.Errorf("pad(%x) = %x, want %x", in, got, want)
		}
	}
}

func TestTimestampsAreReadAsCognitoDoes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"Tue Nov 5 09:03:07 UTC 2024":   true,
		"Tue Feb 5 06:03:08 UTC 2036":   true,
		"Sun Nov 10 09:03:07 UTC 2024":  true,
		"Tue Nov 05 09:03:07 UTC 2024":  false,
		"Wed Nov 5 09:03:07 UTC 2024":   false,
		"Tue Nov  5 09:03:07 UTC 2024":  false,
		"Tue Nov 5 9:03:07 UTC 2024":    false,
		"Tue Nov 5 09:03:07.5 UTC 2024": false,
		"tue nov 5 09:03:07 UTC 2024":   false,
		"Tue Nov 5 09:03:07 CET 2024":   false,
		"Tue Nov 31 09:03:07 UTC 2024":  false,
		"":                              false,
	} {
		if _, got := ParseTimestamp(text); got != want {
			t.Errorf("ParseTimestamp(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestFakeVerifierIsAnElement(t *testing.T) {
	t.Parallel()
	for _, seed := range [][]byte{make([]byte, Size), bytes.Repeat([]byte{0xff}, Size), prime.Bytes(), {7}} {
		fake := FakeVerifier(seed)
		if _, err := number(fake); err != nil || len(fake) != Size {
			t.Errorf("FakeVerifier(%.8x…) is not in the group: %v", seed, err)
		}
	}
}

func FuzzParsePublic(f *testing.F) {
	f.Add("1")
	f.Add("00ff")
	f.Add(primeHex)
	f.Fuzz(func(t *testing.T, digits string) {
		b, err := ParsePublic(digits)
		if err != nil {
			return
		}
		if got, want := Hex(b), strings.TrimLeft(strings.ToLower(digits), "0"); got != want {
			t.Errorf("ParsePublic(%q) = %s", digits, got)
		}
	})
}

func FuzzParseVerifier(f *testing.F) {
	f.Add([]byte{2})
	f.Add(append([]byte{0}, prime.Bytes()...))
	f.Fuzz(func(t *testing.T, sent []byte) {
		v, err := ParseVerifier(sent)
		if err != nil {
			return
		}
		if len(v) != Size || !bytes.Equal(bytes.TrimLeft(v, "\x00"), bytes.TrimLeft(sent, "\x00")) {
			t.Errorf("ParseVerifier(%x) = %x", sent, v)
		}
		if _, err := (Server{}).NewOffer(v); err != nil {
			t.Errorf("no exchange over %x: %v", v, err)
		}
	})
}

func FuzzParseTimestamp(f *testing.F) {
	f.Add("Tue Nov 5 09:03:07 UTC 2024")
	f.Add("Tue Nov 05 09:03:07 UTC 2024")
	f.Fuzz(func(t *testing.T, text string) {
		if at, ok := ParseTimestamp(text); ok && Timestamp(at) != text {
			t.Errorf("ParseTimestamp(%q) = %v", text, at)
		}
	})
}

func BenchmarkPowerOfG(b *testing.B) {
	e := alice.exponent("password", []byte("0123456789abcdef"))
	Warm()
	for b.Loop() {
		powerOfG(e)
	}
}

func BenchmarkMakeTable(b *testing.B) {
	for b.Loop() {
		makeTable()
	}
}

// BenchmarkServer is everything that a server computes for one sign-in: B, u, v^u and (A·v^u)^b.
func BenchmarkServer(b *testing.B) {
	v := makeVector(b)
	a := element(v.client.public)
	Warm()
	for b.Loop() {
		offer, err := Server{}.NewOffer(v.verifier)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := (Server{}).Key(offer, a, v.verifier); err != nil {
			b.Fatal(err)
		}
	}
}
