package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"cardea/engine/account"
	"cardea/engine/factor"
	"cardea/engine/hosted"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
	"cardea/spec/oauth2"
)

const (
	// prefix is that of the domain on which the authorization server is measured.
	prefix = "bench"

	// codeStock is how many authorization codes are made in advance: more than are redeemed in the time of one flow.
	codeStock = 30_000

	redirectURI = "https://app.example.com/cb"
	verifier    = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)

// apps are the clients of a pool's authorization server.
type apps struct {
	machine oauth2.Credentials // has tokens for itself
	web     string             // redeems codes
	codes   []string
	used    atomic.Int64
}

// serve gives a pool a domain, its clients, and codes, which are good for five minutes.
func (l loader) serve(ctx context.Context, p *population) error {
	ctx = caller.With(ctx, caller.Caller{Region: region, Account: accountID})
	_, err := l.srv.API.Domains.CreateUserPoolDomain(ctx, &cognitoidp.CreateUserPoolDomainRequest{UserPoolId: string(p.pool), Domain: prefix})
	if err != nil {
		return err
	}
	_, err = l.srv.API.Appclient.CreateResourceServer(ctx, &cognitoidp.CreateResourceServerRequest{
		UserPoolId: string(p.pool), Identifier: "api", Name: "API",
		Scopes: []cognitoidp.ResourceServerScopeType{{ScopeName: "read", ScopeDescription: "read"}},
	})
	if err != nil {
		return err
	}
	machine, err := l.app(ctx, p, "client_credentials", "api/read")
	if err != nil {
		return err
	}
	web, err := l.app(ctx, p, "code", "openid", "email")
	if err != nil {
		return err
	}
	p.apps = &apps{machine: oauth2.Credentials{ID: machine.ClientId, Secret: machine.ClientSecret}, web: web.ClientId}
	for len(p.apps.codes) < codeStock {
		if err := l.signIn(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// app makes a client that may use a grant.
func (l loader) app(ctx context.Context, p *population, flow string, scopes ...string) (*cognitoidp.UserPoolClientType, error) {
	in := &cognitoidp.CreateUserPoolClientRequest{
		UserPoolId: string(p.pool), ClientName: flow, GenerateSecret: flow == "client_credentials",
		AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthFlows: []string{flow}, AllowedOAuthScopes: scopes,
	}
	if !in.GenerateSecret {
		in.CallbackURLs = []string{redirectURI}
	}
	out, err := l.srv.API.Appclient.CreateUserPoolClient(ctx, in)
	if err != nil {
		return nil, err
	}
	return out.UserPoolClient, nil
}

// signIn signs users in at the pages, as far as codes are concerned.
func (l loader) signIn(ctx context.Context, p *population) error {
	request, err := oauth2.Parse(url.Values{
		"client_id": {p.apps.web}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "scope": {"openid email"},
		"code_challenge": {oauth2.Challenge(verifier)}, "code_challenge_method": {"S256"},
	}.Encode())
	if err != nil {
		return err
	}
	var made []string
	err = l.srv.DB.Write(ctx, func(tx *db.Tx) error {
		made = nil
		for i := range batch {
			_, u, err := account.Admin(tx, string(p.pool), fmt.Sprintf("user%d", i))
			if err != nil {
				return err
			}
			who := hosted.SignIn{User: u, Proofs: []factor.Proof{factor.Password}}
			out, err := l.srv.OAuth.Hosted.Finish(tx, p.pool, request, who)
			if err != nil {
				return err
			}
			made = append(made, strings.TrimPrefix(out.Location.String(), redirectURI+"?code="))
		}
		return nil
	})
	p.apps.codes = append(p.apps.codes, made...)
	return err
}

func clientCredentials(ctx context.Context, c *connection) error {
	made, err := c.token(ctx, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {c.apps.machine.ID}, "client_secret": {c.apps.machine.Secret},
	})
	return made.check(err)
}

func codeExchange(ctx context.Context, c *connection) error {
	next := c.apps.used.Add(1)
	if next > codeStock {
		return errors.New("there are no authorization codes left")
	}
	made, err := c.token(ctx, url.Values{
		"grant_type": {"authorization_code"}, "client_id": {c.apps.web}, "code": {c.apps.codes[next-1]},
		"redirect_uri": {redirectURI}, "code_verifier": {verifier},
	})
	c.refresh = made.Refresh
	return made.check(err)
}

// tokenRefresh exchanges a code once and refreshes from then on.
func tokenRefresh(ctx context.Context, c *connection) error {
	if c.refresh == "" {
		return codeExchange(ctx, c)
	}
	made, err := c.token(ctx, url.Values{"grant_type": {"refresh_token"}, "client_id": {c.apps.web}, "refresh_token": {c.refresh}})
	return made.check(err)
}

// tokens are what the flows need of the token endpoint's answer.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

func (t tokens) check(err error) error {
	if err == nil && t.Access == "" {
		err = errors.New("no access token in the answer")
	}
	return err
}

// token posts a form to the token endpoint.
func (c *connection) token(ctx context.Context, form url.Values) (out tokens, err error) {
	address := c.url + "/_domains/" + prefix + "/oauth2/token"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return out, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	text, err := c.send(request)
	if err != nil {
		return out, fmt.Errorf("%s: %w", form.Get("grant_type"), err)
	}
	return out, json.Unmarshal(text, &out)
}
