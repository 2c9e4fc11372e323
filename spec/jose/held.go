package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // of algorithms
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
)

// Held is a token that was signed with the key that its header carries. It proves that whoever made it has the private key,
// and nothing else.
type Held struct {
	Payload    []byte
	Thumbprint string // of the key (RFC 7638), by SHA-256 in base64url
}

// algorithm is how a signature by a kind of key is verified.
type algorithm struct {
	kind   string
	curve  string
	hash   crypto.Hash // 0: of the message itself
	verify func(public any, hash crypto.Hash, message, signature []byte) bool
}

// algorithms are all asymmetric ones of the registry that are recommended. There is none without a signature.
var algorithms = map[string]algorithm{
	"RS256": {"RSA", "", crypto.SHA256, verifyRSA},
	"RS384": {"RSA", "", crypto.SHA384, verifyRSA},
	"RS512": {"RSA", "", crypto.SHA512, verifyRSA},
	"PS256": {"RSA", "", crypto.SHA256, verifyPSS},
	"PS384": {"RSA", "", crypto.SHA384, verifyPSS},
	"PS512": {"RSA", "", crypto.SHA512, verifyPSS},
	"ES256": {"EC", "P-256", crypto.SHA256, verifyECDSA},
	"ES384": {"EC", "P-384", crypto.SHA384, verifyECDSA},
	"ES512": {"EC", "P-521", crypto.SHA512, verifyECDSA},

	"EdDSA":   {"OKP", "Ed25519", 0, verifyEd25519},
	"Ed25519": {"OKP", "Ed25519", 0, verifyEd25519}, // its newer name (RFC 9864)
}

// HeldAlgorithms are the algorithms of the tokens that ParseHeld reads.
func HeldAlgorithms() []string {
	return []string{"ES256", "ES384", "ES512", "Ed25519", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}
}

// ParseHeld reads a token of a type that carries its key, and verifies it. A key with private members is refused: it is nobody's
// any more.
func ParseHeld(compact, typ string) (*Held, error) {
	t, header, err := split(compact)
	if err != nil {
		return nil, err
	}
	if given, err := text(header, "typ"); err != nil || given != typ {
		return nil, fmt.Errorf("%w: not of the type %s", ErrMalformed, typ)
	}
	name, err := text(header, "alg")
	if err != nil {
		return nil, err
	}
	alg, known := algorithms[name]
	if !known {
		return nil, fmt.Errorf("%w: the algorithm %q is not accepted", ErrMalformed, name)
	}
	key, err := readKey(header["jwk"], name, alg)
	if err != nil {
		return nil, err
	}
	message := []byte(t.signed)
	if alg.hash != 0 {
		digest := alg.hash.New()
		digest.Write(message)
		message = digest.Sum(nil)
	}
	if !alg.verify(key.public, alg.hash, message, t.signature) {
		return nil, ErrSignature
	}
	return &Held{Payload: t.Payload, Thumbprint: key.thumbprint}, nil
}

// held is a public key and its thumbprint.
type held struct {
	public     any
	thumbprint string
}

// readKey reads the public key of a header, in JSON, for an algorithm.
func readKey(raw json.RawMessage, name string, alg algorithm) (*held, error) {
	members, err := object(raw)
	if err != nil {
		return nil, err
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, found := members[private]; found {
			return nil, fmt.Errorf("%w: a private key", ErrMalformed)
		}
	}
	for member, want := range map[string]string{"kty": alg.kind, "alg": name, "use": "sig", "crv": alg.curve} {
		if _, found := members[member]; !found && (member == "alg" || member == "use" || want == "") {
			continue
		}
		if given, err := text(members, member); err != nil || given != want {
			return nil, fmt.Errorf("%w: %s of the key", ErrMalformed, member)
		}
	}
	switch alg.kind {
	case "RSA":
		return readRSA(members)
	case "EC":
		return readEC(members, alg.curve)
	}
	return readEd25519(members)
}

// part decodes a member of a key, which has exactly so many bytes; 0: any number, without leading zeros.
func part(members map[string]json.RawMessage, name string, size int) (encoded string, raw []byte, err error) {
	if encoded, err = text(members, name); err != nil {
		return "", nil, err
	}
	if raw, err = decode(encoded); err != nil {
		return "", nil, err
	}
	if size == 0 && raw[0] == 0 || size != 0 && len(raw) != size {
		return "", nil, fmt.Errorf("%w: %s of the key", ErrMalformed, name)
	}
	return encoded, raw, nil
}

// Bounds of RSA keys, in bits: what is smaller can be broken, and what is larger costs too much to verify.
const (
	minRSA = 2048
	maxRSA = 4096
)

func readRSA(members map[string]json.RawMessage) (*held, error) {
	n, modulus, err := part(members, "n", 0)
	if err != nil {
		return nil, err
	}
	e, exponent, err := part(members, "e", 0)
	if err != nil {
		return nil, err
	}
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(modulus)}
	if bits := public.N.BitLen(); bits < minRSA || bits > maxRSA || public.N.Bit(0) == 0 || len(exponent) > 4 {
		return nil, fmt.Errorf("%w: the size of the key", ErrMalformed)
	}
	public.E = int(new(big.Int).SetBytes(exponent).Int64())
	if public.E < 3 || public.E%2 == 0 || public.E > 1<<31-1 {
		return nil, fmt.Errorf("%w: e of the key", ErrMalformed)
	}
	return &held{public, thumbprint(`{"e":"` + e + `","kty":"RSA","n":"` + n + `"}`)}, nil
}

func readEC(members map[string]json.RawMessage, name string) (*held, error) {
	curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[name]
	size := (curve.Params().BitSize + 7) / 8
	x, xs, err := part(members, "x", size)
	if err != nil {
		return nil, err
	}
	y, ys, err := part(members, "y", size)
	if err != nil {
		return nil, err
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, append(append([]byte{4}, xs...), ys...))
	if err != nil {
		return nil, fmt.Errorf("%w: the key is not on its curve", ErrMalformed)
	}
	return &held{public, thumbprint(`{"crv":"` + name + `","kty":"EC","x":"` + x + `","y":"` + y + `"}`)}, nil
}

func readEd25519(members map[string]json.RawMessage) (*held, error) {
	x, raw, err := part(members, "x", ed25519.PublicKeySize)
	if err != nil {
		return nil, err
	}
	return &held{ed25519.PublicKey(raw), thumbprint(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`)}, nil
}

// thumbprint hashes the members that the standard requires, in the order of their names.
func thumbprint(members string) string {
	sum := sha256.Sum256([]byte(members))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func verifyRSA(public any, hash crypto.Hash, digest, signature []byte) bool {
	return rsa.VerifyPKCS1v15(public.(*rsa.PublicKey), hash, digest, signature) == nil
}

func verifyPSS(public any, hash crypto.Hash, digest, signature []byte) bool {
	options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
	return rsa.VerifyPSS(public.(*rsa.PublicKey), hash, digest, signature, options) == nil
}

// verifyECDSA verifies a signature in the form of RFC 7518 §3.4: both numbers, each as long as the curve's are.
func verifyECDSA(public any, _ crypto.Hash, digest, signature []byte) bool {
	key := public.(*ecdsa.PublicKey)
	size := coordinate(key)
	if len(signature) != 2*size {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])
	return ecdsa.Verify(key, digest, r, s)
}

func verifyEd25519(public any, _ crypto.Hash, message, signature []byte) bool {
	return ed25519.Verify(public.(ed25519.PublicKey), message, signature)
}
