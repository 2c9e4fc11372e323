package passkey

import (
	"crypto/rand"
	"encoding/base64"

	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	record "cardea/record/passkey"
)

// registrationTimeout is how long browsers should wait for the user, in milliseconds.
const registrationTimeout = 60_000

// publicKey is the only type of credential that there is.
const publicKey = "public-key"

// algorithms are those that a passkey may sign with, the preferred first.
var algorithms = []webauthncose.COSEAlgorithmIdentifier{webauthncose.AlgES256, webauthncose.AlgRS256}

// creation is PublicKeyCredentialCreationOptionsJSON (WebAuthn §5.1.9).
type creation struct {
	RelyingParty relyingParty `json:"rp"`
	User         userEntity   `json:"user"`
	Challenge    string       `json:"challenge"`
	Parameters   []parameter  `json:"pubKeyCredParams"`
	Timeout      int64        `json:"timeout"`
	Exclude      []descriptor `json:"excludeCredentials"`
	Selection    selection    `json:"authenticatorSelection"`
	Attestation  string       `json:"attestation"`
}

// request is PublicKeyCredentialRequestOptionsJSON (WebAuthn §5.1.10).
type request struct {
	Challenge    string       `json:"challenge"`
	Timeout      int64        `json:"timeout"`
	RelyingParty string       `json:"rpId"`
	Allow        []descriptor `json:"allowCredentials"`
	Verification string       `json:"userVerification"`
}

type relyingParty struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type userEntity struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

type parameter struct {
	Type      string `json:"type"`
	Algorithm int    `json:"alg"`
}

type descriptor struct {
	Type       string   `json:"type"`
	ID         string   `json:"id"`
	Transports []string `json:"transports"`
}

type selection struct {
	RequireResidentKey bool   `json:"requireResidentKey"`
	ResidentKey        string `json:"residentKey"`
	UserVerification   string `json:"userVerification"`
}

func parameters() []parameter {
	list := make([]parameter, 0, len(algorithms))
	for _, algorithm := range algorithms {
		list = append(list, parameter{publicKey, int(algorithm)})
	}
	return list
}

// describe names credentials to a browser; clients expect lists where there is nothing, too.
func describe(credentials []record.Credential) []descriptor {
	list := make([]descriptor, 0, len(credentials))
	for _, c := range credentials {
		list = append(list, descriptor{publicKey, c.ID, append([]string{}, c.Transports...)})
	}
	return list
}

// newChallenge makes a random challenge, which cannot have been answered before.
func newChallenge() []byte {
	challenge := make([]byte, 32)
	_, _ = rand.Read(challenge) // crypto/rand never fails: it ends the program instead
	return challenge
}

func encode(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }
