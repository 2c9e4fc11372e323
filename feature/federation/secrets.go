package federation

import (
	"encoding/json"
	"fmt"

	"cardea/platform/seal"
	"cardea/record/provider"
)

// secrets are what of a provider is stored sealed.
type secrets struct {
	Client     string `json:"client_secret,omitempty"`
	Private    string `json:"private_key,omitempty"`    // of Apple's team
	Decryption []byte `json:"decryption_key,omitempty"` // for what a SAML provider sends, in PKCS #8
}

// String keeps the secrets out of logs.
func (secrets) String() string { return "secrets" }

// GoString keeps the secrets out of logs, too.
func (secrets) GoString() string { return "secrets" }

func secretLabel(name string) string { return "identity-provider/" + name }

// seal puts secrets into a provider.
func (sec secrets) seal(box *seal.Box, p *provider.Provider) error {
	if sec.Client == "" && sec.Private == "" && sec.Decryption == nil {
		p.Sealed = nil
		return nil
	}
	text, err := json.Marshal(sec)
	if err != nil {
		return fmt.Errorf("encode secrets of identity provider: %w", err)
	}
	p.Sealed = box.Seal(secretLabel(p.Name), text)
	return nil
}

// unseal gives the secrets of a provider.
func unseal(box *seal.Box, p *provider.Provider) (sec secrets, err error) {
	if len(p.Sealed) == 0 {
		return sec, nil
	}
	text, err := box.Open(secretLabel(p.Name), p.Sealed)
	if err != nil {
		return sec, fmt.Errorf("open secrets of identity provider %s: %w", p.Name, err)
	}
	if err := json.Unmarshal(text, &sec); err != nil {
		return secrets{}, fmt.Errorf("decode secrets of identity provider %s", p.Name) // the cause might quote them
	}
	return sec, nil
}
