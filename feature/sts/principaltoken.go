package sts

import (
	"context"
	"time"

	"cardea/engine/authorization"
	"cardea/engine/principaltoken"
	"cardea/platform/caller"
	"cardea/spec/awsjson"
	"cardea/spec/sts"
)

// GetWebIdentityToken answers a signed token that says who the caller is, for services that trust the issuer.
func (s *Service) GetWebIdentityToken(ctx context.Context, in *sts.GetWebIdentityTokenRequest) (*sts.GetWebIdentityTokenResponse, error) {
	if !principaltoken.Signs(in.SigningAlgorithm) {
		return nil, invalid("SigningAlgorithm must be RS256 or ES384.")
	}
	by, err := signer(ctx)
	if err != nil {
		return nil, err
	}
	requested, _, err := (tags{}).with(in.Tags, nil)
	if err != nil {
		return nil, err
	}
	life := time.Duration(in.DurationSeconds) * time.Second
	if life == 0 {
		life = principaltoken.DefaultLife
	}
	issued := s.DB.Now().UTC().Truncate(time.Second)
	claims := &principaltoken.Claims{
		Subject: by.Lasting(s.Account), Audience: in.Audience, Account: by.Account, Region: caller.From(ctx).Region,
		PrincipalTags: by.Tags(), RequestTags: requested, Issued: issued, Expires: issued.Add(life),
	}
	if err := describe(claims, by); err != nil {
		return nil, err
	}
	jwt, err := s.Tokens.Sign(ctx, in.SigningAlgorithm, claims)
	if err != nil {
		return nil, err
	}
	return &sts.GetWebIdentityTokenResponse{WebIdentityToken: jwt, Expiration: awsjson.At(claims.Expires)}, nil
}

// describe adds what is known of the caller's session, which no token outlives.
func describe(c *principaltoken.Claims, by *authorization.Principal) error {
	session := by.Session
	if session == nil {
		return nil
	}
	if c.Expires.After(session.Expires) {
		return sts.SessionDurationEscalation("The requested token duration would extend the session beyond its original expiration time.")
	}
	c.SessionExpires, c.SourceIdentity = session.Expires, session.SourceIdentity
	if provider := session.Keys["aws:federatedprovider"]; len(provider) > 0 {
		c.FederatedProvider = provider[0]
	}
	return nil
}
