package upstream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// secretLife is how long a client secret that was made for Apple is good: it is used at once.
const secretLife = 5 * time.Minute

// appleSecret makes a client secret for Apple: a token by which the owner of the team's key speaks for the client.
func appleSecret(p *Provider, now time.Time) (string, error) {
	private, err := appleKey(p.Apple.Private)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: private, KeyID: p.Apple.ID}}, nil)
	if err != nil {
		return "", fmt.Errorf("sign client secret: %w", err)
	}
	claims, err := json.Marshal(map[string]any{
		"iss": p.Apple.Team, "sub": p.ClientID, "aud": p.Issuer, "iat": now.Unix(), "exp": now.Add(secretLife).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("encode client secret: %w", err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", fmt.Errorf("sign client secret: %w", err)
	}
	return signed.CompactSerialize()
}

// appleKey reads a private key as Apple gives them: PKCS #8 of the curve P-256, in PEM or its base64 alone.
func appleKey(private string) (*ecdsa.PrivateKey, error) {
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(private), ""))
	if block, _ := pem.Decode([]byte(private)); block != nil {
		der, err = block.Bytes, nil
	}
	if err != nil {
		return nil, errors.New("the private key is neither PEM nor base64")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("the private key is not PKCS #8")
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("the private key is not one of the curve P-256")
	}
	return key, nil
}

// maxUser bounds what Apple's page posts of the user, and maxName one of their names.
const (
	maxUser = 4 << 10
	maxName = 256
)

// appleUser reads what Apple's page posts of a user at their first sign-in. It came by way of their browser, so the names in it are
// what they want to be called, and its address, which nobody has signed, is not read.
func appleUser(posted string, j *Journal) map[string]string {
	if posted == "" {
		return nil
	}
	var object map[string]any
	err := errors.New("too long")
	if len(posted) <= maxUser {
		object, err = readObject([]byte(posted))
	}
	if err != nil {
		j.Add(Step{Kind: "came", Name: "user", Failed: clean(err.Error())})
		return nil
	}
	names, _ := object["name"].(map[string]any)
	said := map[string]string{}
	var whole []string
	for _, name := range []string{"firstName", "lastName"} {
		if value := text(names, name); value != "" && len(value) <= maxName && printable(value) {
			said[name] = value
			whole = append(whole, value)
		}
	}
	if len(whole) > 0 {
		said["name"] = strings.Join(whole, " ")
	}
	j.Add(Step{Kind: "came", Name: "user"})
	return said
}
