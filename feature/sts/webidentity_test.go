package sts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/identitytoken"
	"cardea/engine/temporary"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/record/signingkey/signingkeytest"
	"cardea/record/trustprovider"
	"cardea/server"
	"cardea/server/servertest"
)

const (
	identityPool = "us-east-1:6f6b3f5e-3f63-4d4f-9e4c-0d5c5e0d2b0a"
	identity     = "us-east-1:0d5c5e0d-3f63-4d4f-9e4c-6f6b3f5e2b0a"
)

// webTrust lets identities of the pool assume a role, with a further condition.
func webTrust(actions, condition string) string {
	return trusting(`"Federated": "cognito-identity.amazonaws.com"`, actions,
		`"StringEquals": {"cognito-identity.amazonaws.com:aud": "`+identityPool+`"}, "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}`+condition)
}

const withTags = `"sts:AssumeRoleWithWebIdentity", "sts:TagSession"`

// poolToken is a token of an identity pool, with changes.
func poolToken(t testing.TB, w *servertest.World, change func(c *identitytoken.Claims)) string {
	t.Helper()
	keys := &token.KeyStock{DB: w.DB, Ring: ring(t), Maker: signingkeytest.Make}
	minter := &identitytoken.Minter{DB: w.DB, Keys: keys, PublicURL: w.URL}
	c := identitytoken.Claims{
		Pool: identityPool, Identity: identity, Methods: []string{"authenticated", "login.example", "login.example:7"},
		Issued: w.Now(), Expires: w.Now().Add(10 * time.Minute),
	}
	if change != nil {
		change(&c)
	}
	jwt, err := minter.Sign(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return jwt
}

func TestIdentitiesAssumeRoles(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		w = w.On("sts")
		arn := role(t, w, "Visitor", webTrust(withTags, ""), 43200)
		jwt := poolToken(t, w, func(c *identitytoken.Claims) {
			c.Tags, c.Transitive = map[string]string{"client": "app", "username": "jane"}, []string{"client"}
		})
		out := w.Must(t, "AssumeRoleWithWebIdentity", M{
			"RoleArn": arn, "RoleSessionName": "browser", "WebIdentityToken": jwt, "DurationSeconds": 43200, "Policy": narrow,
		})
		got := session(t, w, out)
		want := &temporary.Session{
			Kind: temporary.AssumedRole, Account: servertest.Account, PrincipalID: got.PrincipalID, Name: "browser",
			Issued: w.Now().Truncate(time.Second), Expires: w.Now().Truncate(time.Second).Add(12 * time.Hour),
			Keys: map[string][]string{
				"aws:federatedprovider":              {"cognito-identity.amazonaws.com"},
				"cognito-identity.amazonaws.com:aud": {identityPool},
				"cognito-identity.amazonaws.com:sub": {identity},
				"cognito-identity.amazonaws.com:amr": {"authenticated", "login.example", "login.example:7"},
			},
			Tags: map[string]string{"client": "app", "username": "jane"}, Transitive: []string{"client"}, Policy: narrow,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for member, want := range map[string]string{
			"AssumedRoleUser.Arn": stsARN + "assumed-role/Visitor/browser", "SubjectFromWebIdentityToken": identity,
			"Provider": "cognito-identity.amazonaws.com", "Audience": identityPool,
		} {
			if got := servertest.Text(out, member); got != want {
				t.Errorf("%s: got %s, want %s", member, got, want)
			}
		}
	})
}

func TestTrustPoliciesJudgeIdentities(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		w = w.On("sts")
		tagged := role(t, w, "Tagged", webTrust(withTags, ""), 0)
		plain := role(t, w, "Plain", webTrust(`"sts:AssumeRoleWithWebIdentity"`, ""), 0)
		mine := role(t, w, "Mine", webTrust(withTags, `, "StringLike": {"cognito-identity.amazonaws.com:sub": "`+identity+`"}`), 0)
		signed := role(t, w, "Signed", rootTrust, 0)
		const denied = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
		for name, c := range map[string]struct {
			arn    string
			change func(*identitytoken.Claims)
			denied string // empty: none
		}{
			"as it is":          {plain, nil, ""},
			"the identity":      {mine, nil, ""},
			"another identity":  {mine, func(c *identitytoken.Claims) { c.Identity = strings.Replace(identity, "0d5c", "1d5c", 1) }, denied},
			"another pool":      {plain, func(c *identitytoken.Claims) { c.Pool = "us-east-1:00000000-0000-4000-8000-000000000000" }, denied},
			"a guest":           {plain, func(c *identitytoken.Claims) { c.Methods = []string{"unauthenticated"} }, denied},
			"tags":              {tagged, func(c *identitytoken.Claims) { c.Tags = map[string]string{"a": "b"} }, ""},
			"tags, not allowed": {plain, func(c *identitytoken.Claims) { c.Tags = map[string]string{"a": "b"} }, "Not authorized to perform sts:TagSession"},
			"a role for users":  {signed, nil, denied},
			"no such role":      {iamARN + "role/Nobody", nil, denied},
		} {
			in := M{"RoleArn": c.arn, "RoleSessionName": "ab", "WebIdentityToken": poolToken(t, w, c.change)}
			if c.denied == "" {
				session(t, w, w.Must(t, "AssumeRoleWithWebIdentity", in))
				continue
			}
			t.Run(name, func(t *testing.T) { w.Fails(t, "AssumeRoleWithWebIdentity", in, "AccessDenied", c.denied) })
		}
	})
}

