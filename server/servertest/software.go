package servertest

import (
	"encoding/base32"
	"testing"

	"cardea/spec/totp"
)

// SoftwareCode is what an authenticator app that was given a SecretCode shows now.
func (w *World) SoftwareCode(t testing.TB, secretCode string) string {
	t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secretCode)
	if err != nil {
		t.Fatalf("SecretCode %q: %v", secretCode, err)
	}
	return totp.Code(secret, totp.Step(w.Now()))
}

// SoftwareToken sets up a software token for the bearer of an access token and returns its SecretCode. The code of this half
// minute is used by it.
func (w *World) SoftwareToken(t testing.TB, accessToken any) string {
	t.Helper()
	secret := Text(w.Must(t, "AssociateSoftwareToken", M{"AccessToken": accessToken}), "SecretCode")
	w.Must(t, "VerifySoftwareToken", M{"AccessToken": accessToken, "UserCode": w.SoftwareCode(t, secret)})
	return secret
}
