package passkey

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	record "cardea/record/passkey"
)

// Bounds of RSA keys. Smaller ones prove little; larger ones, or unusual exponents, make sign-ins expensive.
const (
	minModulus = 2048 // bits
	maxModulus = 4096
	maxKey     = 1024 // bytes, as COSE
	exponent   = 65537
)

// transports are the known ways to reach an authenticator (WebAuthn §5.8.4); others are not stored.
var transports = []protocol.AuthenticatorTransport{
	protocol.BLE, protocol.Hybrid, protocol.Internal, protocol.NFC, protocol.SmartCard, protocol.USB,
}

// checkKey checks that sign-ins can be verified with a public key at a bounded cost. Otherwise it answers ErrUnsupported.
func checkKey(cose []byte) error {
	if len(cose) > maxKey {
		return fmt.Errorf("%w: a key of %d bytes", ErrUnsupported, len(cose))
	}
	parsed, err := webauthncose.ParsePublicKey(cose)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	switch key := parsed.(type) {
	case webauthncose.EC2PublicKeyData:
		if webauthncose.COSEAlgorithmIdentifier(key.Algorithm) == webauthncose.AlgES256 {
			return nil
		}
	case webauthncose.RSAPublicKeyData:
		e, err := webauthncose.ParseRSAPublicKeyDataExponent(&key)
		n := new(big.Int).SetBytes(key.Modulus)
		fits := n.BitLen() >= minModulus && n.BitLen() <= maxModulus && n.Bit(0) == 1
		if webauthncose.COSEAlgorithmIdentifier(key.Algorithm) == webauthncose.AlgRS256 && err == nil && e == exponent && fits {
			return nil
		}
	}
	return fmt.Errorf("%w: the kind of key", ErrUnsupported)
}

// credentialOf makes the credential that an answer registers.
func credentialOf(parsed *protocol.ParsedCredentialCreationData) record.Credential {
	object := &parsed.Response.AttestationObject
	data := &object.AuthData
	c := record.Credential{
		ID:             encode(data.AttData.CredentialID),
		PublicKey:      data.AttData.CredentialPublicKey,
		SignCount:      data.Counter,
		Verified:       data.Flags.HasUserVerified(),
		BackupEligible: data.Flags.HasBackupEligible(),
		BackedUp:       data.Flags.HasBackupState(),
		AAGUID:         data.AttData.AAGUID,
		Attestation:    format(object.Format),
		Attachment:     string(parsed.AuthenticatorAttachment),
	}
	for _, transport := range transports {
		if slices.Contains(parsed.Response.Transports, transport) {
			c.Transports = append(c.Transports, string(transport))
		}
	}
	c.Name = name(c)
	return c
}

// format keeps the name of a statement's format if WebAuthn knows it.
func format(given string) string {
	if protocol.IsAttestationFormatString(given) {
		return given
	}
	return ""
}

// name is what users see of a passkey.
func name(c record.Credential) string {
	if known := makes[fmt.Sprintf("%x", c.AAGUID)]; known != "" {
		return known
	}
	if c.Attachment == string(protocol.CrossPlatform) && slices.Contains(c.Transports, string(protocol.USB)) {
		return "Security key"
	}
	return "Passkey"
}

// makes are the most common authenticators, by the AAGUID that each of them publishes.
var makes = byNumber(map[string]string{
	"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "iCloud Keychain",
	"dd4ec289-e01d-41c9-bb89-70fa845d4bf2": "iCloud Keychain (Managed)",
	"ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": "Google Password Manager",
	"adce0002-35bc-c60a-648b-0b25f1f05503": "Chrome on Mac",
	"08987058-cadc-4b81-b6e1-30de50dcbe96": "Windows Hello",
	"9ddd1817-af5a-4672-a2b9-3e3dd95000a9": "Windows Hello",
	"6028b017-b1d4-4c02-b4b3-afcdafc96bb2": "Windows Hello",
	"53414d53-554e-4700-0000-000000000000": "Samsung Pass",
	"bada5566-a7aa-401f-bd96-45619a55120d": "1Password",
	"d548826e-79b4-db40-a3d8-11116f7e8349": "Bitwarden",
	"531126d6-e717-415c-9320-3d9aa6981239": "Dashlane",
	"b84e4048-15dc-4dd0-8640-f4f60813c8af": "NordPass",
	"0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6": "Keeper",
	"50726f74-6f6e-5061-7373-50726f746f6e": "Proton Pass",
})

// byNumber strips the dashes with which AAGUIDs are written.
func byNumber(list map[string]string) map[string]string {
	out := make(map[string]string, len(list))
	for aaguid, make := range list {
		out[strings.ReplaceAll(aaguid, "-", "")] = make
	}
	return out
}
