package passkey

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
)

// Bounds of what clients send, in bytes and far above what authenticators make. They are checked before anything is parsed.
const (
	maxRegistration = 64 << 10 // of the JSON document
	maxAnswer       = 16 << 10 // of the JSON document
	maxCredentialID = 1023     // WebAuthn's own bound
	maxClientData   = 4 << 10
	maxAttestation  = 16 << 10
	maxAuthData     = 4 << 10
	maxSignature    = 1 << 10
	maxUserHandle   = 64 // WebAuthn's own bound
	maxTransports   = 16
)

// errTooLong says which member of an answer is longer than it may be.
var errTooLong = errors.New("too long")

// readRegistration parses RegistrationResponseJSON (WebAuthn §5.1.8).
func readRegistration(document []byte) (*protocol.ParsedCredentialCreationData, error) {
	if len(document) > maxRegistration {
		return nil, fmt.Errorf("credential: %w", errTooLong)
	}
	var raw protocol.CredentialCreationResponse
	if err := json.Unmarshal(document, &raw); err != nil {
		return nil, fmt.Errorf("read credential: %w", err)
	}
	response := &raw.AttestationResponse
	err := bounded(
		bound{"rawId", len(raw.RawID), maxCredentialID},
		bound{"clientDataJSON", len(response.ClientDataJSON), maxClientData},
		bound{"attestationObject", len(response.AttestationObject), maxAttestation},
		bound{"transports", len(response.Transports), maxTransports},
	)
	if err != nil {
		return nil, err
	}
	parsed, err := raw.Parse()
	if err != nil {
		return nil, fmt.Errorf("parse credential: %w", err)
	}
	return parsed, nil
}

// readAssertion parses AuthenticationResponseJSON (WebAuthn §5.1.8).
func readAssertion(answer string) (*protocol.ParsedCredentialAssertionData, error) {
	if len(answer) > maxAnswer {
		return nil, fmt.Errorf("answer: %w", errTooLong)
	}
	var raw protocol.CredentialAssertionResponse
	if err := json.Unmarshal([]byte(answer), &raw); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	response := &raw.AssertionResponse
	err := bounded(
		bound{"rawId", len(raw.RawID), maxCredentialID},
		bound{"clientDataJSON", len(response.ClientDataJSON), maxClientData},
		bound{"authenticatorData", len(response.AuthenticatorData), maxAuthData},
		bound{"signature", len(response.Signature), maxSignature},
		bound{"userHandle", len(response.UserHandle), maxUserHandle},
	)
	if err != nil {
		return nil, err
	}
	parsed, err := raw.Parse()
	if err != nil {
		return nil, fmt.Errorf("parse answer: %w", err)
	}
	return parsed, nil
}

// bound is one member of an answer, how long it is, and how long it may be.
type bound struct {
	member string
	length int
	most   int
}

func bounded(members ...bound) error {
	for _, m := range members {
		if m.length > m.most {
			return fmt.Errorf("%s: %w", m.member, errTooLong)
		}
	}
	return nil
}
