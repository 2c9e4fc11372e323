package passkeys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"cardea/engine/access"
	"cardea/engine/passkey"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
)

// StartWebAuthnRegistration gives the options with which a browser has a passkey made. The challenge in them takes the
// place of an earlier one, lives five minutes and is good once, for this user and app.
func (s *Service) StartWebAuthnRegistration(ctx context.Context, in *cognitoidp.StartWebAuthnRegistrationRequest) (*cognitoidp.StartWebAuthnRegistrationResponse, error) {
	var options json.RawMessage
	err := s.Authenticator.Write(ctx, in.AccessToken, func(tx *db.Tx, who *access.Subject) (err error) {
		options, err = passkey.Registration{Subject: *who}.Begin(tx)
		return err
	})
	if err != nil {
		return nil, fault(err)
	}
	return &cognitoidp.StartWebAuthnRegistrationResponse{CredentialCreationOptions: options}, nil
}

// CompleteWebAuthnRegistration keeps the passkey that was made from those options.
func (s *Service) CompleteWebAuthnRegistration(ctx context.Context, in *cognitoidp.CompleteWebAuthnRegistrationRequest) (*cognitoidp.CompleteWebAuthnRegistrationResponse, error) {
	var made *passkey.Candidate
	err := s.Authenticator.Read(ctx, in.AccessToken, func(tx *db.Tx, who *access.Subject) (err error) {
		made, err = passkey.Registration{Subject: *who}.Judge(tx, in.Credential)
		return err
	})
	if err != nil {
		return nil, fault(err)
	}

	err = s.Authenticator.Write(ctx, in.AccessToken, func(tx *db.Tx, _ *access.Subject) error { return made.Keep(tx) })
	if err != nil {
		return nil, fault(err)
	}
	return &cognitoidp.CompleteWebAuthnRegistrationResponse{}, nil
}

// fault gives the fault for a registration's conditions, and any other error as it is.
func fault(err error) error {
	switch {
	case errors.Is(err, passkey.ErrDisabled):
		return cognitoidp.WebAuthnNotEnabled("Passkeys are not enabled for the user pool.")
	case errors.Is(err, passkey.ErrMany):
		return cognitoidp.LimitExceeded(fmt.Sprintf("A user can have at most %d passkeys.", passkey.Most))
	case errors.Is(err, passkey.ErrChallenge):
		return cognitoidp.WebAuthnChallengeNotFound("The challenge was not found: it has expired, was used, or a newer one took its place.")
	case errors.Is(err, passkey.ErrClient):
		return cognitoidp.WebAuthnClientMismatch("The access token is for another client than the one that started the registration.")
	case errors.Is(err, passkey.ErrOrigin):
		return cognitoidp.WebAuthnOriginNotAllowed("The origin of the passkey's registration is not allowed for the relying party.")
	case errors.Is(err, passkey.ErrRelyingParty):
		return cognitoidp.WebAuthnRelyingPartyMismatch("The passkey is for another relying party than the user pool's.")
	case errors.Is(err, passkey.ErrUnsupported):
		return cognitoidp.WebAuthnCredentialNotSupported("The passkey's provider or device is not supported.")
	case errors.Is(err, passkey.ErrKnown):
		return cognitoidp.InvalidParameter("The passkey is already registered.")
	case errors.Is(err, passkey.ErrMalformed):
		return cognitoidp.InvalidParameter("Invalid Credential.")
	}
	return err
}
