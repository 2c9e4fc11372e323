package federated

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cardea/outbound/upstream"
)

// Social are the addresses of social providers; those that are empty are the providers' own.
type Social struct {
	Google, Apple    string // issuers
	Facebook, Amazon string // of their APIs, without a slash at the end
}

// accessLife is how long an access token is relied on of which the provider does not say when it expires.
const accessLife = remembered

// verifySocial verifies a login at a social provider, where an identity pool has an app.
func (v *Verifier) verifySocial(ctx context.Context, name, app, given string) (*Token, error) {
	mine := func(client string) bool { return client == app && app != "" }
	switch name {
	case Google:
		return v.web(ctx, v.google(mine), given)
	case Apple:
		return v.web(ctx, signer{name: Apple, issuer: only(cmp.Or(v.Social.Apple, "https://appleid.apple.com")), client: mine}, given)
	case Facebook, Amazon:
		return v.access(ctx, name, given, mine)
	}
	return nil, ErrUnbuilt
}

// google is Google, whose tokens may name their issuer without its scheme.
func (v *Verifier) google(client func(string) bool) signer {
	issuer := cmp.Or(v.Social.Google, "https://accounts.google.com")
	return signer{
		name: Google, client: client,
		issuer: func(iss string) (string, bool) { return issuer, iss == issuer || iss != "" && "https://"+iss == issuer },
	}
}

func only(issuer string) func(iss string) (string, bool) {
	return func(iss string) (string, bool) { return issuer, iss == issuer }
}

// access verifies an access token by asking the provider which app it was given to. A token that was given to another app of the
// same user is none of ours: whoever runs that app has it.
func (v *Verifier) access(ctx context.Context, name, given string, mine func(app string) bool) (*Token, error) {
	if given == "" || len(given) > maxToken {
		return nil, ErrRejected
	}
	key := keyOf(name, given)
	known := v.verified.get(key, v.DB.Now())
	if known == nil {
		var err error
		if known, err = v.askAccess(ctx, name, given); err != nil {
			return nil, err
		}
		v.verified.put(key, known, v.DB.Now(), len(given))
	}
	at := slices.IndexFunc(known.Claims["app"], mine)
	if at < 0 {
		return nil, ErrUnsupported
	}
	made := *known
	made.Audience = known.Claims["app"][at]
	made.Detail = name + ":" + made.Audience + ":" + made.Subject
	made.Claims = map[string][]string{"sub": {made.Subject}, "aud": {made.Audience}}
	return &made, nil
}

// askAccess asks a provider about an access token. Claims of what it answers are the names of the app, under "app".
func (v *Verifier) askAccess(ctx context.Context, name, given string) (*Token, error) {
	ask, base := v.Upstream.FacebookAccess, cmp.Or(v.Social.Facebook, "https://graph.facebook.com")
	if name == Amazon {
		ask, base = v.Upstream.AmazonAccess, cmp.Or(v.Social.Amazon, "https://api.amazon.com")
	}
	a, err := ask(ctx, strings.TrimSuffix(base, "/"), given)
	if errors.Is(err, upstream.ErrAccessToken) {
		return nil, ErrRejected
	}
	if err != nil {
		return nil, &UnreachableError{name, err}
	}
	if !names(a.Subject) {
		return nil, ErrRejected
	}
	expires := a.Expires
	if expires.IsZero() {
		expires = v.DB.Now().Add(accessLife)
	}
	if !v.DB.Now().Before(expires) {
		return nil, &ExpiredError{expires.Unix(), v.DB.Now().Unix()}
	}
	return &Token{Provider: name, Subject: a.Subject, Claims: map[string][]string{"app": a.Apps}, Expires: expires.Truncate(time.Second).Unix()}, nil
}
