package passkeytest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
)

// M is a JSON object.
type M = map[string]any

// The algorithms that a credential may have, as COSE numbers them.
const (
	ES256 = -7
	RS256 = -257
	ES384 = -35
	EdDSA = -8
)

// The flags of authenticator data.
const (
	UserPresent    = 0x01
	UserVerified   = 0x04
	BackupEligible = 0x08
	BackedUp       = 0x10
	attested       = 0x40
)

// Authenticator holds one credential, once it has registered. Its fields may be changed at any time.
type Authenticator struct {
	Origin       string // of the page that asks
	RelyingParty string // signed for instead of the one asked for, unless empty
	Algorithm    int    // 0 is ES256
	Bits         int    // of an RSA key; 0 is 2048
	Flags        byte   // 0 is UserPresent and UserVerified
	Counter      uint32 // what the next answer bears
	AAGUID       [16]byte
	Transports   []string
	Attachment   string
	Format       string           // of the attestation; "" is none
	Statement    M                // of the attestation
	Extensions   []byte           // CBOR behind the authenticator data
	ClientData   func(data M)     // changes what the browser says, before it is signed
	Envelope     func(response M) // changes the answer, after it is signed
	ID           []byte           // of the credential; made when empty
	Handle       []byte           // of the user, as the registration named it
	Key          crypto.Signer    // made when nil
	asked        string           // the relying party of the registration
}

// Register answers the options of a registration, PublicKeyCredentialCreationOptionsJSON, with RegistrationResponseJSON.
func (a *Authenticator) Register(t testing.TB, options []byte) json.RawMessage {
	t.Helper()
	var asked struct {
		RP        struct{ ID string }
		User      struct{ ID string }
		Challenge string
	}
	decode(t, options, &asked)
	a.asked, a.Handle = asked.RP.ID, unbase64(t, asked.User.ID)
	if a.Key == nil {
		a.Key = a.newKey(t)
	}
	if len(a.ID) == 0 {
		a.ID = make([]byte, 20)
		_, _ = rand.Read(a.ID)
	}

	data := a.data(attested, a.credentialData(t))
	statement, format := a.Statement, a.Format
	if statement == nil {
		statement = M{}
	}
	if format == "" {
		format = "none"
	}
	object := marshal(t, M{"fmt": format, "attStmt": statement, "authData": data})
	return a.answer(t, M{
		"clientDataJSON":    base64url(a.clientData(t, "webauthn.create", asked.Challenge)),
		"attestationObject": base64url(object),
		"authenticatorData": base64url(data),
		"transports":        a.Transports,
	})
}

// Assert answers the options of a sign-in, PublicKeyCredentialRequestOptionsJSON, with AuthenticationResponseJSON.
func (a *Authenticator) Assert(t testing.TB, options string) string {
	t.Helper()
	var asked struct {
		Challenge string
		RpID      string
	}
	decode(t, []byte(options), &asked)
	a.asked = asked.RpID
	client, data := a.clientData(t, "webauthn.get", asked.Challenge), a.data(0, nil)
	hash := sha256.Sum256(client)
	return string(a.answer(t, M{
		"clientDataJSON":    base64url(client),
		"authenticatorData": base64url(data),
		"signature":         base64url(a.sign(t, append(data[:len(data):len(data)], hash[:]...))),
		"userHandle":        base64url(a.Handle),
	}))
}

// answer wraps a response.
func (a *Authenticator) answer(t testing.TB, response M) json.RawMessage {
	t.Helper()
	envelope := M{
		"id": base64url(a.ID), "rawId": base64url(a.ID), "type": "public-key", "response": response,
		"clientExtensionResults": M{"credProps": M{"rk": true}},
	}
	if a.Attachment != "" {
		envelope["authenticatorAttachment"] = a.Attachment
	}
	if a.Envelope != nil {
		a.Envelope(envelope)
	}
	text, err := json.Marshal(envelope)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// clientData is what the browser vouches for.
func (a *Authenticator) clientData(t testing.TB, kind, challenge string) []byte {
	t.Helper()
	data := M{"type": kind, "challenge": challenge, "origin": a.Origin, "crossOrigin": false}
	if a.ClientData != nil {
		a.ClientData(data)
	}
	text, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// data is authenticator data (WebAuthn §6.1).
func (a *Authenticator) data(more byte, credential []byte) []byte {
	rp, flags := a.RelyingParty, a.Flags
	if rp == "" {
		rp = a.asked
	}
	if flags == 0 {
		flags = UserPresent | UserVerified
	}
	if len(a.Extensions) > 0 {
		more |= 0x80
	}
	hash := sha256.Sum256([]byte(rp))
	data := append(hash[:], flags|more)
	data = binary.BigEndian.AppendUint32(data, a.Counter)
	return append(append(data, credential...), a.Extensions...)
}

// credentialData is attested credential data (WebAuthn §6.5.1).
func (a *Authenticator) credentialData(t testing.TB) []byte {
	t.Helper()
	data := binary.BigEndian.AppendUint16(a.AAGUID[:], uint16(len(a.ID)))
	return append(append(data, a.ID...), a.COSE(t)...)
}

// COSE is the public key as credentials carry it.
func (a *Authenticator) COSE(t testing.TB) []byte {
	t.Helper()
	switch key := a.Key.Public().(type) {
	case *rsa.PublicKey:
		return marshal(t, map[int]any{1: 3, 3: RS256, -1: key.N.Bytes(), -2: []byte{1, 0, 1}})
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		half := 1 + len(point)/2
		algorithm, curve := ES256, 1
		if a.Algorithm == ES384 {
			algorithm, curve = ES384, 2
		}
		return marshal(t, map[int]any{1: 2, 3: algorithm, -1: curve, -2: point[1:half], -3: point[half:]})
	case ed25519.PublicKey:
		return marshal(t, map[int]any{1: 1, 3: EdDSA, -1: 6, -2: []byte(key)})
	}
	t.Fatalf("a key of type %T", a.Key.Public())
	return nil
}

func (a *Authenticator) newKey(t testing.TB) crypto.Signer {
	t.Helper()
	var key crypto.Signer
	var err error
	switch a.Algorithm {
	case RS256:
		bits := a.Bits
		if bits == 0 {
			bits = 2048
		}
		key, err = rsa.GenerateKey(rand.Reader, bits)
	case EdDSA:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case ES384:
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	default:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *Authenticator) sign(t testing.TB, message []byte) []byte {
	t.Helper()
	digest, options := message, crypto.Hash(0) // Ed25519 signs the message itself
	if _, edwards := a.Key.Public().(ed25519.PublicKey); !edwards {
		hash := sha256.Sum256(message)
		digest, options = hash[:], crypto.SHA256
	}
	signature, err := a.Key.Sign(rand.Reader, digest, options)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func marshal(t testing.TB, value any) []byte {
	t.Helper()
	text, err := webauthncbor.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func decode(t testing.TB, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("options %q: %v", text, err)
	}
}

func base64url(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }

func unbase64(t testing.TB, text string) []byte {
	t.Helper()
	bytes, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}
