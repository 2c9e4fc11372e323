package passkey

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"

	"cardea/engine/access"
	"cardea/platform/db"
	record "cardea/record/passkey"
	"cardea/record/pool"
	"cardea/spec/id"
)

var (
	// ErrNone says that there is no passkey to sign in with.
	ErrNone = errors.New("no passkey for the pool's relying party")

	// ErrRefused says that an answer proves nothing. It wraps the reason, which the client must not learn.
	ErrRefused = errors.New("passkey refused")

	// ErrClone says that an authenticator's counter has not grown: the answer was seen before, or there is a copy of it.
	ErrClone = errors.New("passkey's counter has not grown")
)

// Usable gives the passkeys with which a user can sign in to the pool: those for its relying party as it is now, the
// oldest first. Page is as Of has it.
func (n Parties) Usable(tx *db.Tx, p *pool.Pool, sub id.Sub, page string) ([]record.Credential, error) {
	party, err := n.Of(p, page)
	if err != nil {
		return nil, nil
	}
	list, err := record.List(tx, p.ID, sub)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(c record.Credential) bool { return c.RelyingParty != party.ID }), nil
}

// SignIn is a sign-in with a passkey, of a user or of an unknown name.
type SignIn struct {
	access.App
	Party       Party               // the zero Party: the pool has none
	Credentials []record.Credential // from Usable, for unknown users from Decoys
}

// Begin makes the options for the browser, as JSON, and the ceremony that Finish needs: 32 bytes for the caller to keep
// where clients cannot change them, and to give to Finish once. Without a passkey to ask for it answers ErrNone.
func (s SignIn) Begin() (options string, ceremony []byte, err error) {
	if s.Party.ID == "" || len(s.Credentials) == 0 {
		return "", nil, ErrNone // an empty list would let a browser offer any passkey
	}
	ceremony = newChallenge()
	document, err := json.Marshal(request{
		Challenge:    encode(ceremony),
		Timeout:      s.Client.SessionTTL().Milliseconds(),
		RelyingParty: s.Party.ID,
		Allow:        describe(s.Credentials),
		Verification: verification(s.Pool),
	})
	if err != nil {
		return "", nil, fmt.Errorf("encode passkey options: %w", err)
	}
	return string(document), ceremony, nil
}

// Assertion is an answer that was judged to be right. It has no effect before Commit.
type Assertion struct {
	Credential record.Credential // as it was when the answer was judged
	Counter    uint32            // the authenticator's, after this use
	Verified   bool              // the authenticator verified the user (UV)
	BackedUp   bool              // the passkey is on other devices too (BS)
}

// Finish judges what a browser answered to the options of Begin. Credentials are to be loaded anew. It answers ErrRefused.
func (s SignIn) Finish(ceremony []byte, answer string) (*Assertion, error) {
	parsed, err := readAssertion(answer)
	if err != nil {
		return nil, refused(err)
	}
	c, err := s.find(parsed)
	if err != nil {
		return nil, refused(err)
	}
	if err := s.verify(parsed, c, ceremony); err != nil {
		return nil, refused(err)
	}
	data := &parsed.Response.AuthenticatorData
	return &Assertion{
		Credential: *c,
		Counter:    data.Counter,
		Verified:   data.Flags.HasUserVerified(),
		BackedUp:   data.Flags.HasBackupState(),
	}, nil
}

// find gives the credential that an answer is about. If the authenticator says whose it is, it must agree.
func (s SignIn) find(parsed *protocol.ParsedCredentialAssertionData) (*record.Credential, error) {
	name := encode(parsed.RawID)
	i := slices.IndexFunc(s.Credentials, func(c record.Credential) bool { return c.ID == name })
	if i < 0 {
		return nil, errors.New("no such passkey")
	}
	c := &s.Credentials[i]
	if handle := parsed.Response.UserHandle; len(handle) > 0 && subtle.ConstantTimeCompare(handle, c.UserHandle) == 0 {
		return nil, errors.New("passkey of another user")
	}
	return c, nil
}

// verify is WebAuthn §7.2 from step 10 on, but for the counter.
func (s SignIn) verify(parsed *protocol.ParsedCredentialAssertionData, c *record.Credential, ceremony []byte) error {
	rp, origin := s.Party.ID, parsed.Response.CollectedClientData.Origin
	if rp == "" || c.RelyingParty != rp || len(ceremony) == 0 || !s.Party.allows(s.Client, origin) {
		return fmt.Errorf("relying party %s, origin %q", c.RelyingParty, origin)
	}
	err := parsed.Verify(encode(ceremony), rp, "", []string{origin}, nil, nil, protocol.TopOriginExplicitVerificationMode,
		false, demandsVerification(s.Pool), true, c.PublicKey, protocol.SignaturePolicy{})
	if err != nil {
		return err
	}
	flags := parsed.Response.AuthenticatorData.Flags
	if flags.HasBackupEligible() != c.BackupEligible || flags.HasBackupState() && !flags.HasBackupEligible() {
		return errors.New("backup flags contradict the registration")
	}
	return nil
}

// Commit stores the use, in the transaction that acts on it. It answers ErrClone when the counter has not grown since the
// last use, unless the authenticator does not count, and ErrRefused when the passkey was deleted meanwhile.
func (a *Assertion) Commit(tx *db.Tx) error {
	err := record.Use(tx, &a.Credential, a.Counter, a.BackedUp)
	switch {
	case errors.Is(err, db.ErrStale):
		return ErrClone
	case errors.Is(err, db.ErrNotFound):
		return refused(err)
	}
	return err
}

func refused(why error) error { return fmt.Errorf("%w: %w", ErrRefused, why) }
