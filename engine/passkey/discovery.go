package passkey

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cardea/engine/access"
	"cardea/platform/db"
	record "cardea/record/passkey"
)

// DiscoveryLife is how long an answer to the options of a Discovery is waited for.
const DiscoveryLife = 5 * time.Minute

// Discovery is a sign-in with a passkey of a user who has given no name: the browser offers the passkeys that it has for the
// relying party, and the answer tells whose it is.
type Discovery struct {
	access.App
	Party Party
}

// Begin makes the options for the browser, and the ceremony that SignIn.Finish needs, as SignIn.Begin does.
func (d Discovery) Begin() (options string, ceremony []byte, err error) {
	ceremony = newChallenge()
	document, err := json.Marshal(request{
		Challenge:    encode(ceremony),
		Timeout:      DiscoveryLife.Milliseconds(),
		RelyingParty: d.Party.ID,
		Allow:        []descriptor{},
		Verification: verification(d.Pool),
	})
	if err != nil {
		return "", nil, fmt.Errorf("encode passkey options: %w", err)
	}
	return string(document), ceremony, nil
}

// Find gives the passkey of the pool that an answer is about, for SignIn.Finish to judge it. The answer must tell the user, whom only
// the authenticator and the user themselves know; a passkey's id alone, which strangers may have seen, finds none. Otherwise Find
// answers ErrRefused.
func (d Discovery) Find(tx *db.Tx, answer string) (c record.Credential, err error) {
	parsed, err := readAssertion(answer)
	if err != nil {
		return c, refused(err)
	}
	c, err = record.Get(tx, d.Pool.ID, encode(parsed.RawID))
	if errors.Is(err, db.ErrNotFound) {
		return c, refused(err)
	}
	if err != nil {
		return c, fmt.Errorf("find passkey: %w", err)
	}
	if subtle.ConstantTimeCompare(parsed.Response.UserHandle, c.UserHandle) == 0 { // or there is none
		return record.Credential{}, refused(errors.New("passkey of another user"))
	}
	return c, nil
}