func TestBadTokensAreRefused(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		w.User(t, pool, "alice")
		signedIn := w.SignIn(t, client, "alice")
		w = w.On("sts")
		arn := role(t, w, "Visitor", webTrust(withTags, ""), 3600)
		jwt := poolToken(t, w, nil)
		for name, c := range map[string]struct {
			token, provider, code string
		}{
			"no token":                      {"garbage", "", "InvalidIdentityToken"},
			"a wrong signature":             {jwt[:len(jwt)-8] + "AAAAAAAA", "", "InvalidIdentityToken"},
			"expired":                       {poolToken(t, w, func(c *identitytoken.Claims) { c.Expires = w.Now().Add(-time.Hour) }), "", "ExpiredTokenException"},
			"a user pool's, not registered": {signedIn["IdToken"].(string), "", "InvalidIdentityToken"},
			"a provider that is not there":  {jwt, "api.twitter.com", "InvalidIdentityToken"},
		} {
			t.Run(name, func(t *testing.T) {
				in := M{"RoleArn": arn, "RoleSessionName": "ab", "WebIdentityToken": c.token}
				if c.provider != "" {
					in["ProviderId"] = c.provider
				}
				w.Fails(t, "AssumeRoleWithWebIdentity", in, c.code, "")
			})
		}
		w.Fails(t, "AssumeRoleWithWebIdentity", M{"RoleArn": arn, "RoleSessionName": "ab", "WebIdentityToken": jwt, "DurationSeconds": 3601},
			"ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
		w.Fails(t, "AssumeRoleWithWebIdentity", M{"RoleArn": arn, "RoleSessionName": "ab", "WebIdentityToken": jwt, "Policy": "{}"},
			"MalformedPolicyDocument", "")
		w.Fails(t, "AssumeRoleWithWebIdentity", M{
			"RoleArn": arn + "x", "RoleSessionName": "ab", "WebIdentityToken": jwt, "PolicyArns": []M{{"arn": iamARN + "policy/secret"}},
		}, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	})
}

func TestUserPoolsRegisteredAsProvidersAreTrusted(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		client := w.Client(t, pool, nil)
		w.User(t, pool, "alice")
		signedIn := w.SignIn(t, client, "alice")
		name := "cognito-idp.us-east-1.amazonaws.com/" + pool
		provider := iamARN + "oidc-provider/" + name
		register(t, w, trustprovider.Provider{ARN: provider, Kind: trustprovider.OIDC, Doc: trustprovider.Doc{URL: name, ClientIDs: []string{client}}})
		w = w.On("sts")
		arn := role(t, w, "User", trusting(`"Federated": "`+provider+`"`, `"sts:AssumeRoleWithWebIdentity"`, `"StringEquals": {"`+name+`:aud": "`+client+`"}`), 0)
		out := w.Must(t, "AssumeRoleWithWebIdentity", M{"RoleArn": arn, "RoleSessionName": "ab", "WebIdentityToken": signedIn["IdToken"]})
		sub := servertest.Text(out, "SubjectFromWebIdentityToken")
		if servertest.Text(out, "Provider") != provider || servertest.Text(out, "Audience") != client || len(sub) != 36 {
			t.Errorf("got %v", out)
		}
		want := map[string][]string{
			"aws:federatedprovider": {provider}, strings.ToLower(name) + ":aud": {client}, strings.ToLower(name) + ":sub": {sub},
		}
		if diff := cmp.Diff(want, session(t, w, out).Keys); diff != "" {
			t.Error(diff)
		}
		w.Fails(t, "AssumeRoleWithWebIdentity", M{"RoleArn": arn, "RoleSessionName": "ab", "WebIdentityToken": signedIn["AccessToken"]}, "InvalidIdentityToken", "")
	})
}

func register(t testing.TB, w *servertest.World, p trustprovider.Provider) {
	t.Helper()
	if err := w.DB.Write(t.Context(), func(tx *db.Tx) error { return trustprovider.Insert(tx, &p) }); err != nil {
		t.Fatal(err)
	}
}

// Strangers are counted by their network, those with bad tokens tenfold; requests that are signed are not.
func TestStrangersWithTokensAreBounded(t *testing.T) {
	t.Parallel()
	production := func(c *server.Config) { c.Dev = false }
	servertest.EachWith(t, production, func(t *testing.T, w *servertest.World) {
		w = w.On("sts")
		arn := role(t, w, "Visitor", webTrust(withTags, ""), 3600)
		good := M{"RoleArn": arn, "RoleSessionName": "ab", "WebIdentityToken": poolToken(t, w, nil)}
		for operation, bad := range map[string]M{
			"AssumeRoleWithWebIdentity": {"RoleArn": arn, "RoleSessionName": "ab", "WebIdentityToken": "garbage"},
			"AssumeRoleWithSAML":        {"RoleArn": arn, "PrincipalArn": iamARN + "saml-provider/none", "SAMLAssertion": "garbage"},
		} {
			for range 10 {
				w.Fails(t, operation, bad, "InvalidIdentityToken", "")
			}
			w.Fails(t, operation, bad, "Throttling", "Rate exceeded")
			w.Fails(t, "AssumeRoleWithWebIdentity", good, "Throttling", "Rate exceeded")
			w.Advance(time.Minute)
		}
		for range 100 {
			w.Must(t, "AssumeRoleWithWebIdentity", good)
		}
		w.Fails(t, "AssumeRoleWithWebIdentity", good, "Throttling", "Rate exceeded")
		w.Advance(time.Second)
		w.Must(t, "AssumeRoleWithWebIdentity", good)
	})
}
