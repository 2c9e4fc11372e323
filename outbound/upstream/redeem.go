package upstream

import (
	"context"
	"crypto/subtle"
	"maps"
	"strings"
	"unicode/utf8"

	"cardea/spec/triggerevent"
)

// redemption is one code on its way to an identity.
type redemption struct {
	c *Client
	p Provider
	a Arrival
	j *Journal

	secret   string         // of the client, as it was sent
	token    map[string]any // the token response
	claims   map[string]any // of the verified ID token; nil: the provider has none
	userInfo map[string]string
}

// Redeem turns a code into the identity of the user that it was given for. It asks for tokens, verifies the ID token of those
// providers that have them, and asks for the user's attributes. The code is sent once; nothing is tried again.
//
// The journal gets a step for each request and each check, and for what has failed. Errors are *Error.
func (c *Client) Redeem(ctx context.Context, p Provider, a Arrival, j *Journal) (*Identity, error) {
	r := &redemption{c: c, p: p, a: a, j: j}
	j.Hide(a.Code, a.Verifier, a.Nonce, a.User)
	identity, err := r.run(ctx)
	if err != nil {
		failed := r.hidden(err)
		j.Add(Step{Kind: "check", Name: failed.Check, Failed: failed.Err.Error(), Advice: failed.Advice})
		return nil, failed
	}
	return identity, nil
}

func (r *redemption) run(ctx context.Context) (*Identity, error) {
	if err := r.checkArrival(); err != nil {
		return nil, err
	}
	if err := r.complete(ctx); err != nil {
		return nil, err
	}
	if err := r.requestTokens(ctx); err != nil {
		return nil, err
	}
	if r.p.kind().idToken {
		if err := r.verifyIDToken(ctx); err != nil {
			return nil, err
		}
	}
	if err := r.requestAttributes(ctx); err != nil {
		return nil, err
	}
	return r.identity()
}

// checkArrival refuses an answer that is another provider's (RFC 9207), and a request that lacks what the checks need.
func (r *redemption) checkArrival() error {
	if r.a.Issuer != "" && r.p.Issuer != "" && r.a.Issuer != r.p.Issuer {
		return fail("iss", "Invalid issuer in the response of the identity provider",
			"The answer came from another provider than the one that was asked: the issuer is configured wrongly, or somebody mixes providers up.",
			"iss of the answer is %q, not %q", clean(r.a.Issuer), clean(r.p.Issuer))
	}
	if r.a.Code == "" {
		return fail("code", "Invalid response of the identity provider", "", "there is no code")
	}
	if r.p.kind().idToken && (r.a.Nonce == "" || r.p.Issuer == "") {
		return fail("nonce", "Bad id_token nonce", "", "the sign-in was begun without a nonce, or the provider has no issuer")
	}
	return nil
}

// complete fills in, by discovery, those endpoints that are needed and not configured.
func (r *redemption) complete(ctx context.Context) error {
	p := &r.p
	needKeys := p.kind().idToken && p.KeysURL == ""
	mayAsk := p.Type == OIDC && p.AttributesURL == ""
	if p.TokenURL != "" && !needKeys && !(mayAsk && p.AuthorizeURL == "") {
		return nil // a provider whose endpoints were all configured has no attributes where none are configured
	}
	found, err := r.c.discover(ctx, p.Issuer, r.j)
	if err != nil {
		return err
	}
	if p.TokenURL == "" {
		p.TokenURL = found.Token
	}
	if needKeys {
		p.KeysURL = found.Keys
	}
	if mayAsk {
		p.AttributesURL = found.UserInfo
	}
	return nil
}

// identity puts together what was said.
func (r *redemption) identity() (*Identity, error) {
	id := &Identity{Claims: map[string]string{}, Said: triggerevent.Provided{TokenResponse: texts(r.token), UserInfo: r.userInfo}}
	subject := r.userInfo[r.p.kind().subject]
	if r.claims != nil {
		subject = text(r.claims, "sub")
		id.Issuer, id.Level = r.p.Issuer, text(r.claims, "acr")
		id.AuthTime, _ = when(r.claims, "auth_time")
		id.Said.IDToken = texts(r.claims)
		id.Claims = maps.Clone(id.Said.IDToken)
	}
	if err := checkSubject(subject); err != nil {
		return nil, err
	}
	id.Subject = subject

	switch r.p.Type {
	case Google, Apple: // what else is known is of another form, or comes by the user's browser; what was signed counts
		for name, value := range r.userInfo {
			if _, signed := id.Claims[name]; !signed {
				id.Claims[name] = value
			}
		}
	default:
		merge(id.Claims, r.userInfo)
	}
	for _, name := range []string{accessToken, idToken, refreshToken} {
		delete(id.Claims, name)
		if value := text(r.token, name); value != "" {
			id.Claims[name] = value
		}
	}
	r.passed("subject", nil)
	return id, nil
}

// maxSubject is the longest name of a user that OpenID Connect allows, in characters.
const maxSubject = 255

// checkSubject refuses what cannot name a user. The replacement character stands for whatever JSON has and texts cannot: halves of
// surrogates, which would all be one.
func checkSubject(subject string) error {
	if subject == "" || utf8.RuneCountInString(subject) > maxSubject || !printable(subject) || strings.ContainsRune(subject, utf8.RuneError) {
		return fail("subject", "Invalid subject from identity provider", "The provider has to name its users by a text of at most 255 printable characters.",
			"the subject is not such a text of %d bytes", len(subject))
	}
	return nil
}

func (r *redemption) passed(name string, detail map[string]string) {
	r.j.Add(Step{Kind: "check", Name: name, Detail: detail})
}

// hidden is an error without what a provider repeats of our secrets.
func (r *redemption) hidden(err error) *Error {
	failed, ok := asError("redeem", err).(*Error)
	if !ok {
		return nil
	}
	secrets := []string{r.a.Code, r.a.Verifier, r.secret, text(r.token, accessToken), text(r.token, refreshToken)}
	shown := *failed
	shown.Word = hide(failed.Word, secrets...)
	shown.Err = &hiddenError{hide(failed.Err.Error(), secrets...), failed.Err}
	return &shown
}

// hiddenError has the text of another without secrets.
type hiddenError struct {
	text  string
	cause error
}

func (e *hiddenError) Error() string { return e.text }

// Unwrap gives the cause, for errors.Is.
func (e *hiddenError) Unwrap() error { return e.cause }

// same compares two texts in a time that does not tell where they differ.
func same(a, b string) bool { return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
