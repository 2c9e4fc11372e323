package main

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
)

// coseKey is an ES256 key as credentials carry it (RFC 9053 §7.1.1): the map {1: 2, 3: -7, -1: 1, -2: x, -3: y} in CBOR.
func coseKey(key *ecdsa.PublicKey) ([]byte, error) {
	point, err := key.Bytes()
	if err != nil {
		return nil, err
	}
	x, y := point[1:33], point[33:]
	return slices.Concat([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, x, []byte{0x22, 0x58, 0x20}, y), nil
}

// assert answers the options of a sign-in (PublicKeyCredentialRequestOptionsJSON) as a browser and an authenticator that
// does not count would, with AuthenticationResponseJSON.
func assert(key *ecdsa.PrivateKey, options string) (string, error) {
	var asked struct {
		Challenge        string
		AllowCredentials []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(options), &asked); err != nil {
		return "", fmt.Errorf("read passkey options: %w", err)
	}
	if len(asked.AllowCredentials) == 0 {
		return "", fmt.Errorf("no passkey in the options %s", options)
	}
	said, err := json.Marshal(fields{
		"type": "webauthn.get", "challenge": asked.Challenge, "origin": "http://" + relyingParty, "crossOrigin": false,
	})
	if err != nil {
		return "", err
	}

	party, hash := sha256.Sum256([]byte(relyingParty)), sha256.Sum256(said)
	const present, verified = 0x01, 0x04
	data := append(party[:], present|verified, 0, 0, 0, 0) // flags, and the counter
	signed := sha256.Sum256(slices.Concat(data, hash[:]))
	signature, err := ecdsa.SignASN1(rand.Reader, key, signed[:])
	if err != nil {
		return "", fmt.Errorf("sign with a passkey: %w", err)
	}

	encode := base64.RawURLEncoding.EncodeToString
	answer, err := json.Marshal(fields{
		"id": asked.AllowCredentials[0].ID, "rawId": asked.AllowCredentials[0].ID, "type": "public-key",
		"authenticatorAttachment": "platform", "clientExtensionResults": fields{},
		"response": fields{
			"clientDataJSON": encode(said), "authenticatorData": encode(data), "signature": encode(signature),
		},
	})
	return string(answer), err
}
