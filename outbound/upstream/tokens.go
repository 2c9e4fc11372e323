package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// requestTokens exchanges the code. The secret is sent as a parameter, never in a header, as Cognito does
// (docs/cognito/federation.md, "Tokens").
func (r *redemption) requestTokens(ctx context.Context) error {
	form := url.Values{
		"grant_type":   {"authorization_code"},
		"code":         {r.a.Code},
		"redirect_uri": {r.a.RedirectURI},
		"client_id":    {r.p.ClientID},
	}
	if err := r.makeSecret(); err != nil {
		return err
	}
	if r.secret != "" {
		form.Set("client_secret", r.secret)
	}
	if r.a.Verifier != "" {
		form.Set("code_verifier", r.a.Verifier)
	}
	method := http.MethodPost
	if strings.EqualFold(r.p.TokenMethod, http.MethodGet) {
		method = http.MethodGet
	}
	got, err := r.c.send(ctx, call{
		name: "token", method: method, url: r.p.TokenURL, form: form,
		words: words{"Timeout occurred in calling IdP token endpoint", r.p.Name + " Error - error getting token"},
	}, r.j)
	if err != nil {
		return err
	}
	return r.readTokens(got)
}

// makeSecret sets the client's secret: the configured one, or for Apple one that its key signs now.
func (r *redemption) makeSecret() (err error) {
	r.secret = r.p.ClientSecret
	if r.p.Type == Apple {
		r.secret, err = appleSecret(&r.p, r.c.now())
	}
	if err != nil {
		return fail("private key", r.p.Name+" Error - private_key", "private_key has to be the content of the .p8 file that Apple gave for the key.", "%w", err)
	}
	r.j.Hide(r.secret)
	return nil
}

func (r *redemption) readTokens(got *answer) error {
	token, err := readObject(got.body)
	if got.status < 200 || got.status > 299 || err == nil && token["error"] != nil {
		return r.refused(got, token)
	}
	for name := range token {
		if Secret(name) {
			r.j.Hide(text(token, name))
		}
	}
	word := fmt.Sprintf("%s Error - %d error getting token", r.p.Name, got.status)
	if err != nil {
		return fail("token", word, "The token endpoint has to answer JSON. Is token_url right?", "the token response: %w", err)
	}
	if typ := text(token, "token_type"); typ != "" && !strings.EqualFold(typ, "Bearer") {
		return fail("token", word, "The provider gives tokens of a type that is not supported: switch DPoP or mutual TLS off for this client.",
			"token_type is %q", clean(typ))
	}
	if text(token, accessToken) == "" {
		return fail("token", word, "", "there is no access token in the token response")
	}
	r.token = token
	return nil
}

// refused is the error for an answer that gives no tokens. What the provider calls it is passed on, as Cognito does.
func (r *redemption) refused(got *answer, token map[string]any) *Error {
	code, description := text(token, "error"), text(token, "error_description")
	if object, ok := token["error"].(map[string]any); ok { // Facebook's form
		code, description = text(object, "type"), text(object, "message")
	}
	code, description = clean(code), clean(description)
	word := "error getting token"
	if code != "" {
		word = strings.TrimSpace(code + " " + description)
	}
	e := fail("token", fmt.Sprintf("%s Error - %d %s", r.p.Name, got.status, word), tokenAdvice(got.status, code),
		"the token endpoint answers %d %s %s", got.status, code, description)
	e.Err = errors.New(strings.TrimSpace(e.Err.Error()))
	return e
}

func tokenAdvice(status int, code string) string {
	switch {
	case code == "invalid_client", code == "unauthorized_client", status == http.StatusUnauthorized:
		return "The provider does not accept client_id and client_secret. The client has to be allowed client_secret_post and the authorization code grant."
	case code == "invalid_grant":
		return "The provider does not accept the code: its redirect URI has to be registered as this server sends it, and a code can be used once and not for long."
	case code == "redirect_uri_mismatch":
		return "The redirect URI, https://<domain>/oauth2/idpresponse, has to be registered at the provider, to the letter."
	case code == "invalid_scope":
		return "The provider does not know one of authorize_scopes."
	case status >= 300 && status <= 399:
		return "token_url answers a redirect, and redirects are not followed: configure the address that it leads to."
	case status >= 500:
		return "The provider has an error of its own."
	}
	return "Is token_url right?"
}
