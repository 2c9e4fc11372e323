package passkey

import (
	"crypto/elliptic"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"

	"cardea/engine/passkey/passkeytest"
	record "cardea/record/passkey"
)

func TestKeysAreOfBoundedCost(t *testing.T) {
	t.Parallel()
	rsa := func(bits int, exponent ...byte) map[int]any {
		modulus := make([]byte, bits/8)
		modulus[0], modulus[len(modulus)-1] = 0x80, 1
		return map[int]any{1: 3, 3: -257, -1: modulus, -2: exponent}
	}
	x, y := elliptic.P256().Params().Gx.Bytes(), elliptic.P256().Params().Gy.Bytes()
	for name, c := range map[string]struct {
		key  any
		good bool
	}{
		"RSA 2048":             {rsa(2048, 1, 0, 1), true},
		"RSA 4096":             {rsa(4096, 1, 0, 1), true},
		"RSA 1024":             {rsa(1024, 1, 0, 1), false},
		"RSA 8192":             {rsa(8192, 1, 0, 1), false},
		"RSA, exponent 1":      {rsa(2048, 1), false},
		"RSA, large exponent":  {rsa(2048, 0x7f, 0xff, 0xff, 0xff), false},
		"RSA with another alg": {map[int]any{1: 3, 3: -65535, -1: rsa(2048)[-1], -2: []byte{1, 0, 1}}, false},
		"P-256":                {map[int]any{1: 2, 3: -7, -1: 1, -2: x, -3: y}, true},
		"P-256 off the curve":  {map[int]any{1: 2, 3: -7, -1: 1, -2: y, -3: x}, false},
		"P-256 without x":      {map[int]any{1: 2, 3: -7, -1: 1, -3: y}, false},
		"P-256 on secp256k1":   {map[int]any{1: 2, 3: -47, -1: 8, -2: x, -3: y}, false},
		"Ed25519":              {map[int]any{1: 1, 3: -8, -1: 6, -2: x}, false},
		"no map":               {"key", false},
		"a large map":          {map[int]any{1: 2, 3: -7, -1: 1, -2: x, -3: y, 99: make([]byte, 1024)}, false},
	} {
		cose, err := webauthncbor.Marshal(c.key)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkKey(cose); (err == nil) != c.good || err != nil && !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v, want good %t", name, err, c.good)
		}
	}
}

func TestPasskeysAreNamedByTheirMake(t *testing.T) {
	t.Parallel()
	bitwarden, _ := hex.DecodeString("d548826e79b4db40a3d811116f7e8349")
	for want, c := range map[string]record.Credential{
		"Bitwarden":    {AAGUID: bitwarden, Attachment: "cross-platform", Transports: []string{"usb"}},
		"Security key": {AAGUID: make([]byte, 16), Attachment: "cross-platform", Transports: []string{"nfc", "usb"}},
		"Passkey":      {AAGUID: make([]byte, 16), Attachment: "cross-platform", Transports: []string{"hybrid"}},
	} {
		if got := name(c); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// FuzzRegistration checks that no document makes the parser panic, and that what it accepts can be stored.
func FuzzRegistration(f *testing.F) {
	key := &passkeytest.Authenticator{Origin: "https://example.com", Transports: []string{"usb"}, Extensions: []byte("\xa1kcredProtect\x02")}
	f.Add([]byte(key.Register(f, []byte(`{"rp":{"id":"example.com"},"user":{"id":"AA"},"challenge":"AA"}`))))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		parsed, err := readRegistration(document)
		if err != nil {
			return
		}
		key := parsed.Response.AttestationObject.AuthData.AttData.CredentialPublicKey
		if checkKey(key) != nil {
			return
		}
		c := credentialOf(parsed)
		if len(c.PublicKey) > maxKey || len(c.AAGUID) != 16 || c.Name == "" || len(c.Transports) > len(transports) {
			t.Errorf("kept %+v", c)
		}
	})
}

// FuzzAssertion checks that no answer makes the parser panic, and that what it accepts is bounded.
func FuzzAssertion(f *testing.F) {
	key := &passkeytest.Authenticator{Origin: "https://example.com"}
	key.Register(f, []byte(`{"rp":{"id":"example.com"},"user":{"id":"AA"},"challenge":"AA"}`))
	f.Add(key.Assert(f, `{"challenge":"AA","rpId":"example.com"}`))
	f.Add(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}`)
	f.Fuzz(func(t *testing.T, answer string) {
		parsed, err := readAssertion(answer)
		if err != nil {
			return
		}
		if len(parsed.RawID) == 0 || len(parsed.RawID) > maxCredentialID || len(parsed.Response.Signature) > maxSignature {
			t.Errorf("let through %+v", parsed)
		}
	})
}
