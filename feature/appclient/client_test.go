package appclient_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

type M = servertest.M

// create makes a client from the members given and shows it.
func create(t *testing.T, w *servertest.World, pool string, given M) M {
	t.Helper()
	out := w.Must(t, "CreateUserPoolClient", servertest.With(M{"UserPoolId": pool, "ClientName": "web"}, given))
	return out["UserPoolClient"].(M)
}

// describe shows a client.
func describe(t *testing.T, w *servertest.World, pool string, client any) M {
	t.Helper()
	return w.Must(t, "DescribeUserPoolClient", M{"UserPoolId": pool, "ClientId": client})["UserPoolClient"].(M)
}

// defaults is a client of nothing but a name.
func defaults(pool string, client any) M {
	return M{
		"UserPoolId": pool, "ClientName": "web", "ClientId": client,
		"CreationDate": 1773500966.535, "LastModifiedDate": 1773500966.535,
		"RefreshTokenValidity": 30.0, "TokenValidityUnits": M{}, "AllowedOAuthFlowsUserPoolClient": false,
		"EnableTokenRevocation": true, "EnablePropagateAdditionalUserContextData": false, "AuthSessionValidity": 3.0,
	}
}

// everything sets every member that another does not exclude.
func everything() M {
	return M{
		"ClientName":           "app",
		"RefreshTokenValidity": 90.0, "AccessTokenValidity": 600.0, "IdTokenValidity": 20.0,
		"TokenValidityUnits":                       M{"AccessToken": "seconds", "IdToken": "minutes", "RefreshToken": "days"},
		"ReadAttributes":                           []any{"email", "email_verified", "custom:team", "sub"},
		"WriteAttributes":                          []any{"email", "custom:team"},
		"ExplicitAuthFlows":                        []any{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"},
		"SupportedIdentityProviders":               []any{"COGNITO"},
		"CallbackURLs":                             []any{"https://example.com/in", "http://localhost:3000/in", "shop://in"},
		"LogoutURLs":                               []any{"https://example.com/out"},
		"DefaultRedirectURI":                       "https://example.com/in",
		"AllowedOAuthFlows":                        []any{"code", "implicit"},
		"AllowedOAuthScopes":                       []any{"openid", "email", "https://api.example.com/v1/read"},
		"AllowedOAuthFlowsUserPoolClient":          true,
		"AnalyticsConfiguration":                   M{"ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/abc", "UserDataShared": true},
		"PreventUserExistenceErrors":               "ENABLED",
		"EnableTokenRevocation":                    false,
		"EnablePropagateAdditionalUserContextData": true,
		"AuthSessionValidity":                      15.0,
		"RefreshTokenRotation":                     M{"Feature": "ENABLED", "RetryGracePeriodSeconds": 10.0},
	}
}

// pool makes a pool with a custom attribute, a developers' attribute and a resource server.
func pool(t *testing.T, w *servertest.World) string {
	t.Helper()
	p := w.Pool(t, M{"Schema": []M{
		{"Name": "team", "AttributeDataType": "String"},
		{"Name": "score", "AttributeDataType": "Number", "DeveloperOnlyAttribute": true},
	}})
	w.Must(t, "CreateResourceServer", M{
		"UserPoolId": p, "Identifier": "https://api.example.com/v1", "Name": "API",
		"Scopes": []M{{"ScopeName": "read", "ScopeDescription": "see things"}},
	})
	return p
}

func TestClientCreatedWithNameAloneHasEveryDefault(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		created := create(t, w, p, nil)
		if id := servertest.Text(created, "ClientId"); !regexp.MustCompile(`^[a-z0-9]{26}$`).MatchString(id) {
			t.Errorf("client id %q", id)
		}
		if diff := cmp.Diff(defaults(p, created["ClientId"]), created); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
		if diff := cmp.Diff(created, describe(t, w, p, created["ClientId"])); diff != "" {
			t.Errorf("created (-), described (+):\n%s", diff)
		}
	})
}

