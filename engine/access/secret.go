package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"

	"cardea/record/client"
	"cardea/spec/id"
)

// SecretError says that an app client has not proven that it has its secret.
type SecretError struct {
	Client  id.Client
	Missing bool // a SECRET_HASH was needed and not sent
	Hash    bool // a SECRET_HASH was expected, not the secret itself
}

func (e *SecretError) Error() string {
	why := "wrong secret"
	switch {
	case e.Missing:
		why = "no SECRET_HASH"
	case e.Hash:
		why = "wrong SECRET_HASH"
	}
	return "app client " + string(e.Client) + " is not proven: " + why
}

// CheckSecretHash proves the app by the SECRET_HASH of a request: Base64(HMAC-SHA256(secret, username ‖ client id)), with
// the user name as it was sent. Any active secret will do. An app without secrets must send none. It answers *SecretError.
func (a App) CheckSecretHash(username, hash string) error {
	refused := &SecretError{Client: a.Client.ID, Hash: true}
	if !a.Client.HasSecret() {
		if hash == "" {
			return nil
		}
		return refused
	}
	if hash == "" {
		refused.Missing = true
		return refused
	}

	right, err := a.anySecret(func(secret []byte) int {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(username))
		mac.Write([]byte(a.Client.ID))
		want := base64.StdEncoding.EncodeToString(mac.Sum(nil))
		return subtle.ConstantTimeCompare([]byte(want), []byte(hash))
	})
	if err != nil {
		return err
	}
	if !right {
		return refused
	}
	return nil
}

// CheckSecret proves the app by its secret itself, as RevokeToken and GetTokensFromRefreshToken take it. Any active secret
// will do. An app without secrets must send none. It answers *SecretError.
func (a App) CheckSecret(secret string) error {
	refused := &SecretError{Client: a.Client.ID}
	if !a.Client.HasSecret() {
		if secret == "" {
			return nil
		}
		return refused
	}

	given := sha256.Sum256([]byte(secret))
	right, err := a.anySecret(func(secret []byte) int {
		want := sha256.Sum256(secret)
		return subtle.ConstantTimeCompare(want[:], given[:])
	})
	if err != nil {
		return err
	}
	if !right {
		return refused
	}
	return nil
}

// anySecret tries all secrets, also after one has matched, so that the time does not tell which it was.
func (a App) anySecret(matches func(secret []byte) int) (bool, error) {
	found := 0
	for _, s := range a.Client.Secrets {
		secret, err := a.Box.Open(client.SecretLabel(a.Client.ID), s.Sealed)
		if err != nil {
			return false, fmt.Errorf("open client secret: %w", err)
		}
		found |= matches(secret)
	}
	return found == 1, nil
}
