package server

import (
	"context"
	"fmt"
	"slices"

	"cardea/feature/appclient"
	demoapp "cardea/inbound/demo"
	"cardea/inbound/inbox"
	"cardea/platform/caller"
	"cardea/spec/cognitoidp"
)

// demoName is the name of the demo pool and of its client.
const demoName = "demo"

// Demo names the demo pool and client of a development server; empty when they have been deleted.
type Demo struct {
	Pool, Client string
	Identities   string // the identity pool of the client's users, if there is one
	App          string // the address of the demo app, if the client lets it sign users in
}

// Demo finds the demo pool and its client, and makes them on a server that has no pool yet.
func (s *Server) Demo(ctx context.Context) (Demo, error) {
	ctx = s.asAdministrator(ctx)
	demo, none, err := s.findDemo(ctx)
	if err == nil && none {
		demo, err = s.makeDemo(ctx)
	}
	if err != nil {
		return Demo{}, fmt.Errorf("demo pool: %w", err)
	}
	return demo, nil
}

// asAdministrator is the context of the server's own calls of its operations.
func (s *Server) asAdministrator(ctx context.Context) context.Context {
	return caller.With(ctx, caller.Caller{Region: s.config.Region, Account: s.config.Account})
}

// findDemo finds the demo pool and its client, and tells whether the server has no pool at all.
func (s *Server) findDemo(ctx context.Context) (demo Demo, none bool, err error) {
	none = true
	for token, more := "", true; more; more = token != "" {
		pools, err := s.API.Userpool.ListUserPools(ctx, &cognitoidp.ListUserPoolsRequest{MaxResults: 60, NextToken: token})
		if err != nil {
			return Demo{}, false, err
		}
		for _, p := range pools.UserPools {
			none = false
			if p.Name != demoName {
				continue
			}
			if demo, err := s.demoOf(ctx, p.Id); err != nil || demo.Pool != "" {
				return demo, false, err
			}
		}
		token = pools.NextToken
	}
	return Demo{}, none, nil
}

// demoOf finds the demo client of a pool; its Pool is empty if there is none.
func (s *Server) demoOf(ctx context.Context, pool string) (Demo, error) {
	clients, err := s.API.Appclient.ListUserPoolClients(ctx, &cognitoidp.ListUserPoolClientsRequest{UserPoolId: pool, MaxResults: 60})
	if err != nil {
		return Demo{}, err
	}
	for _, c := range clients.UserPoolClients {
		if c.ClientName == demoName {
			return s.describeDemo(ctx, pool, c.ClientId)
		}
	}
	return Demo{}, nil
}

// makeDemo makes a pool with a domain where anyone may sign up and confirms by e-mail, a public client that allows every
// sign-in there is, at the pages for the demo app unless the server is reached by http from other machines, and an identity pool for
// its users.
func (s *Server) makeDemo(ctx context.Context) (Demo, error) {
	pool, err := s.API.Userpool.CreateUserPool(ctx, &cognitoidp.CreateUserPoolRequest{
		PoolName:               demoName,
		AutoVerifiedAttributes: []string{"email"},
	})
	if err != nil {
		return Demo{}, err
	}
	request := &cognitoidp.CreateUserPoolClientRequest{
		UserPoolId: pool.UserPool.Id,
		ClientName: demoName,
		ExplicitAuthFlows: []string{
			cognitoidp.ExplicitAuthFlowsTypeAllowUserSrpAuth,
			cognitoidp.ExplicitAuthFlowsTypeAllowUserPasswordAuth,
			cognitoidp.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth,
			cognitoidp.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		},
	}
	if app := s.config.PublicURL + demoapp.Path; appclient.CheckURL(app) == nil {
		request.AllowedOAuthFlowsUserPoolClient = true
		request.AllowedOAuthFlows = []string{cognitoidp.OAuthFlowTypeCode}
		request.AllowedOAuthScopes = []string{"openid", "email"}
		request.CallbackURLs, request.LogoutURLs = []string{app}, []string{app}
		request.SupportedIdentityProviders = []string{"COGNITO"}
	}
	client, err := s.API.Appclient.CreateUserPoolClient(ctx, request)
	if err != nil {
		return Demo{}, err
	}
	_, err = s.API.Domains.CreateUserPoolDomain(ctx, &cognitoidp.CreateUserPoolDomainRequest{UserPoolId: pool.UserPool.Id, Domain: demoName})
	if err != nil {
		return Demo{}, err
	}
	if err := s.makeDemoIdentities(ctx, pool.UserPool.Id, client.UserPoolClient.ClientId); err != nil {
		return Demo{}, err
	}
	return s.describeDemo(ctx, pool.UserPool.Id, client.UserPoolClient.ClientId)
}

// describeDemo finds out whether the demo app can sign users in: the client lets it, and the pool still has its domain. A server that
// has another address than when the pool was made has no demo app.
func (s *Server) describeDemo(ctx context.Context, pool, client string) (Demo, error) {
	demo := Demo{Pool: pool, Client: client}
	described, err := s.API.Appclient.DescribeUserPoolClient(ctx, &cognitoidp.DescribeUserPoolClientRequest{UserPoolId: pool, ClientId: client})
	if err != nil {
		return Demo{}, err
	}
	settings, err := s.API.Userpool.DescribeUserPool(ctx, &cognitoidp.DescribeUserPoolRequest{UserPoolId: pool})
	if err != nil {
		return Demo{}, err
	}
	address := s.config.PublicURL + demoapp.Path
	if slices.Contains(described.UserPoolClient.CallbackURLs, address) && settings.UserPool.Domain == demoName {
		demo.App = address
	}
	demo.Identities, err = s.demoIdentities(ctx, pool)
	return demo, err
}

// demoApp is the app that the demo pool's users sign in to; nil if there is none.
func (s *Server) demoApp(ctx context.Context) (*demoapp.App, error) {
	demo, _, err := s.findDemo(s.asAdministrator(ctx))
	if err != nil || demo.App == "" {
		return nil, err
	}
	return &demoapp.App{
		Client: demo.Client, Domain: s.config.PublicURL + "/_domains/" + demoName, Home: demo.App,
		Inbox: s.config.PublicURL + inbox.PagePath,
	}, nil
}
