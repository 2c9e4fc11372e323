package identitypool_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/federated"
	"cardea/feature/identitypool"
	"cardea/server/servertest"
	"cardea/spec/cognitoidentity"
)

const (
	oidc = "arn:aws:iam::999999999999:oidc-provider/example.com"
	saml = "arn:aws:iam::" + servertest.Account + ":saml-provider/idp"
)

// providers are those of every kind.
var providers = M{
	"CognitoIdentityProviders":  []any{M{"ProviderName": userPool, "ClientId": client}},
	"SupportedLoginProviders":   M{"accounts.google.com": "app.apps.googleusercontent.com"},
	"OpenIdConnectProviderARNs": []any{oidc},
	"SamlProviderARNs":          []any{saml},
	"DeveloperProviderName":     "dev",
}

func rule() M {
	return M{"Claim": "isAdmin", "MatchType": "Equals", "Value": "paid", "RoleARN": role}
}

func TestRolesAreReplacedAsAWhole(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, providers)
		in := M{"IdentityPoolId": pool}
		if diff := cmp.Diff(in, w.Must(t, "GetIdentityPoolRoles", in)); diff != "" {
			t.Errorf("at first:\n%s", diff)
		}

		token := M{"Type": "Token", "AmbiguousRoleResolution": "Deny"}
		full := servertest.With(in, M{
			"Roles": M{"authenticated": role, "unauthenticated": role + "2"},
			"RoleMappings": M{
				userPool + ":" + client: token, "accounts.google.com": token, saml: token,
				oidc: M{"Type": "Rules", "AmbiguousRoleResolution": "AuthenticatedRole", "RulesConfiguration": M{"Rules": []any{rule()}}},
			},
		})
		w.Must(t, "SetIdentityPoolRoles", full)
		if diff := cmp.Diff(full, w.Must(t, "GetIdentityPoolRoles", in)); diff != "" {
			t.Errorf("set:\n%s", diff)
		}
		bare := servertest.With(in, M{"Roles": M{"authenticated": role}})
		w.Must(t, "SetIdentityPoolRoles", bare)
		if diff := cmp.Diff(bare, w.Must(t, "GetIdentityPoolRoles", in)); diff != "" {
			t.Errorf("replaced:\n%s", diff)
		}
	})
}

func TestWrongRoleMappingsAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, providers)
		token := M{"Type": "Token", "AmbiguousRoleResolution": "Deny"}
		rules := func(n int) M {
			list := make([]any, n)
			for i := range list {
				list[i] = rule()
			}
			return M{"Type": "Rules", "AmbiguousRoleResolution": "Deny", "RulesConfiguration": M{"Rules": list}}
		}
		key := userPool + ":" + client
		unknown := func(name string) string {
			return "(" + name + ") is not a valid RoleMapping ProviderName or is not a configured provider."
		}
		for _, c := range []struct {
			key           string
			mapping       M
			code, message string
		}{
			{userPool, token, "InvalidParameterException", unknown(userPool)},
			{key + "x", token, "InvalidParameterException", unknown(key + "x")},
			{"https://" + key, token, "InvalidParameterException", unknown("https://" + key)},
			{"graph.facebook.com", token, "InvalidParameterException", unknown("graph.facebook.com")},
			{"dev", token, "InvalidParameterException", unknown("dev")},
			{key, M{"Type": "Token"}, "InvalidParameterException", ""},
			{key, servertest.With(rules(1), M{"AmbiguousRoleResolution": nil}), "InvalidParameterException", ""},
			{key, M{"Type": "Rules", "AmbiguousRoleResolution": "Deny"}, "InvalidParameterException", ""},
			{key, servertest.With(rules(1), M{"Type": "Token"}), "InvalidParameterException", ""},
			{key, rules(26), "InvalidParameterException", "The number of rules in the request exceeded 25."},
			{key, M{"Type": "Other", "AmbiguousRoleResolution": "Deny"}, "ValidationException", ""},
		} {
			in := M{"IdentityPoolId": pool, "Roles": M{}, "RoleMappings": M{c.key: c.mapping}}
			w.Fails(t, "SetIdentityPoolRoles", in, c.code, c.message)
		}
		w.Must(t, "SetIdentityPoolRoles", M{"IdentityPoolId": pool, "Roles": M{}, "RoleMappings": M{key: rules(25)}})
		w.Fails(t, "SetIdentityPoolRoles", M{"IdentityPoolId": pool, "Roles": M{"admin": role}}, "ValidationException", "")
		w.Fails(t, "SetIdentityPoolRoles", M{"IdentityPoolId": pool, "Roles": M{"authenticated": saml}}, "InvalidParameterException", "")
	})
}

func TestOnlyADevelopmentServerTakesRolesOfOtherAccounts(t *testing.T) {
	t.Parallel()
	const foreign = "arn:aws:iam::999999999999:role/app"
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, nil)
		w.Must(t, "SetIdentityPoolRoles", M{"IdentityPoolId": pool, "Roles": M{"authenticated": foreign}})

		production := &identitypool.Service{DB: w.DB, Account: servertest.Account, Logins: &federated.Verifier{}}
		err := production.SetIdentityPoolRoles(t.Context(), &cognitoidentity.SetIdentityPoolRolesInput{
			IdentityPoolId: pool, Roles: map[string]string{"authenticated": foreign},
		})
		if want := "NotAuthorizedException: Access to Role '" + foreign + "' is forbidden."; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
}

func TestPrincipalTags(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		pool := newPool(t, w, providers)
		for _, provider := range []string{userPool, "accounts.google.com", oidc, saml} {
			in := M{"IdentityPoolId": pool, "IdentityProviderName": provider}
			if diff := cmp.Diff(servertest.With(in, M{"UseDefaults": false}), w.Must(t, "GetPrincipalTagAttributeMap", in)); diff != "" {
				t.Errorf("at first:\n%s", diff)
			}
			set := servertest.With(in, M{"UseDefaults": false, "PrincipalTags": M{"team": "custom:team"}})
			if diff := cmp.Diff(set, w.Must(t, "SetPrincipalTagAttributeMap", set)); diff != "" {
				t.Errorf("set:\n%s", diff)
			}
			if diff := cmp.Diff(set, w.Must(t, "GetPrincipalTagAttributeMap", in)); diff != "" {
				t.Errorf("shown:\n%s", diff)
			}
			w.Must(t, "SetPrincipalTagAttributeMap", servertest.With(in, M{"UseDefaults": true}))
			if diff := cmp.Diff(servertest.With(in, M{"UseDefaults": true}), w.Must(t, "GetPrincipalTagAttributeMap", in)); diff != "" {
				t.Errorf("replaced:\n%s", diff)
			}
			for _, key := range []string{"aws:x", "a*b"} {
				w.Fails(t, "SetPrincipalTagAttributeMap", servertest.With(in, M{"PrincipalTags": M{key: "sub"}}), "InvalidParameterException", "")
			}
			twice := M{"PrincipalTags": M{"Team": "sub", "team": "custom:team"}} // which of them would a policy read?
			w.Fails(t, "SetPrincipalTagAttributeMap", servertest.With(in, twice), "InvalidParameterException", "Duplicate principal tags: keys differ by more than case.")
		}
		for _, provider := range []string{"dev", "graph.facebook.com", userPool + "x"} {
			w.Fails(t, "SetPrincipalTagAttributeMap", M{"IdentityPoolId": pool, "IdentityProviderName": provider}, "InvalidParameterException", "")
		}
	})
}
