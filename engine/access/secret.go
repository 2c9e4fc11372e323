package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"

	"cardea/platform/seal"
	"cardea/record/client"
	"cardea/spec/cognitoidp"
)

// CheckSecretHash proves a client by the SECRET_HASH of a request: Base64(HMAC-SHA256(secret, username ‖ client id)), with
// the user name as it was sent. Any active secret will do. A client without secrets must send none.
func CheckSecretHash(box *seal.Box, c *client.Client, username, hash string) error {
	if !c.HasSecret() {
		if hash == "" {
			return nil
		}
		return wrongHash(c)
	}
	if hash == "" {
		return cognitoidp.NotAuthorized("Client " + string(c.ID) + " is configured with secret but SECRET_HASH was not received")
	}

	right, err := anySecret(box, c, func(secret []byte) int {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(username))
		mac.Write([]byte(c.ID))
		want := base64.StdEncoding.EncodeToString(mac.Sum(nil))
		return subtle.ConstantTimeCompare([]byte(want), []byte(hash))
	})
	if err != nil {
		return err
	}
	if !right {
		return wrongHash(c)
	}
	return nil
}

// CheckSecret proves a client by its secret itself, as RevokeToken and GetTokensFromRefreshToken take it. Any active secret
// will do. A client without secrets must send none.
func CheckSecret(box *seal.Box, c *client.Client, secret string) error {
	if !c.HasSecret() {
		if secret == "" {
			return nil
		}
		return wrongSecret(c)
	}

	given := sha256.Sum256([]byte(secret))
	right, err := anySecret(box, c, func(secret []byte) int {
		want := sha256.Sum256(secret)
		return subtle.ConstantTimeCompare(want[:], given[:])
	})
	if err != nil {
		return err
	}
	if !right {
		return wrongSecret(c)
	}
	return nil
}

// anySecret opens all secrets and tries each, also after one has matched, so that the time tells nothing.
func anySecret(box *seal.Box, c *client.Client, matches func(secret []byte) int) (bool, error) {
	found := 0
	for _, s := range c.Secrets {
		secret, err := box.Open(client.SecretLabel(c.ID), s.Sealed)
		if err != nil {
			return false, fmt.Errorf("open client secret: %w", err)
		}
		found |= matches(secret)
	}
	return found == 1, nil
}

func wrongHash(c *client.Client) error {
	return cognitoidp.NotAuthorized("Unable to verify secret hash for client " + string(c.ID))
}

func wrongSecret(c *client.Client) error {
	return cognitoidp.NotAuthorized("Invalid client secret for client " + string(c.ID))
}
