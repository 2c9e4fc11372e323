package server

import (
	"context"
	"fmt"

	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// demoName is the name of the demo pool and of its client.
const demoName = "demo"

// Demo names the demo pool and client of a development server; empty when they have been deleted.
type Demo struct {
	Pool, Client string
}

// Demo finds the demo pool and its client, and makes them on a server that has no pool yet.
func (s *Server) Demo(ctx context.Context) (Demo, error) {
	ctx = awsjson.WithCaller(ctx, awsjson.Caller{Region: s.config.Region, Account: s.config.Account})
	pools, err := s.API.Userpool.ListUserPools(ctx, &cognitoidp.ListUserPoolsRequest{MaxResults: 60})
	if err != nil {
		return Demo{}, fmt.Errorf("look for demo pool: %w", err)
	}
	if len(pools.UserPools) == 0 {
		demo, err := s.makeDemo(ctx)
		if err != nil {
			return Demo{}, fmt.Errorf("make demo pool: %w", err)
		}
		return demo, nil
	}
	for _, p := range pools.UserPools {
		if p.Name != demoName {
			continue
		}
		clients, err := s.API.Appclient.ListUserPoolClients(ctx, &cognitoidp.ListUserPoolClientsRequest{UserPoolId: p.Id, MaxResults: 60})
		if err != nil {
			return Demo{}, fmt.Errorf("look for demo client: %w", err)
		}
		for _, c := range clients.UserPoolClients {
			if c.ClientName == demoName {
				return Demo{Pool: p.Id, Client: c.ClientId}, nil
			}
		}
	}
	return Demo{}, nil
}

// makeDemo makes a pool where anyone may sign up and confirms by e-mail, and a public client that allows every sign-in
// there is.
func (s *Server) makeDemo(ctx context.Context) (Demo, error) {
	pool, err := s.API.Userpool.CreateUserPool(ctx, &cognitoidp.CreateUserPoolRequest{
		PoolName:               demoName,
		AutoVerifiedAttributes: []string{"email"},
	})
	if err != nil {
		return Demo{}, err
	}
	client, err := s.API.Appclient.CreateUserPoolClient(ctx, &cognitoidp.CreateUserPoolClientRequest{
		UserPoolId: pool.UserPool.Id,
		ClientName: demoName,
		ExplicitAuthFlows: []string{
			cognitoidp.ExplicitAuthFlowsTypeAllowUserSrpAuth,
			cognitoidp.ExplicitAuthFlowsTypeAllowUserPasswordAuth,
			cognitoidp.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth,
			cognitoidp.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	})
	if err != nil {
		return Demo{}, err
	}
	return Demo{Pool: pool.UserPool.Id, Client: client.UserPoolClient.ClientId}, nil
}
