package sdkgo

import (
	"crypto/rand"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const callback = "https://app.example.com/callback"

// TestGoOIDCSignsUsersInAtThePages is what a Go service does whose users sign in at the pages: x/oauth2 asks and redeems the
// code, go-oidc checks the ID token.
func TestGoOIDCSignsUsersInAtThePages(t *testing.T) {
	a := newApp(t)
	_, err := a.api.CreateUserPoolDomain(t.Context(), &idp.CreateUserPoolDomainInput{UserPoolId: &a.pool, Domain: aws.String("pages-" + strings.ToLower(rand.Text()))})
	if err != nil {
		t.Fatal(err)
	}
	made, err := a.api.CreateUserPoolClient(t.Context(), &idp.CreateUserPoolClientInput{
		UserPoolId: &a.pool, ClientName: aws.String("web"), GenerateSecret: true, AllowedOAuthFlowsUserPoolClient: true,
		AllowedOAuthFlows: []types.OAuthFlowType{types.OAuthFlowTypeCode}, AllowedOAuthScopes: []string{"openid", "email"},
		CallbackURLs: []string{callback}, SupportedIdentityProviders: []string{"COGNITO"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.api.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{
		UserPoolId: &a.pool, Username: aws.String("ana"), MessageAction: types.MessageActionTypeSuppress,
		UserAttributes: []types.AttributeType{{Name: aws.String("email"), Value: aws.String("ana@example.com")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.api.AdminSetUserPassword(t.Context(), &idp.AdminSetUserPasswordInput{UserPoolId: &a.pool, Username: aws.String("ana"), Password: aws.String(password), Permanent: true})
	if err != nil {
		t.Fatal(err)
	}

	provider, err := oidc.NewProvider(t.Context(), endpoint(t)+"/"+a.pool)
	if err != nil {
		t.Fatal(err)
	}
	app := oauth2.Config{
		ClientID: *made.UserPoolClient.ClientId, ClientSecret: *made.UserPoolClient.ClientSecret,
		Endpoint: provider.Endpoint(), RedirectURL: callback, Scopes: []string{oidc.ScopeOpenID, "email"},
	}
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	back := signInAt(t, app.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)))
	if got := back.Get("state"); got != state {
		t.Fatalf("state %q, want %q", got, state)
	}

	token, err := app.Exchange(t.Context(), back.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	ident, err := provider.Verifier(&oidc.Config{ClientID: app.ClientID}).Verify(t.Context(), raw)
	if err != nil || ident.Nonce != nonce {
		t.Fatalf("%+v, %v", ident, err)
	}
	if err := ident.VerifyAccessToken(token.AccessToken); err != nil {
		t.Errorf("at_hash: %v", err)
	}
	info, err := provider.UserInfo(t.Context(), app.TokenSource(t.Context(), token))
	if err != nil || info.Subject != ident.Subject || info.Email != "ana@example.com" {
		t.Errorf("user info %+v, %v", info, err)
	}
	if _, err := app.Exchange(t.Context(), back.Get("code"), oauth2.VerifierOption(verifier)); err == nil {
		t.Error("the code was taken twice")
	}
}

// hidden matches the hidden fields of a page's forms.
var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// signInAt opens an address as a browser without scripts would, signs ana in, and gives what the app is answered.
func signInAt(t *testing.T, address string) url.Values {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	shown, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer shown.Body.Close()
	page, err := io.ReadAll(shown.Body)
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"username": {"ana"}, "password": {password}}
	for _, field := range hidden.FindAllStringSubmatch(string(page), -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	answer, err := browser.PostForm(shown.Request.URL.String(), form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	back, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || back.RawQuery == "" {
		t.Fatalf("%s: sent to %q", answer.Status, answer.Header.Get("Location"))
	}
	return back.Query()
}
