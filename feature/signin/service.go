package signin

import (
	"context"

	"cardea/engine/access"
	"cardea/engine/bearer"
	"cardea/engine/hosted"
	"cardea/engine/migration"
	"cardea/engine/passkey"
	"cardea/engine/password"
	"cardea/engine/token"
	"cardea/engine/trigger"
	"cardea/engine/verification"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
)

// Service answers the operations of sign-in.
type Service struct {
	Apps          access.Apps
	DB            *db.DB
	Passwords     *password.Hasher
	Tokens        *token.Minter
	Codes         *verification.Codes
	Authenticator *bearer.Authenticator
	Triggers      trigger.Triggers
	Migrator      *migration.Migrator
	Hosted        *hosted.Server
	Parties       passkey.Parties
}

// InitiateAuth begins a sign-in from an app.
func (s *Service) InitiateAuth(ctx context.Context, in *cognitoidp.InitiateAuthRequest) (*cognitoidp.InitiateAuthResponse, error) {
	out, err := s.Begin(ctx, Request{
		Client: in.ClientId, Name: in.AuthFlow, Session: in.Session, Given: in.AuthParameters, Metadata: in.ClientMetadata,
	}.ofApp(ctx, in.UserContextData))
	if err != nil {
		return nil, err
	}
	return &cognitoidp.InitiateAuthResponse{
		ChallengeName: out.Challenge, Session: out.Session, ChallengeParameters: out.Parameters,
		AuthenticationResult: out.Tokens, AvailableChallenges: out.Available,
	}, nil
}

// AdminInitiateAuth begins a sign-in from a server with AWS credentials.
func (s *Service) AdminInitiateAuth(
	ctx context.Context, in *cognitoidp.AdminInitiateAuthRequest,
) (*cognitoidp.AdminInitiateAuthResponse, error) {
	out, err := s.Begin(ctx, Request{
		Pool: in.UserPoolId, Client: in.ClientId, Name: in.AuthFlow, Session: in.Session, Given: in.AuthParameters,
		Metadata: in.ClientMetadata,
	}.ofAdministrator(ctx, in.ContextData))
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminInitiateAuthResponse{
		ChallengeName: out.Challenge, Session: out.Session, ChallengeParameters: out.Parameters,
		AuthenticationResult: out.Tokens, AvailableChallenges: out.Available,
	}, nil
}

// RespondToAuthChallenge answers a challenge from an app.
func (s *Service) RespondToAuthChallenge(
	ctx context.Context, in *cognitoidp.RespondToAuthChallengeRequest,
) (*cognitoidp.RespondToAuthChallengeResponse, error) {
	out, err := s.Answer(ctx, Request{
		Client: in.ClientId, Name: in.ChallengeName, Session: in.Session, Given: in.ChallengeResponses,
		Metadata: in.ClientMetadata,
	}.ofApp(ctx, in.UserContextData))
	if err != nil {
		return nil, err
	}
	return &cognitoidp.RespondToAuthChallengeResponse{
		ChallengeName: out.Challenge, Session: out.Session, ChallengeParameters: out.Parameters,
		AuthenticationResult: out.Tokens,
	}, nil
}

// AdminRespondToAuthChallenge answers a challenge from a server with AWS credentials.
func (s *Service) AdminRespondToAuthChallenge(
	ctx context.Context, in *cognitoidp.AdminRespondToAuthChallengeRequest,
) (*cognitoidp.AdminRespondToAuthChallengeResponse, error) {
	out, err := s.Answer(ctx, Request{
		Pool: in.UserPoolId, Client: in.ClientId, Name: in.ChallengeName, Session: in.Session, Given: in.ChallengeResponses,
		Metadata: in.ClientMetadata,
	}.ofAdministrator(ctx, in.ContextData))
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminRespondToAuthChallengeResponse{
		ChallengeName: out.Challenge, Session: out.Session, ChallengeParameters: out.Parameters,
		AuthenticationResult: out.Tokens,
	}, nil
}
