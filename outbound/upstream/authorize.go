package upstream

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AuthorizeURL is where a visitor's browser is sent to sign in at a provider. What the configured address has for a query stays,
// but for parameters of the request. A nonce is sent to providers that have ID tokens, and is needed there. Prompt is sent to OIDC
// providers as it is, to Google and Facebook as what they have for it; LoginHint, Levels and MaxAge only to OIDC providers. PKCE is
// sent to all: those that do not know it ignore it. Errors are *Error.
func (c *Client) AuthorizeURL(ctx context.Context, p Provider, d Departure) (string, error) {
	address := p.AuthorizeURL
	if address == "" {
		found, err := c.discover(ctx, p.Issuer, nil)
		if err != nil {
			return "", err
		}
		address = found.Authorize
	}
	target, query, err := authorizeTarget(address)
	if err != nil {
		return "", fail("authorize", p.Name+" Error - authorize_url", "authorize_url of the provider has to be an https URL.", "%w", err)
	}
	if d.State == "" || d.RedirectURI == "" || p.kind().idToken && d.Nonce == "" {
		return "", fail("authorize", p.Name+" Error - state", "", "no state, redirect URI or nonce was made")
	}

	set := func(name, value string) {
		query.Del(name)
		if value != "" {
			query.Set(name, value)
		}
	}
	set("client_id", p.ClientID)
	set("redirect_uri", d.RedirectURI)
	set("response_type", "code")
	set("scope", p.scope())
	set("state", d.State)
	if p.kind().idToken {
		set("nonce", d.Nonce)
	}
	if d.Challenge != "" {
		set("code_challenge", d.Challenge)
		set("code_challenge_method", "S256")
	}
	p.addWishes(d, set)
	target.RawQuery = query.Encode()
	return target.String(), nil
}

// addWishes adds how the visitor is to be asked, as far as the provider knows of such wishes.
func (p *Provider) addWishes(d Departure, set func(name, value string)) {
	prompts := slices.DeleteFunc(strings.Fields(d.Prompt), func(prompt string) bool { return prompt == "none" })
	switch p.Type {
	case OIDC:
		set("prompt", strings.Join(prompts, " "))
		set("login_hint", d.LoginHint)
		set("acr_values", d.Levels)
		if d.MaxAge >= 0 {
			set("max_age", strconv.FormatInt(int64(d.MaxAge/time.Second), 10))
		}
	case Google: // which has no login
		var known []string
		for _, prompt := range prompts {
			if prompt == "login" {
				prompt = "select_account"
			}
			if !slices.Contains(known, prompt) {
				known = append(known, prompt)
			}
		}
		set("prompt", strings.Join(known, " "))
	case Facebook:
		if slices.Contains(prompts, "login") {
			set("auth_type", "reauthenticate")
		}
	case Apple: // which sends name and address by this way alone
		set("response_mode", "form_post")
	}
}

// authorizeTarget takes a provider's address for browsers apart.
func authorizeTarget(address string) (*url.URL, url.Values, error) {
	target, err := url.Parse(address)
	if err != nil || target.Host == "" || target.User != nil || target.Scheme != "https" && target.Scheme != "http" {
		return nil, nil, errNotURL
	}
	query, err := url.ParseQuery(target.RawQuery)
	if err != nil {
		return nil, nil, errNotURL
	}
	target.Fragment, target.RawFragment = "", ""
	return target, query, nil
}
