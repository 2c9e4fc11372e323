package identitypool_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/db"
	"cardea/record/identitypool"
	"cardea/server/servertest"
	"cardea/spec/cognitoidentity"
	"cardea/spec/id"
)

type M = servertest.M

const (
	userPool = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC123xyz"
	client   = "1example23456789client"
	role     = "arn:aws:iam::" + servertest.Account + ":role/app"
)

// each runs body on both engines, with a client of identity pools.
func each(t *testing.T, body func(t *testing.T, w *servertest.World)) {
	t.Helper()
	servertest.Each(t, func(t *testing.T, w *servertest.World) { body(t, w.On("cognito-identity")) })
}

// newPool makes an identity pool for the user pool, and guests, and answers its id.
func newPool(t testing.TB, w *servertest.World, changes M) string {
	t.Helper()
	in := servertest.With(M{"IdentityPoolName": "app", "AllowUnauthenticatedIdentities": true}, changes)
	return servertest.Text(w.Must(t, "CreateIdentityPool", in), "IdentityPoolId")
}

func TestPoolIsShownAsItWasMade(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		in := M{
			"IdentityPoolName":               "my pool",
			"AllowUnauthenticatedIdentities": false,
			"AllowClassicFlow":               false,
			"SupportedLoginProviders":        M{"graph.facebook.com": "7346241598935552"},
			"DeveloperProviderName":          "login.example.com",
			"OpenIdConnectProviderARNs":      []any{"arn:aws:iam::999999999999:oidc-provider/example.com"},
			"CognitoIdentityProviders":       []any{M{"ProviderName": userPool, "ClientId": client, "ServerSideTokenCheck": false}},
			"SamlProviderARNs":               []any{"arn:aws:iam::" + servertest.Account + ":saml-provider/idp"},
			"IdentityPoolTags":               M{"team": "red"},
		}
		made := w.Must(t, "CreateIdentityPool", in)
		pool := servertest.Text(made, "IdentityPoolId")
		if !strings.HasPrefix(pool, "us-east-1:") || len(pool) != len("us-east-1:")+36 {
			t.Errorf("the pool's id is %q", pool)
		}
		want := servertest.With(in, M{"IdentityPoolId": pool})
		if diff := cmp.Diff(want, made); diff != "" {
			t.Errorf("created:\n%s", diff)
		}
		if diff := cmp.Diff(want, w.Must(t, "DescribeIdentityPool", M{"IdentityPoolId": pool})); diff != "" {
			t.Errorf("described:\n%s", diff)
		}
	})
}

func TestWhatAPoolWasNeverGivenIsNotShown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		in := M{"IdentityPoolName": "bare", "AllowUnauthenticatedIdentities": true, "SamlProviderARNs": []any{}, "SupportedLoginProviders": M{}}
		made := w.Must(t, "CreateIdentityPool", in)
		want := M{
			"IdentityPoolId": made["IdentityPoolId"], "IdentityPoolName": "bare", "AllowUnauthenticatedIdentities": true, "IdentityPoolTags": M{},
		}
		if diff := cmp.Diff(want, made); diff != "" {
			t.Errorf("created:\n%s", diff)
		}
		if diff := cmp.Diff(want, w.Must(t, "DescribeIdentityPool", M{"IdentityPoolId": made["IdentityPoolId"]})); diff != "" {
			t.Errorf("described:\n%s", diff)
		}
	})
}

func TestUpdateReplacesAllButTagsAndTheDeveloperProvider(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, M{
			"AllowClassicFlow": true, "DeveloperProviderName": "dev", "IdentityPoolTags": M{"a": "1"},
			"SupportedLoginProviders": M{"www.amazon.com": "amzn1.application.188a56d827a7d6555a8b67a5d"},
		})
		update := M{"IdentityPoolId": pool, "IdentityPoolName": "new", "AllowUnauthenticatedIdentities": false}
		want := servertest.With(update, M{"DeveloperProviderName": "dev", "IdentityPoolTags": M{"a": "1"}})
		if diff := cmp.Diff(want, w.Must(t, "UpdateIdentityPool", update)); diff != "" {
			t.Errorf("updated:\n%s", diff)
		}
		if diff := cmp.Diff(want, w.Must(t, "DescribeIdentityPool", M{"IdentityPoolId": pool})); diff != "" {
			t.Errorf("described:\n%s", diff)
		}

		w.Fails(t, "UpdateIdentityPool", servertest.With(update, M{"DeveloperProviderName": "other"}), "InvalidParameterException", "")
		tagged := w.Must(t, "UpdateIdentityPool", servertest.With(update, M{"IdentityPoolTags": M{"b": "2"}}))
		if diff := cmp.Diff(M{"b": "2"}, tagged["IdentityPoolTags"]); diff != "" {
			t.Errorf("tags:\n%s", diff)
		}
	})
}

func TestWrongSettingsAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, nil)
		provider := func(name, client string) M {
			return M{"CognitoIdentityProviders": []any{servertest.With(M{"ProviderName": name, "ClientId": client}, nil)}}
		}
		tags := M{}
		for i := range 51 {
			tags[fmt.Sprint(i)] = ""
		}
		for name, c := range map[string]struct {
			in            M
			code, message string
		}{
			"name":      {M{"IdentityPoolName": "a/b"}, "ValidationException", `1 validation error detected: Value 'a/b' at 'identityPoolName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w\s+=,.@-]+`},
			"no client": {M{"CognitoIdentityProviders": []any{M{"ProviderName": userPool}}}, "InvalidParameterException", "Invalid Cognito Identity Provider"},
			"no name":   {M{"CognitoIdentityProviders": []any{M{"ClientId": client}}}, "InvalidParameterException", "Invalid Cognito Identity Provider"},
			"no pool":   {provider("cognito-idp.us-east-1.amazonaws.com", client), "InvalidParameterException", "Invalid Cognito Identity Provider"},
			"no host":   {provider("us-east-1_AbC123xyz", client), "InvalidParameterException", "Invalid Cognito Identity Provider"},
			"scheme":    {provider("https://"+userPool, client), "InvalidParameterException", "Invalid Cognito Identity Provider"},
			"other SAML": {M{"SamlProviderARNs": []any{"arn:aws:iam::999999999999:saml-provider/idp"}}, "InvalidParameterException",
				"Identity provider arn:aws:iam::999999999999:saml-provider/idp is not valid for account " + servertest.Account},
			"SAML role": {M{"SamlProviderARNs": []any{role}}, "InvalidParameterException", ""},
			"OIDC role": {M{"OpenIdConnectProviderARNs": []any{role}}, "InvalidParameterException", ""},
			"social":    {M{"SupportedLoginProviders": M{"example.com": "app"}}, "InvalidParameterException", ""},
			"both": {M{"DeveloperProviderName": "example.com", "OpenIdConnectProviderARNs": []any{
				"arn:aws:iam::" + servertest.Account + ":oidc-provider/example.com/",
			}}, "InvalidParameterException", "Invalid developer provider name: example.com"},
			"developer":  {M{"DeveloperProviderName": "accounts.google.com"}, "InvalidParameterException", ""},
			"issuer":     {M{"DeveloperProviderName": "example.com", "OpenIdConnectProviderARNs": []any{oidc}}, "InvalidParameterException", ""},
			"own":        {M{"DeveloperProviderName": "cognito-identity.amazonaws.com"}, "InvalidParameterException", ""},
			"many tags":  {M{"IdentityPoolTags": tags}, "InvalidParameterException", ""},
			"AWS's tags": {M{"IdentityPoolTags": M{"AWS:x": ""}}, "InvalidParameterException", ""},
		} {
			in := servertest.With(M{"IdentityPoolName": "app", "AllowUnauthenticatedIdentities": true}, c.in)
			t.Log(name)
			w.Fails(t, "CreateIdentityPool", in, c.code, c.message)
			w.Fails(t, "UpdateIdentityPool", servertest.With(in, M{"IdentityPoolId": pool}), c.code, c.message)
		}
	})
}

