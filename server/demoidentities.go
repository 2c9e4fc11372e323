package server

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"cardea/spec/cognitoidentity"
	"cardea/spec/iam"
)

// makeDemoIdentities makes an identity pool for users of the demo client, with a role that may do nothing yet.
func (s *Server) makeDemoIdentities(ctx context.Context, pool, client string) error {
	made, err := s.Identities.Identitypool.CreateIdentityPool(ctx, &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName:         demoName,
		CognitoIdentityProviders: []cognitoidentity.CognitoIdentityProvider{{ProviderName: s.demoProvider(pool), ClientId: client}},
	})
	if err != nil {
		return err
	}
	trust, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": map[string]any{
		"Effect": "Allow", "Principal": map[string]string{"Federated": "cognito-identity.amazonaws.com"},
		"Action": []string{"sts:AssumeRoleWithWebIdentity", "sts:TagSession"},
		"Condition": map[string]any{
			"StringEquals":           map[string]string{"cognito-identity.amazonaws.com:aud": made.IdentityPoolId},
			"ForAnyValue:StringLike": map[string]string{"cognito-identity.amazonaws.com:amr": "authenticated"},
		},
	}})
	if err != nil {
		return err
	}
	_, number, _ := strings.Cut(made.IdentityPoolId, ":")
	role, err := s.IAM.Iam.CreateRole(ctx, &iam.CreateRoleRequest{RoleName: demoName + "-" + number, AssumeRolePolicyDocument: string(trust)})
	if err != nil {
		return err
	}
	return s.Identities.Identitypool.SetIdentityPoolRoles(ctx, &cognitoidentity.SetIdentityPoolRolesInput{
		IdentityPoolId: made.IdentityPoolId, Roles: map[string]string{"authenticated": role.Role.Arn},
	})
}

// demoIdentities finds the identity pool of the demo client; "" if there is none among the first sixty.
func (s *Server) demoIdentities(ctx context.Context, pool string) (string, error) {
	list, err := s.Identities.Identitypool.ListIdentityPools(ctx, &cognitoidentity.ListIdentityPoolsInput{MaxResults: 60})
	if err != nil {
		return "", err
	}
	for _, short := range list.IdentityPools {
		if short.IdentityPoolName != demoName {
			continue
		}
		p, err := s.Identities.Identitypool.DescribeIdentityPool(ctx, &cognitoidentity.DescribeIdentityPoolInput{IdentityPoolId: short.IdentityPoolId})
		if err != nil {
			return "", fmt.Errorf("describe %s: %w", short.IdentityPoolId, err)
		}
		for _, provider := range p.CognitoIdentityProviders {
			if provider.ProviderName == s.demoProvider(pool) {
				return p.IdentityPoolId, nil
			}
		}
	}
	return "", nil
}

// demoProvider is the demo pool's name as a login.
func (s *Server) demoProvider(pool string) string {
	return "cognito-idp." + s.config.Region + ".amazonaws.com/" + pool
}
