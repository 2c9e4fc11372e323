package identitypool

import (
	"context"
	"strings"
	"time"
	"unicode"

	"cardea/engine/federated"
	"cardea/engine/identitytoken"
	"cardea/record/identitypool"
	"cardea/spec/cognitoidentity"
	"cardea/spec/id"
)

const (
	// classicLife is how long a token of the classic flow is good.
	classicLife = 10 * time.Minute

	// developerLife is how long a developer's token is good, unless it is told.
	developerLife = 15 * time.Minute

	// maxDeveloperUser bounds the names of a developer's users, in bytes.
	maxDeveloperUser = 1024
)

// GetOpenIdToken answers a token of the pool for an identity, which STS gives credentials for.
func (s *Service) GetOpenIdToken(ctx context.Context, in *cognitoidentity.GetOpenIdTokenInput) (*cognitoidentity.GetOpenIdTokenResponse, error) {
	p, err := s.present(ctx, in.IdentityId, in.Logins, s.Limits.Tokens)
	if err != nil {
		return nil, err
	}
	if err := allowsClassic(p.pool); err != nil {
		return nil, err
	}
	var tags map[string]string
	if len(p.logins) > 0 {
		if tags, err = s.tags(ctx, p, p.logins[0]); err != nil {
			return nil, err
		}
	}
	if err := s.settle(ctx, p); err != nil {
		return nil, err
	}
	made, err := s.sign(ctx, p, tags, classicLife, "")
	if err != nil {
		return nil, err
	}
	return &cognitoidentity.GetOpenIdTokenResponse{IdentityId: string(p.who), Token: made}, nil
}

// allowsClassic answers a fault for a pool without the classic flow. One that was never told has it.
func allowsClassic(p *identitypool.Pool) error {
	if allowed := p.Doc.AllowClassicFlow; allowed != nil && !*allowed {
		return cognitoidentity.InvalidParameter("Basic (classic) flow is not enabled, please use enhanced flow.")
	}
	if len(p.Roles.RoleMappings) > 0 {
		return cognitoidentity.InvalidParameter("Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.")
	}
	return nil
}

// GetOpenIdTokenForDeveloperIdentity answers a token of the pool for a user whom the developer vouches for by signing the request. The
// request may show other logins of theirs, which are linked.
func (s *Service) GetOpenIdTokenForDeveloperIdentity(ctx context.Context, in *cognitoidentity.GetOpenIdTokenForDeveloperIdentityInput) (*cognitoidentity.GetOpenIdTokenForDeveloperIdentityResponse, error) {
	if err := checkSessionTags(in.PrincipalTags); err != nil {
		return nil, err
	}
	pool, err := s.readPool(ctx, in.IdentityPoolId)
	if err != nil {
		return nil, err
	}
	developer := pool.Doc.DeveloperProviderName
	user := in.Logins[developer]
	switch {
	case developer == "" || user == "":
		return nil, errNoDeveloper
	case len(user) > maxDeveloperUser || strings.ContainsFunc(user, unicode.IsControl):
		return nil, cognitoidentity.InvalidParameter("Invalid developer user identifier.")
	}
	others := make(map[string]string, len(in.Logins))
	for provider, given := range in.Logins {
		if provider != developer {
			others[provider] = given
		}
	}
	tokens, err := s.verify(ctx, pool, others, nil)
	if err != nil {
		return nil, err
	}
	who, err := s.link(ctx, proof{pool: pool.ID, named: id.Identity(in.IdentityId), tokens: tokens, developer: user})
	if err != nil {
		return nil, err
	}

	vouched := &federated.Token{Provider: developer, Detail: developerDetail(pool, user)}
	life := developerLife
	if in.TokenDuration > 0 {
		life = time.Duration(in.TokenDuration) * time.Second
	}
	made, err := s.sign(ctx, &presented{pool, who, []*federated.Token{vouched}}, in.PrincipalTags, life, "")
	if err != nil {
		return nil, err
	}
	return &cognitoidentity.GetOpenIdTokenForDeveloperIdentityResponse{IdentityId: string(who), Token: made}, nil
}

// sign makes a token of the pool that says who somebody is, here or elsewhere.
func (s *Service) sign(ctx context.Context, p *presented, tags map[string]string, life time.Duration, elsewhere string) (string, error) {
	now := s.DB.Now()
	return s.Tokens.Sign(ctx, identitytoken.Claims{
		Pool: string(p.pool.ID), PoolARN: p.pool.ID.ARN(s.Account), Identity: string(p.who), Methods: p.methods(), Tags: tags,
		Issued: now, Expires: now.Add(life), Elsewhere: elsewhere,
	})
}
