package sdkgo

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// go-oidc finds keys and endpoints by discovery, and x/oauth2 gets tokens there, as most Go services do.
func TestGoOIDCFindsTheEndpointsAndVerifiesTokens(t *testing.T) {
	a := newApp(t)
	_, err := a.api.CreateUserPoolDomain(t.Context(), &idp.CreateUserPoolDomainInput{UserPoolId: &a.pool, Domain: aws.String("oidc-" + strings.ToLower(rand.Text()))})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.api.CreateResourceServer(t.Context(), &idp.CreateResourceServerInput{
		UserPoolId: &a.pool, Identifier: aws.String("api"), Name: aws.String("API"),
		Scopes: []types.ResourceServerScopeType{{ScopeName: aws.String("read"), ScopeDescription: aws.String("read")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	made, err := a.api.CreateUserPoolClient(t.Context(), &idp.CreateUserPoolClientInput{
		UserPoolId: &a.pool, ClientName: aws.String("machine"), GenerateSecret: true, AllowedOAuthFlowsUserPoolClient: true,
		AllowedOAuthFlows: []types.OAuthFlowType{types.OAuthFlowTypeClientCredentials}, AllowedOAuthScopes: []string{"api/read"},
	})
	if err != nil {
		t.Fatal(err)
	}

	provider, err := oidc.NewProvider(t.Context(), endpoint(t)+"/"+a.pool)
	if err != nil {
		t.Fatal(err)
	}
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams, oauth2.AuthStyleAutoDetect} {
		machine := clientcredentials.Config{
			ClientID: *made.UserPoolClient.ClientId, ClientSecret: *made.UserPoolClient.ClientSecret,
			TokenURL: provider.Endpoint().TokenURL, AuthStyle: style,
		}
		token, err := machine.Token(t.Context())
		if err != nil || token.TokenType != "Bearer" || !token.Valid() {
			t.Fatalf("style %v: %+v, %v", style, token, err)
		}
		// An access token has no audience; all else is checked as of an ID token.
		verified, err := provider.Verifier(&oidc.Config{SkipClientIDCheck: true}).Verify(t.Context(), token.AccessToken)
		if err != nil || verified.Subject != machine.ClientID {
			t.Errorf("style %v: %+v, %v", style, verified, err)
		}
	}

	_, err = a.api.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{UserPoolId: &a.pool, Username: aws.String("ana"), MessageAction: types.MessageActionTypeSuppress})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.api.AdminSetUserPassword(t.Context(), &idp.AdminSetUserPasswordInput{UserPoolId: &a.pool, Username: aws.String("ana"), Password: aws.String(password), Permanent: true})
	if err != nil {
		t.Fatal(err)
	}
	signedIn, err := a.signIn(t.Context(), "ana", password)
	if err != nil {
		t.Fatal(err)
	}
	app := oauth2.Config{ClientID: a.client, Endpoint: provider.Endpoint()}
	token, err := app.TokenSource(context.Background(), &oauth2.Token{RefreshToken: *signedIn.AuthenticationResult.RefreshToken}).Token()
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	ident, err := provider.Verifier(&oidc.Config{ClientID: a.client}).Verify(t.Context(), raw)
	if err != nil || ident.Subject == "" {
		t.Errorf("%+v, %v", ident, err)
	}
}
