package passkeys

import (
	"context"
	"encoding/json"

	"cardea/engine/access"
	"cardea/engine/passkey"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
)

// StartWebAuthnRegistration gives the options with which a browser has a passkey made. The challenge in them replaces an
// earlier one, is valid for five minutes and works once, for this user and app.
func (s *Service) StartWebAuthnRegistration(ctx context.Context, in *cognitoidp.StartWebAuthnRegistrationRequest) (*cognitoidp.StartWebAuthnRegistrationResponse, error) {
	var options json.RawMessage
	err := s.Authenticator.Write(ctx, in.AccessToken, func(tx *db.Tx, who *access.Subject) (err error) {
		options, err = passkey.Registration{Subject: *who, Parties: s.Parties}.Begin(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.StartWebAuthnRegistrationResponse{CredentialCreationOptions: options}, nil
}

// CompleteWebAuthnRegistration stores the passkey that was made with those options.
func (s *Service) CompleteWebAuthnRegistration(ctx context.Context, in *cognitoidp.CompleteWebAuthnRegistrationRequest) (*cognitoidp.CompleteWebAuthnRegistrationResponse, error) {
	var made *passkey.Candidate
	err := s.Authenticator.Read(ctx, in.AccessToken, func(tx *db.Tx, who *access.Subject) (err error) {
		made, err = passkey.Registration{Subject: *who, Parties: s.Parties}.Judge(tx, in.Credential)
		return err
	})
	if err != nil {
		return nil, err
	}

	err = s.Authenticator.Write(ctx, in.AccessToken, func(tx *db.Tx, _ *access.Subject) error { return made.Keep(tx) })
	if err != nil {
		return nil, err
	}
	return &cognitoidp.CompleteWebAuthnRegistrationResponse{}, nil
}
