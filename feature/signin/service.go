package signin

import (
	"context"

	"cardea/engine/access"
	"cardea/engine/bearer"
	"cardea/engine/password"
	"cardea/engine/token"
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
}

// InitiateAuth begins a sign-in from an app.
func (s *Service) InitiateAuth(ctx context.Context, in *cognitoidp.InitiateAuthRequest) (*cognitoidp.InitiateAuthResponse, error) {
	from, forwarded := appsUser(ctx, in.UserContextData)
	out, err := s.Begin(ctx, Start{
		Client: in.ClientId, Flow: in.AuthFlow, Session: in.Session,
		Parameters: in.AuthParameters, Metadata: in.ClientMetadata, From: from, Forwarded: forwarded,
	})
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
	from, forwarded := adminsUser(ctx, in.ContextData)
	out, err := s.Begin(ctx, Start{
		Admin: true, Pool: in.UserPoolId, Client: in.ClientId,
		Flow: in.AuthFlow, Session: in.Session, Parameters: in.AuthParameters, Metadata: in.ClientMetadata,
		From: from, Forwarded: forwarded,
	})
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
	from, forwarded := appsUser(ctx, in.UserContextData)
	out, err := s.Answer(ctx, Reply{
		Client: in.ClientId, Challenge: in.ChallengeName, Session: in.Session,
		Responses: in.ChallengeResponses, Metadata: in.ClientMetadata, From: from, Forwarded: forwarded,
	})
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
	from, forwarded := adminsUser(ctx, in.ContextData)
	out, err := s.Answer(ctx, Reply{
		Admin: true, Pool: in.UserPoolId, Client: in.ClientId, Challenge: in.ChallengeName, Session: in.Session,
		Responses: in.ChallengeResponses, Metadata: in.ClientMetadata, From: from, Forwarded: forwarded,
	})
	if err != nil {
		return nil, err
	}
	return &cognitoidp.AdminRespondToAuthChallengeResponse{
		ChallengeName: out.Challenge, Session: out.Session, ChallengeParameters: out.Parameters,
		AuthenticationResult: out.Tokens,
	}, nil
}
