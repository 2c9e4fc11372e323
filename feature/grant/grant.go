package grant

import (
	"context"

	"cardea/engine/access"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/oauth2"
)

// Service answers GetClientToken.
type Service struct {
	Apps   access.Apps
	Tokens *token.Minter
}

var _ cognitoidp.Grant = (*Service)(nil)

// GetClientToken gives an app client that proves itself by its secret an access token for itself.
func (s *Service) GetClientToken(ctx context.Context, in *cognitoidp.GetClientTokenRequest) (*cognitoidp.GetClientTokenResponse, error) {
	var grant token.MachineGrant
	given := []oauth2.Credentials{{ID: in.ClientId, Secret: in.Secret}}
	err := s.Apps.Prove(ctx, "", given, func(tx *db.Tx, app access.App) (err error) {
		grant, err = token.GrantMachine(tx, app, in.Scopes)
		return err
	})
	if err != nil {
		return nil, err
	}

	grant.Metadata = in.ClientMetadata
	made, err := s.Tokens.Machine(ctx, grant)
	if err != nil {
		return nil, err
	}
	return &cognitoidp.GetClientTokenResponse{ClientAuthenticationResult: &cognitoidp.ClientAuthenticationResultType{
		AccessToken: made.AccessToken, ExpiresIn: made.ExpiresIn, TokenType: made.TokenType,
	}}, nil
}