func TestEveryMemberIsStoredAndEchoed(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := pool(t, w)
		created := create(t, w, p, servertest.With(everything(), M{"GenerateSecret": true}))
		want := servertest.With(everything(), M{
			"UserPoolId": p, "ClientId": created["ClientId"], "ClientSecret": created["ClientSecret"],
			"CreationDate": 1773500966.535, "LastModifiedDate": 1773500966.535,
		})
		if diff := cmp.Diff(want, describe(t, w, p, created["ClientId"])); diff != "" {
			t.Errorf("given (-), shown (+):\n%s", diff)
		}
	})
}

func TestUpdateResetsWhatItOmitsAndKeepsTheSecret(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := pool(t, w)
		created := create(t, w, p, servertest.With(everything(), M{"GenerateSecret": true}))
		w.Advance(time.Second)
		updated := w.Must(t, "UpdateUserPoolClient", M{"UserPoolId": p, "ClientId": created["ClientId"]})["UserPoolClient"]
		want := servertest.With(defaults(p, created["ClientId"]), M{
			"ClientName": "app", "ClientSecret": created["ClientSecret"], "LastModifiedDate": 1773500967.535,
		})
		if diff := cmp.Diff(want, updated); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
		if diff := cmp.Diff(want, describe(t, w, p, created["ClientId"])); diff != "" {
			t.Errorf("want (-), described (+):\n%s", diff)
		}
	})
}

