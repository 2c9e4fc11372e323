package passkey

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"

	"cardea/engine/access"
	"cardea/platform/db"
	record "cardea/record/passkey"
)

// The conditions of a registration.
var (
	ErrDisabled     = errors.New("passkeys are not enabled in the pool")
	ErrMany         = errors.New("the user has as many passkeys as there may be")
	ErrChallenge    = errors.New("no registration waits for this challenge")
	ErrClient       = errors.New("the registration began in another app")
	ErrOrigin       = errors.New("the origin is not allowed")
	ErrRelyingParty = errors.New("the passkey is for another relying party")
	ErrUnsupported  = errors.New("the authenticator cannot do what is asked of it")
	ErrMalformed    = errors.New("the answer is not one of a registration")
	ErrKnown        = errors.New("the passkey is registered already")
)

// registrationTTL is how long a registration waits for its answer.
const registrationTTL = 5 * time.Minute

// Registration registers one more passkey for a signed-in user, in an app.
type Registration struct {
	access.Subject
	Parties Parties
}

// Begin makes the options for the browser and remembers their challenge, in the place of an earlier one. It answers
// ErrDisabled, ErrUnconfigured and ErrMany.
func (r Registration) Begin(tx *db.Tx) (json.RawMessage, error) {
	if !Enabled(r.Pool) {
		return nil, ErrDisabled
	}
	party, err := r.Parties.Of(r.Pool, r.Page)
	if err != nil {
		return nil, err
	}
	list, err := record.List(tx, r.Pool.ID, r.User.Sub)
	if err != nil {
		return nil, err
	}
	if len(list) >= Most {
		return nil, ErrMany
	}

	ceremony := &record.Ceremony{
		Pool: r.Pool.ID, Sub: r.User.Sub, Client: r.Client.ID, Challenge: newChallenge(), Expires: tx.Now.Add(registrationTTL),
	}
	options, err := json.Marshal(creation{
		RelyingParty: relyingParty{party.ID, party.ID},
		User:         userEntity{encode(r.handle()), r.name(), r.name()},
		Challenge:    encode(ceremony.Challenge),
		Parameters:   parameters(),
		Timeout:      registrationTimeout,
		Exclude:      describe(slices.DeleteFunc(list, func(c record.Credential) bool { return c.RelyingParty != party.ID })),
		Selection:    selection{true, "required", verification(r.Pool)},
		Attestation:  "none",
	})
	if err != nil {
		return nil, fmt.Errorf("encode passkey options: %w", err)
	}
	return options, record.Begin(tx, ceremony)
}

// handle identifies the user to authenticators: the sub, which reveals nothing and never changes.
func (r Registration) handle() []byte { return []byte(r.User.Sub) }

// name is what users see of the account: the user name or, where the pool generates that, the attribute that they sign in
// with.
func (r Registration) name() string {
	for _, attribute := range r.Pool.Doc.UsernameAttributes {
		if value := r.User.Attributes[attribute]; value != "" && r.Client.CanRead(attribute) {
			return value
		}
	}
	return r.User.Username
}

// Candidate is a credential whose registration was judged to be right. Keep stores it.
type Candidate struct {
	credential record.Credential
	ceremony   *record.Ceremony
	decoy      bool
}

// Judge compares an authenticator's answer, RegistrationResponseJSON, with the user's open registration. It changes nothing
// and answers every condition of a registration but ErrMany and ErrKnown.
func (r Registration) Judge(tx *db.Tx, answer []byte) (*Candidate, error) {
	party, err := r.Parties.Of(r.Pool, r.Page)
	if err != nil || !Enabled(r.Pool) {
		return nil, ErrDisabled
	}
	parsed, err := readRegistration(answer)
	if err != nil {
		return nil, malformed(err)
	}
	ceremony, err := record.Waiting(tx, r.Pool.ID, r.User.Sub)
	if errors.Is(err, db.ErrNotFound) {
		return nil, ErrChallenge
	}
	if err != nil {
		return nil, fmt.Errorf("find the registration: %w", err)
	}
	if ceremony.Client != r.Client.ID {
		return nil, ErrClient
	}
	if err := r.verify(party, ceremony, parsed); err != nil {
		return nil, err
	}
	c := credentialOf(parsed)
	c.Pool, c.Sub, c.Client, c.RelyingParty, c.UserHandle = r.Pool.ID, r.User.Sub, r.Client.ID, party.ID, r.handle()
	return &Candidate{c, ceremony, isDecoy(r.Box, parsed.RawID)}, nil
}

// verify is WebAuthn §7.1 up to the attestation statement. It first checks what has a condition of its own; the library
// then checks everything.
func (r Registration) verify(party Party, ceremony *record.Ceremony, parsed *protocol.ParsedCredentialCreationData) error {
	said, object := &parsed.Response.CollectedClientData, &parsed.Response.AttestationObject
	challenge, hash := encode(ceremony.Challenge), sha256.Sum256([]byte(party.ID))
	switch {
	case subtle.ConstantTimeCompare([]byte(said.Challenge), []byte(challenge)) == 0:
		return ErrChallenge
	case said.CrossOrigin || !party.allows(r.Client, said.Origin):
		return ErrOrigin
	case !bytes.Equal(object.AuthData.RPIDHash, hash[:]):
		return ErrRelyingParty
	case demandsVerification(r.Pool) && !object.AuthData.Flags.HasUserVerified():
		return ErrUnsupported
	}
	if err := checkKey(object.AuthData.AttData.CredentialPublicKey); err != nil {
		return err
	}

	bare := *parsed // without attestation: it was not asked for, but browsers may send a statement
	bare.Response.AttestationObject.Format = string(protocol.AttestationFormatNone)
	bare.Response.AttestationObject.AttStatement = nil
	var wanted []protocol.CredentialParameter
	for _, algorithm := range algorithms {
		wanted = append(wanted, protocol.CredentialParameter{Type: publicKey, Algorithm: algorithm})
	}
	_, err := bare.Verify(challenge, party.ID, []string{said.Origin}, nil, nil, protocol.TopOriginExplicitVerificationMode,
		false, demandsVerification(r.Pool), true, nil, wanted, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		return malformed(err)
	}
	if flags := object.AuthData.Flags; flags.HasBackupState() && !flags.HasBackupEligible() {
		return malformed(errors.New("backed up, and not eligible for it"))
	}
	return nil
}

// Keep stores the credential and uses up its challenge. It answers ErrChallenge, ErrMany and ErrKnown.
func (c *Candidate) Keep(tx *db.Tx) error {
	err := record.Finish(tx, c.ceremony)
	if errors.Is(err, db.ErrNotFound) {
		return ErrChallenge
	}
	if err != nil {
		return err
	}
	n, err := record.Count(tx, c.credential.Pool, c.credential.Sub)
	if err != nil {
		return fmt.Errorf("count passkeys: %w", err)
	}
	if n >= Most {
		return ErrMany
	}
	kept := c.credential
	kept.Created = tx.Now
	err = record.Insert(tx, &kept)
	if errors.Is(err, db.ErrExists) || err == nil && c.decoy { // the error undoes the insertion, which took as long
		return ErrKnown
	}
	return err
}

func malformed(why error) error { return fmt.Errorf("%w: %w", ErrMalformed, why) }