func TestListShowsThePoolsOfTheRegion(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		var want []string
		for range 5 {
			want = append(want, newPool(t, w, nil))
		}
		slices.Sort(want)
		abroad := newPool(t, w.In("us-west-2"), nil)

		var got []string
		in := M{"MaxResults": 2}
		for range 3 {
			out := w.Must(t, "ListIdentityPools", in)
			for _, p := range out["IdentityPools"].([]any) {
				got = append(got, servertest.Text(p.(M), "IdentityPoolId"))
			}
			in["NextToken"] = out["NextToken"]
		}
		if !slices.Equal(got, want) || in["NextToken"] != nil {
			t.Errorf("got %v, %v, want %v", got, in["NextToken"], want)
		}
		out := w.In("us-west-2").Must(t, "ListIdentityPools", M{"MaxResults": 60})
		if len(out["IdentityPools"].([]any)) != 1 || servertest.Text(out, "IdentityPools.0.IdentityPoolId") != abroad {
			t.Errorf("got %v, want %s", out, abroad)
		}
		w.Fails(t, "ListIdentityPools", M{"MaxResults": 2, "NextToken": "forged"}, "InvalidParameterException", "")
	})
}

func TestUnknownPoolsAreNotFound(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, nil)
		w.Must(t, "DeleteIdentityPool", M{"IdentityPoolId": pool})
		in := M{"IdentityPoolId": pool}
		for operation, more := range map[string]M{
			"DescribeIdentityPool":        nil,
			"DeleteIdentityPool":          nil,
			"UpdateIdentityPool":          {"IdentityPoolName": "x", "AllowUnauthenticatedIdentities": true},
			"GetIdentityPoolRoles":        nil,
			"SetIdentityPoolRoles":        {"Roles": M{}},
			"GetPrincipalTagAttributeMap": {"IdentityProviderName": userPool},
			"SetPrincipalTagAttributeMap": {"IdentityProviderName": userPool},
		} {
			w.Fails(t, operation, servertest.With(in, more), "ResourceNotFoundException", "IdentityPool '"+pool+"' not found.")
		}
	})
}

func TestQuotas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			for range 999 {
				pool := identitypool.Pool{Doc: cognitoidentity.IdentityPool{IdentityPoolId: string(id.NewIdentityPool("us-east-1"))}}
				if err := identitypool.Insert(tx, &pool); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		pool := newPool(t, w, nil)
		in := M{"IdentityPoolName": "app", "AllowUnauthenticatedIdentities": true}
		w.Fails(t, "CreateIdentityPool", in, "LimitExceededException", "")
		newPool(t, w.In("eu-west-1"), nil)

		var many []any
		for i := range 51 {
			many = append(many, M{"ProviderName": userPool, "ClientId": fmt.Sprint("client", i)})
		}
		in["IdentityPoolId"], in["CognitoIdentityProviders"] = pool, many
		w.Fails(t, "UpdateIdentityPool", in, "LimitExceededException", "")
		in["CognitoIdentityProviders"] = many[:50]
		w.Must(t, "UpdateIdentityPool", in)
	})
}

func TestTags(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, M{"IdentityPoolTags": M{"a": "1", "b": "2"}})
		arn := "arn:aws:cognito-identity:us-east-1:" + servertest.Account + ":identitypool/" + pool
		w.Must(t, "TagResource", M{"ResourceArn": arn, "Tags": M{"b": "3", "c": "4"}})
		w.Must(t, "UntagResource", M{"ResourceArn": arn, "TagKeys": []any{"a", "never"}})
		if diff := cmp.Diff(M{"b": "3", "c": "4"}, w.Must(t, "ListTagsForResource", M{"ResourceArn": arn})["Tags"]); diff != "" {
			t.Error(diff)
		}
		w.Fails(t, "TagResource", M{"ResourceArn": arn, "Tags": M{"aws:x": ""}}, "InvalidParameterException", "")
		w.Fails(t, "ListTagsForResource", M{"ResourceArn": strings.Replace(arn, servertest.Account, "999999999999", 1)}, "ResourceNotFoundException", "")
		w.Fails(t, "ListTagsForResource", M{"ResourceArn": strings.Replace(arn, "identitypool", "userpool", 1)}, "InvalidParameterException", "")
	})
}