func TestClientsRefuseWhatCognitoRefuses(t *testing.T) {
	t.Parallel()

	const (
		invalid = "InvalidParameterException"
		oauth   = "InvalidOAuthFlowException"
		rangeOf = "Invalid range for token validity."
		pair    = "Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid"
		write   = "Invalid write attributes specified while %s a client"
	)
	code := M{"AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []string{"code"}, "AllowedOAuthScopes": []string{"openid"}, "CallbackURLs": []string{"https://example.com"}}
	callback := func(url string) M { return M{"CallbackURLs": []string{url}} }
	units := func(access, id, refresh int, unit string) M {
		return M{
			"AccessTokenValidity": access, "IdTokenValidity": id, "RefreshTokenValidity": refresh,
			"TokenValidityUnits": M{"AccessToken": unit, "IdToken": unit, "RefreshToken": unit},
		}
	}
	cases := []struct {
		given      M
		code, want string
	}{
		{M{"ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH", "ADMIN_NO_SRP_AUTH"}}, invalid, "Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names."},
		{M{"ExplicitAuthFlows": []string{"ALLOW_REFRESH_TOKEN_AUTH"}, "RefreshTokenRotation": M{"Feature": "ENABLED"}}, invalid, ""},
		{units(299, 300, 3600, "seconds"), invalid, rangeOf},
		{units(300, 299, 3600, "seconds"), invalid, rangeOf},
		{units(300, 300, 3599, "seconds"), invalid, rangeOf},
		{M{"AccessTokenValidity": 25}, invalid, rangeOf},
		{M{"IdTokenValidity": 2, "TokenValidityUnits": M{"IdToken": "days"}}, invalid, rangeOf},
		{M{"RefreshTokenValidity": 3651}, invalid, rangeOf},
		{M{"AccessTokenValidity": 2, "RefreshTokenValidity": 60, "TokenValidityUnits": M{"RefreshToken": "minutes"}}, invalid, "Access and Id Token expiration times must be less than or equal to refresh token expiration times."},
		{M{"EnablePropagateAdditionalUserContextData": true}, invalid, "Client Secret is required to set EnablePropagateAdditionalUserContextData as true"},
		{M{"AnalyticsConfiguration": M{"ApplicationId": "abc"}}, invalid, pair},
		{M{"AnalyticsConfiguration": M{"ApplicationId": "abc", "ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/abc"}}, invalid, pair},
		{M{"ReadAttributes": []string{"custom:nothing"}}, invalid, "Invalid read attributes specified while %s a client"},
		{M{"WriteAttributes": []string{"custom:nothing"}}, invalid, write},
		{M{"WriteAttributes": []string{"sub"}}, invalid, write},
		{M{"WriteAttributes": []string{"email_verified"}}, invalid, write},
		{M{"WriteAttributes": []string{"phone_number_verified"}}, invalid, write},
		{M{"WriteAttributes": []string{"dev:custom:score"}}, invalid, write},
		{M{"SupportedIdentityProviders": []string{"COGNITO", "Google"}}, invalid, "The provider Google does not exist for User Pool POOL."},
		{callback("http://example.com/in"), invalid, "http://example.com/in cannot use the HTTP protocol."},
		{callback("http://localhost.example.com"), invalid, "http://localhost.example.com cannot use the HTTP protocol."},
		{callback("http://localhost@example.com"), invalid, "http://localhost@example.com cannot use the HTTP protocol."},
		{callback("HTTP://example.com"), invalid, "HTTP://example.com cannot use the HTTP protocol."},
		{M{"LogoutURLs": []string{"http://example.com/out"}}, invalid, "http://example.com/out cannot use the HTTP protocol."},
		{callback("https://example.com/#in"), invalid, "https://example.com/#in cannot use fragment"},
		{callback("javascript:alert(1)"), invalid, "javascript:alert(1) cannot use the JAVASCRIPT protocol."},
		{callback("/in"), invalid, "/in is not a valid URL."},
		{callback("https:///in"), invalid, "https:///in is not a valid URL."},
		{M{"CallbackURLs": []string{"https://example.com"}, "DefaultRedirectURI": "https://example.com/"}, invalid, "The default redirect URI https://example.com/ is not in the callback URIs list."},
		{servertest.With(code, M{"CallbackURLs": nil}), invalid, "CallbackUrls can not be empty when code flow or implicit flow is selected"},
		{servertest.With(code, M{"AllowedOAuthFlows": nil}), oauth, "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."},
		{servertest.With(code, M{"AllowedOAuthScopes": []string{}}), oauth, "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."},
		{servertest.With(code, M{"AllowedOAuthFlows": []string{"code", "client_credentials"}}), oauth, "client_credentials flow can not be selected along with code flow or implicit flow."},
		{servertest.With(code, M{"AllowedOAuthFlows": []string{"client_credentials"}}), oauth, "client_credentials flow can not be selected if client does not have a client secret."},
		{servertest.With(code, M{"AllowedOAuthScopes": []string{"openid", "https://api.example.com/v1/write"}}), "ScopeDoesNotExistException", "Invalid scope requested: https://api.example.com/v1/write"},
		{servertest.With(code, M{"AllowedOAuthScopes": []string{"admin"}}), "ScopeDoesNotExistException", "Invalid scope requested: admin"},
	}
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := pool(t, w)
		there := create(t, w, p, nil)
		for _, c := range cases {
			for occasion, operation := range map[string]string{"creating": "CreateUserPoolClient", "updating": "UpdateUserPoolClient"} {
				want := strings.ReplaceAll(strings.ReplaceAll(c.want, "POOL", p), "%s", occasion)
				request := servertest.With(c.given, M{"UserPoolId": p, "ClientName": "web"})
				if occasion == "updating" {
					request["ClientId"] = there["ClientId"]
				}
				w.Fails(t, operation, request, c.code, want)
			}
		}
		if diff := cmp.Diff(there, describe(t, w, p, there["ClientId"])); diff != "" {
			t.Errorf("refused updates changed the client: before (-), after (+):\n%s", diff)
		}
		if all := w.Must(t, "ListUserPoolClients", M{"UserPoolId": p})["UserPoolClients"].([]any); len(all) != 1 {
			t.Errorf("refused clients exist: %v", all)
		}
	})
}

func TestClientsAcceptTheEdgesOfWhatIsAllowed(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := pool(t, w)
		for _, given := range []M{
			{"AccessTokenValidity": 300, "IdTokenValidity": 5, "RefreshTokenValidity": 60, "TokenValidityUnits": M{"AccessToken": "seconds", "IdToken": "minutes", "RefreshToken": "minutes"}},
			{"AccessTokenValidity": 24, "IdTokenValidity": 1, "RefreshTokenValidity": 3650, "TokenValidityUnits": M{"IdToken": "days"}},
			{"CallbackURLs": []string{"http://localhost", "http://127.0.0.1:8080/in", "http://[::1]:8080/in", "com.example.shop:/in", "https://example.com/in?a=b"}},
			{"ExplicitAuthFlows": []string{"ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH"}},
			{"GenerateSecret": true, "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []string{"client_credentials"}, "AllowedOAuthScopes": []string{"https://api.example.com/v1/read"}},
			{"AnalyticsConfiguration": M{"ApplicationId": "abc", "RoleArn": "arn:aws:iam::123456789012:role/pinpoint", "ExternalId": "x"}},
			{"RefreshTokenRotation": M{"Feature": "DISABLED"}, "ExplicitAuthFlows": []string{"ALLOW_REFRESH_TOKEN_AUTH"}},
		} {
			create(t, w, p, given)
		}
		w.Fails(t, "CreateUserPoolClient", M{
			"UserPoolId": p, "ClientName": "web", "GenerateSecret": true, "AllowedOAuthFlowsUserPoolClient": true,
			"AllowedOAuthFlows": []string{"client_credentials"}, "AllowedOAuthScopes": []string{"openid"},
		}, "InvalidOAuthFlowException", "openid is not supported with client_credentials flow")
	})
}

