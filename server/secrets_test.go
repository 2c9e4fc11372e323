package server_test

import (
	"bytes"
	"encoding/base32"
	"os"
	"strings"
	"testing"

	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
	"cardea/spec/saml/samltest"
)

// TestDatabaseHoldsNoSecretInTheClear looks for secrets in the bytes of the database's files.
func TestDatabaseHoldsNoSecretInTheClear(t *testing.T) {
	t.Parallel()
	url := dbtest.SQLite(t)
	w := servertest.New(t, url, nil)
	pool := w.Pool(t, servertest.M{
		"AutoVerifiedAttributes": []string{"email"},
		"Policies":               servertest.M{"PasswordPolicy": servertest.M{"MinimumLength": 8, "PasswordHistorySize": 2}},
	})
	w.Must(t, "SetUserPoolMfaConfig", servertest.M{
		"UserPoolId": pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": servertest.M{"Enabled": true},
	})
	client := w.Client(t, pool, nil)
	confidential := servertest.Text(w.Must(t, "CreateUserPoolClient", servertest.M{
		"UserPoolId": pool, "ClientName": "confidential", "GenerateSecret": true,
	}), "UserPoolClient.ClientSecret")

	const changed = "Another-horse-2"
	jane := servertest.M{"ClientId": client, "Username": "jane"}
	w.Must(t, "SignUp", servertest.With(jane, servertest.M{
		"Password": servertest.Password, "UserAttributes": servertest.Attributes("email", "jane@example.org"),
	}))
	sent := w.Inbox("jane@example.org")[0].Body
	w.Must(t, "ConfirmSignUp", servertest.With(jane, servertest.M{"ConfirmationCode": w.Code(t, "jane@example.org")}))
	tokens := w.SignIn(t, client, "jane")
	software := w.SoftwareToken(t, tokens["AccessToken"])
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(software)
	if err != nil {
		t.Fatal(err)
	}
	w.Must(t, "ChangePassword", servertest.M{
		"AccessToken": tokens["AccessToken"], "PreviousPassword": servertest.Password, "ProposedPassword": changed,
	})
	session := servertest.Text(w.Must(t, "InitiateAuth", servertest.M{
		"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
		"AuthParameters": servertest.M{"USERNAME": "jane", "PASSWORD": changed},
	}), "Session")

	const atProvider, atApple = "secret-of-the-app-at-google", "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg"
	w.Must(t, "CreateIdentityProvider", servertest.M{
		"UserPoolId": pool, "ProviderName": "Google", "ProviderType": "Google",
		"ProviderDetails": servertest.M{"client_id": "id", "client_secret": atProvider, "authorize_scopes": "openid"},
	})
	w.Must(t, "CreateIdentityProvider", servertest.M{
		"UserPoolId": pool, "ProviderName": "SignInWithApple", "ProviderType": "SignInWithApple",
		"ProviderDetails": servertest.M{"client_id": "id", "team_id": "team", "key_id": "key", "private_key": atApple},
	})
	w.Must(t, "CreateIdentityProvider", servertest.M{
		"UserPoolId": pool, "ProviderName": "ADFS", "ProviderType": "SAML",
		"ProviderDetails": servertest.M{"MetadataFile": string(samltest.New("https://idp.example.com").Metadata())},
	})
	w.Must(t, "GetSigningCertificate", servertest.M{"UserPoolId": pool})

	stored := files(t, strings.TrimPrefix(url, "sqlite:"))
	if !bytes.Contains(stored, []byte("jane@example.org")) {
		t.Fatal("the files hold nothing that is known to be stored")
	}
	for name, secret := range map[string]string{
		"password":             servertest.Password,
		"new password":         changed,
		"client secret":        confidential,
		"refresh token":        servertest.Text(tokens, "RefreshToken"),
		"access token":         servertest.Text(tokens, "AccessToken"),
		"Session":              session,
		"software token":       software,
		"software token's key": string(key),
		"message":              sent,
		"secret at a provider": atProvider,
		"Apple's key":          atApple,
		"RSA private key, b64": "IBADANBgkqhkiG9w0BAQE",                        // as PKCS #8 has it, and a certificate has not
		"RSA private key":      "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", // rsaEncryption, in PKCS #8
	} {
		if secret == "" || bytes.Contains(stored, []byte(secret)) {
			t.Errorf("%s (%d bytes) is in the files, or was not made", name, len(secret))
		}
	}
}

// files is the content of a database and its log.
func files(t *testing.T, path string) []byte {
	t.Helper()
	var all []byte
	for _, name := range []string{path, path + "-wal"} {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, content...)
	}
	return all
}
