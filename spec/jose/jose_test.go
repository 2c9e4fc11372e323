package jose_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"cardea/spec/jose"
)

var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

const payload = `{"sub":"34c84488-e0e1-70ae-d2ee-991ad1a898c8","name":"Zoë <z@example.com>"}`

func signed(t testing.TB) (token string, key jose.Key) {
	t.Helper()
	private := testKey()
	kid := jose.KeyID(&private.PublicKey)
	token, err := jose.NewSigningKey(jose.RS256, kid, jose.RSA{Key: private}).Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return token, jose.Key{ID: kid, Public: &private.PublicKey}
}

func TestHeaderIsCognitos(t *testing.T) {
	t.Parallel()
	token, key := signed(t)
	header, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"kid":"` + key.ID + `","alg":"RS256"}`; string(header) != want {
		t.Errorf("header %s, want %s", header, want)
	}
	if len(key.ID) != 44 || !strings.HasSuffix(key.ID, "=") {
		t.Errorf("kid %q is not 44 characters of base64", key.ID)
	}
}

func TestAnotherLibraryVerifiesTokens(t *testing.T) {
	t.Parallel()
	token, key := signed(t)
	var set gojose.JSONWebKeySet
	if err := json.Unmarshal(jose.Set(key), &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 1 || !set.Keys[0].Valid() || set.Keys[0].KeyID != key.ID || set.Keys[0].Use != "sig" {
		t.Fatalf("key set %+v", set)
	}

	parsed, err := gojose.ParseSignedCompact(token, []gojose.SignatureAlgorithm{gojose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	got, err := parsed.Verify(set.Key(parsed.Signatures[0].Header.KeyID)[0])
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != payload {
		t.Errorf("payload %s, want %s", got, payload)
	}
}

func TestTokensOfAnotherLibraryVerify(t *testing.T) {
	t.Parallel()
	private := testKey()
	signer, err := gojose.NewSigner(gojose.SigningKey{
		Algorithm: gojose.RS256, Key: gojose.JSONWebKey{Key: private, KeyID: "k1"},
	}, (&gojose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	token, err := jose.Parse(compact)
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Verify(jose.Key{ID: "k1", Public: &private.PublicKey}); err != nil {
		t.Error(err)
	}
	if string(token.Payload) != payload {
		t.Errorf("payload %s, want %s", token.Payload, payload)
	}
}

func TestKeyIDIsTheThumbprint(t *testing.T) {
	t.Parallel()
	public := &testKey().PublicKey
	want, err := (&gojose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(base64.StdEncoding.EncodeToString(want), jose.KeyID(public)); diff != "" {
		t.Error(diff)
	}
}

// Known attacks: the public key as the key of an HMAC, no algorithm, another key under this key's id.
func TestVerifyRefusesOtherAlgorithmsAndKeys(t *testing.T) {
	t.Parallel()
	token, key := signed(t)
	parts := strings.Split(token, ".")
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := jose.NewSigningKey(jose.RS256, key.ID, jose.RSA{Key: other}).Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	header := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for name, token := range map[string]string{
		"none":          header(`{"kid":"`+key.ID+`","alg":"none"}`) + "." + parts[1] + "." + parts[2],
		"HS256":         header(`{"kid":"`+key.ID+`","alg":"HS256"}`) + "." + parts[1] + "." + parts[2],
		"PS256":         header(`{"kid":"`+key.ID+`","alg":"PS256"}`) + "." + parts[1] + "." + parts[2],
		"another kid":   header(`{"kid":"x","alg":"RS256"}`) + "." + parts[1] + "." + parts[2],
		"another key":   forged,
		"other payload": parts[0] + "." + header(`{"sub":"x"}`) + "." + parts[2],
		"cut signature": token[:len(token)-2],
	} {
		parsed, err := jose.Parse(token)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := parsed.Verify(key); !errors.Is(err, jose.ErrSignature) {
			t.Errorf("%s: verified with %v", name, err)
		}
	}
}

func TestParseIsStrict(t *testing.T) {
	t.Parallel()
	token, key := signed(t)
	parts := strings.Split(token, ".")
	header := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	with := func(head string) string { return head + "." + parts[1] + "." + parts[2] }
	for name, token := range map[string]string{
		"empty":              "",
		"two parts":          parts[0] + "." + parts[1],
		"four parts":         token + ".x",
		"unsigned":           parts[0] + "." + parts[1] + ".",
		"padding":            with(parts[0] + "="),
		"standard alphabet":  parts[0] + "." + parts[1] + "." + strings.Replace(parts[2], parts[2][:1], "+", 1),
		"line break":         parts[0] + "." + parts[1] + "." + parts[2][:4] + "\n" + parts[2][4:],
		"space":              " " + token,
		"stray bits":         with(stray(header(`{"kid":"k","alg":"RS256"}`))),
		"no kid":             with(header(`{"alg":"RS256"}`)),
		"no alg":             with(header(`{"kid":"` + key.ID + `"}`)),
		"kid is a number":    with(header(`{"kid":1,"alg":"RS256"}`)),
		"kid is null":        with(header(`{"kid":null,"alg":"RS256"}`)),
		"alg twice":          with(header(`{"kid":"k","alg":"RS256","alg":"none"}`)),
		"alg in other case":  with(header(`{"kid":"k","ALG":"RS256"}`)),
		"critical":           with(header(`{"kid":"k","alg":"RS256","crit":["b64"],"b64":false}`)),
		"header is a list":   with(header(`["kid"]`)),
		"two headers":        with(header(`{"kid":"k","alg":"RS256"}{}`)),
		"unfinished header":  with(header(`{"kid":"k","alg":"RS256"`)),
		"longer than we try": strings.Repeat("a", 70<<10) + "." + parts[1] + "." + parts[2],
	} {
		if _, err := jose.Parse(token); !errors.Is(err, jose.ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, err)
		}
	}
}

// stray sets bits that the last character of an encoding does not need.
func stray(encoded string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, encoded[len(encoded)-1])
	return encoded[:len(encoded)-1] + alphabet[last|1:last|1+1]
}

func FuzzParse(f *testing.F) {
	token, key := signed(f)
	f.Add(token)
	f.Add("e30.e30.AA")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, compact string) {
		parsed, err := jose.Parse(compact)
		if err != nil {
			return
		}
		if parsed.Verify(key) == nil && compact != token {
			t.Fatalf("verified %q, which is not what was signed", compact)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	key := jose.NewSigningKey(jose.RS256, "k", jose.RSA{Key: testKey()})
	text := []byte(strings.Repeat("x", 700))
	for b.Loop() {
		if _, err := key.Sign(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDigest(b *testing.B) {
	signer := jose.RSA{Key: testKey()}
	digest := sha256.Sum256([]byte("x"))
	for b.Loop() {
		if _, err := signer.Sign(crypto.SHA256, digest[:]); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTheAlgorithmIsTheKeys(t *testing.T) {
	t.Parallel()
	private := testKey()
	sign := func(algorithm string, hash crypto.Hash) string {
		encode := base64.RawURLEncoding.EncodeToString
		signed := encode([]byte(`{"kid":"k","alg":"`+algorithm+`"}`)) + "." + encode([]byte(`{}`))
		digest := hash.New()
		digest.Write([]byte(signed))
		signature, err := rsa.SignPKCS1v15(nil, private, hash, digest.Sum(nil))
		if err != nil {
			t.Fatal(err)
		}
		return signed + "." + encode(signature)
	}
	for _, c := range []struct {
		said string
		hash crypto.Hash
		key  string
		ok   bool
	}{
		{jose.RS256, crypto.SHA256, "", true},
		{jose.RS256, crypto.SHA256, jose.RS256, true},
		{jose.RS512, crypto.SHA512, jose.RS512, true},
		{jose.RS512, crypto.SHA256, jose.RS256, false},
		{jose.RS256, crypto.SHA512, jose.RS512, false},
		{jose.RS512, crypto.SHA512, jose.RS256, false},
		{"none", crypto.SHA256, jose.RS256, false},
		{"RS384", crypto.SHA384, "RS384", false},
	} {
		parsed, err := jose.Parse(sign(c.said, c.hash))
		if err != nil {
			t.Fatal(err)
		}
		err = parsed.Verify(jose.Key{ID: "k", Public: &private.PublicKey, Algorithm: c.key})
		if (err == nil) != c.ok {
			t.Errorf("%s by %v for a key of %q: %v", c.said, c.hash, c.key, err)
		}
	}
	made, err := jose.NewSigningKey(jose.RS512, "k", jose.RSA{Key: private}).SignTyped("JWS", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jose.Parse(made)
	if err != nil || parsed.Verify(jose.Key{ID: "k", Public: &private.PublicKey, Algorithm: jose.RS512}) != nil {
		t.Errorf("%s: %v", made, err)
	}
}

// What is signed with a curve's key verifies by another library from the key set, and here.
func TestCurveKeysSign(t *testing.T) {
	t.Parallel()
	private, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public := &private.PublicKey
	sum, err := (&gojose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	kid := jose.KeyID(public)
	if diff := cmp.Diff(base64.StdEncoding.EncodeToString(sum), kid); diff != "" {
		t.Error(diff)
	}
	key := jose.Key{ID: kid, Public: public, Algorithm: jose.ES384}
	var set gojose.JSONWebKeySet
	if err := json.Unmarshal(jose.Set(jose.Key{ID: "k", Public: &testKey().PublicKey}, key), &set); err != nil {
		t.Fatal(err)
	}
	signing := jose.NewSigningKey(jose.ES384, kid, jose.ECDSA{Key: private})
	short := map[int]bool{} // the numbers of which one that begins with a zero was seen: one of 256 does
	for i := 0; len(short) < 2; i++ {
		if i == 20_000 {
			t.Fatal("no number begins with a zero")
		}
		made, err := signing.SignTyped("JWT", []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		signature, err := base64.RawURLEncoding.DecodeString(made[strings.LastIndexByte(made, '.')+1:])
		if err != nil || len(signature) != 96 {
			t.Fatalf("the signature is %x", signature)
		}
		if i > 0 && signature[0] != 0 && signature[48] != 0 {
			continue
		}
		for _, at := range []int{0, 48} {
			if signature[at] == 0 {
				short[at] = true
			}
		}
		object, err := gojose.ParseSignedCompact(made, []gojose.SignatureAlgorithm{gojose.ES384})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := object.Verify(set); err != nil || string(got) != payload {
			t.Fatalf("%s: %s, %v", made, got, err)
		}
		parsed, err := jose.Parse(made)
		if err != nil || parsed.Verify(key) != nil {
			t.Fatalf("%s: %v", made, err)
		}
	}
}