func TestListShowsEveryClientOnceWithoutSecrets(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, other := w.Pool(t, nil), w.Pool(t, nil)
		create(t, w, other, nil)
		var want []string
		for i := range 5 {
			want = append(want, servertest.Text(create(t, w, p, M{"ClientName": fmt.Sprint("web", i), "GenerateSecret": true}), "ClientId"))
		}
		slices.Sort(want)

		var got []string
		request := M{"UserPoolId": p, "MaxResults": 2}
		for {
			out := w.Must(t, "ListUserPoolClients", request)
			for _, item := range out["UserPoolClients"].([]any) {
				if m := item.(M); len(m) != 3 || m["ClientName"] == "" || m["UserPoolId"] != p {
					t.Errorf("item %v", m)
				}
				got = append(got, servertest.Text(item.(M), "ClientId"))
			}
			if out["NextToken"] == nil {
				break
			}
			w.Fails(t, "ListUserPoolClients", M{"UserPoolId": other, "NextToken": out["NextToken"]}, "InvalidParameterException", "Invalid pagination token.")
			request["NextToken"] = out["NextToken"]
		}
		if !slices.Equal(got, want) {
			t.Errorf("listed %v, want %v", got, want)
		}
		if dcr := w.Must(t, "ListUserPoolClients", M{"UserPoolId": p, "ClientType": "DCR"})["UserPoolClients"].([]any); len(dcr) != 0 {
			t.Errorf("self-registered clients: %v", dcr)
		}
	})
}

func TestUnknownClientsAreNotFound(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, other := w.Pool(t, nil), w.Pool(t, nil)
		foreign := create(t, w, other, M{"GenerateSecret": true})
		name := servertest.Text(foreign, "ClientId")
		secrets := w.Must(t, "ListUserPoolClientSecrets", M{"UserPoolId": other, "ClientId": name})
		for operation, more := range map[string]M{
			"DescribeUserPoolClient": nil, "UpdateUserPoolClient": nil, "DeleteUserPoolClient": nil,
			"AddUserPoolClientSecret": nil, "ListUserPoolClientSecrets": nil,
			"DeleteUserPoolClientSecret": {"ClientSecretId": servertest.Text(secrets, "ClientSecrets.0.ClientSecretId")},
		} {
			w.Fails(t, operation, servertest.With(more, M{"UserPoolId": p, "ClientId": name}), "ResourceNotFoundException", "User pool client "+name+" does not exist.")
			w.Fails(t, operation, servertest.With(more, M{"UserPoolId": "us-east-1_nowhere00", "ClientId": name}), "ResourceNotFoundException", "User pool us-east-1_nowhere00 does not exist.")
		}
		w.Fails(t, "CreateUserPoolClient", M{"UserPoolId": "us-east-1_nowhere00", "ClientName": "web"}, "ResourceNotFoundException", "")
		w.Fails(t, "ListUserPoolClients", M{"UserPoolId": "us-east-1_nowhere00"}, "ResourceNotFoundException", "")

		w.Must(t, "DeleteUserPoolClient", M{"UserPoolId": other, "ClientId": name})
		w.Fails(t, "DescribeUserPoolClient", M{"UserPoolId": other, "ClientId": name}, "ResourceNotFoundException", "")
	})
}

// text is a request or an answer as it goes over the wire.
func text(t *testing.T, m any) string {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
