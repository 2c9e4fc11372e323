package identitypool

import (
	"context"

	"cardea/engine/broker"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidentity"
	"cardea/spec/iampolicy/awsmanaged"
	"cardea/spec/jose"
)

// brokered gets credentials of another token service. Whether the role may be assumed is for that service to say: it is shown a token
// of the pool.
func (s *Service) brokered(ctx context.Context, from *broker.Broker, p *presented, ask broker.Ask, tags map[string]string) (*cognitoidentity.Credentials, error) {
	ask.Identity, ask.Session, ask.Guest = string(p.who), sessionName, len(p.logins) == 0
	if ask.Guest {
		ask.Policy = awsmanaged.GuestsDocument()
	}
	algorithm := jose.RS512
	if from.RS256 {
		algorithm = jose.RS256
	}
	ask.Token = func(ctx context.Context) (string, error) { return s.sign(ctx, p, tags, classicLife, algorithm) }

	made, err := s.Brokers.Credentials(ctx, from, ask)
	if err != nil {
		return nil, err
	}
	return &cognitoidentity.Credentials{
		AccessKeyId: made.AccessKeyID, SecretKey: made.Secret, SessionToken: made.Token, Expiration: awsjson.At(made.Expires),
	}, nil
}
