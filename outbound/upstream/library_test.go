package upstream_test

import (
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"cardea/outbound/upstream"
	"cardea/outbound/upstream/upstreamtest"
)

// The provider of these tests is one that other relying parties take for a provider.
func TestAnotherRelyingPartySignsInAtTheTestProvider(t *testing.T) {
	t.Parallel()
	p := upstreamtest.Start(t, upstream.OIDC)
	p.UseES256()
	ctx := oidc.ClientContext(t.Context(), p.HTTP())
	found, err := oidc.NewProvider(ctx, p.URL)
	if err != nil {
		t.Fatal(err)
	}
	endpoint := found.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams
	config := oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: endpoint, RedirectURL: callback, Scopes: []string{"openid"}}
	verifier := oauth2.GenerateVerifier()
	back := p.Approve(config.AuthCodeURL("state", oidc.Nonce("nonce"), oauth2.S256ChallengeOption(verifier)))
	tokens, err := config.Exchange(ctx, back.Values().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := found.Verifier(&oidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: []string{"ES256"}}).Verify(ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := token.VerifyAccessToken(tokens.AccessToken); err != nil || token.Nonce != "nonce" || token.Subject != "1234567890" {
		t.Errorf("got %+v, %v", token, err)
	}
	about, err := found.UserInfo(ctx, config.TokenSource(ctx, tokens))
	if err != nil || about.Subject != token.Subject || about.Email != "jane@example.com" {
		t.Errorf("got %+v, %v", about, err)
	}
}
