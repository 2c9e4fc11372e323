package access_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"testing"

	"cardea/engine/access"
	"cardea/platform/seal"
	"cardea/record/client"
	"cardea/spec/id"
)

const app = id.Client("1example23456789")

func newBox(t *testing.T) *seal.Box {
	t.Helper()
	box, err := seal.NewBox("us-east-1_AbC123xyz", 1, seal.Key{ID: 1, Secret: seal.NewKey()})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func clientWith(box *seal.Box, secrets ...string) *client.Client {
	c := &client.Client{ID: app}
	for _, secret := range secrets {
		c.Secrets = append(c.Secrets, client.Secret{Sealed: box.Seal(client.SecretLabel(app), []byte(secret))})
	}
	return c
}

// hash is the SECRET_HASH as AWS's documentation computes it.
func hash(secret, username string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(username + string(app)))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestSecretHashMustBeOfAnActiveSecret(t *testing.T) {
	t.Parallel()

	box := newBox(t)
	public, one, two := clientWith(box), clientWith(box, "first"), clientWith(box, "first", "second")
	const (
		missing = "app client 1example23456789 is not proven: no SECRET_HASH"
		wrong   = "app client 1example23456789 is not proven: wrong SECRET_HASH"
	)
	for name, c := range map[string]struct {
		of   *client.Client
		hash string
		want string
	}{
		"public without":            {public, "", ""},
		"public with":               {public, hash("first", "alice"), wrong},
		"confidential without":      {one, "", missing},
		"right":                     {one, hash("first", "alice"), ""},
		"other user":                {one, hash("first", "bob"), wrong},
		"other secret":              {one, hash("second", "alice"), wrong},
		"garbage":                   {one, "garbage", wrong},
		"older of two":              {two, hash("first", "alice"), ""},
		"newer of two":              {two, hash("second", "alice"), ""},
		"neither of two":            {two, hash("third", "alice"), wrong},
		"the secret, not its hash":  {one, "first", wrong},
		"hash with other base64url": {one, base64.RawURLEncoding.EncodeToString([]byte(hash("first", "alice"))), wrong},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compare(t, access.App{Client: c.of, Box: box}.CheckSecretHash("alice", c.hash), c.want)
		})
	}
}

func TestSecretMustBeAnActiveOne(t *testing.T) {
	t.Parallel()

	box := newBox(t)
	public, two := clientWith(box), clientWith(box, "first", "second")
	const wrong = "app client 1example23456789 is not proven: wrong secret"
	for name, c := range map[string]struct {
		of     *client.Client
		secret string
		want   string
	}{
		"public without":       {public, "", ""},
		"public with":          {public, "first", wrong},
		"confidential without": {two, "", wrong},
		"older":                {two, "first", ""},
		"newer":                {two, "second", ""},
		"wrong":                {two, "firs", wrong},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compare(t, access.App{Client: c.of, Box: box}.CheckSecret(c.secret), c.want)
		})
	}
}

func TestSecretMovedToAnotherClientDoesNotOpen(t *testing.T) {
	t.Parallel()

	box := newBox(t)
	other := clientWith(box, "first")
	other.ID = "other"
	err := access.App{Client: other, Box: box}.CheckSecret("first")
	if _, refused := errors.AsType[*access.SecretError](err); err == nil || refused {
		t.Errorf("got %v, want a failure", err)
	}
}

func compare(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
