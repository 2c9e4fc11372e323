package identitypool_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

// openToken verifies a token of an identity pool as another server would, by the published keys, and reads it.
func openToken(t testing.TB, w *servertest.World, jwt string) M {
	t.Helper()
	status, body := w.Get(t, "/identity/.well-known/jwks_uri")
	var set gojose.JSONWebKeySet
	if err := json.Unmarshal([]byte(body), &set); err != nil || status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	parsed, err := gojose.ParseSignedCompact(jwt, []gojose.SignatureAlgorithm{gojose.RS512})
	if err != nil {
		t.Fatal(err)
	}
	if h := parsed.Signatures[0].Header; h.ExtraHeaders["typ"] != "JWS" || h.KeyID == "" {
		t.Errorf("the header is %+v", h)
	}
	payload, err := parsed.Verify(set)
	if err != nil {
		t.Fatal(err)
	}
	var claims M
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestOpenIDTokensSayWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, nil)
		in, guest := a.ann(t, nil), getID(t, w, a.id, nil)
		sub := claimsOf(t, in["Logins"].(M)[a.provider].(string))["sub"].(string)
		now := float64(w.Now().Unix())
		for _, c := range []struct {
			in  M
			amr []any
		}{
			{in, []any{"authenticated", a.provider, a.provider + ":CognitoSignIn:" + sub}},
			{M{"IdentityId": guest}, []any{"unauthenticated"}},
		} {
			out := w.Must(t, "GetOpenIdToken", c.in)
			want := M{
				"sub": c.in["IdentityId"], "aud": a.id, "amr": c.amr, "iss": w.URL + "/identity", "iat": now, "exp": now + 600,
				"https://cognito-identity.amazonaws.com/identity-pool-arn": "arn:aws:cognito-identity:us-east-1:" + servertest.Account + ":identitypool/" + a.id,
			}
			if diff := cmp.Diff(want, openToken(t, w, servertest.Text(out, "Token"))); diff != "" || out["IdentityId"] != c.in["IdentityId"] {
				t.Errorf("%v: %s", out["IdentityId"], diff)
			}
		}
		w.Fails(t, "GetOpenIdToken", M{"IdentityId": in["IdentityId"]}, "NotAuthorizedException", "Access to Identity '"+in["IdentityId"].(string)+"' is forbidden.")
	})
}

func TestTheClassicFlowMayBeClosed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, M{"AllowClassicFlow": true})
		guest := M{"IdentityId": getID(t, w, a.id, nil)}
		w.Must(t, "GetOpenIdToken", guest)
		a.setRoles(t, M{"Type": "Token", "AmbiguousRoleResolution": "Deny"})
		w.Fails(t, "GetOpenIdToken", guest, "InvalidParameterException", "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.")
		w.Must(t, "UpdateIdentityPool", servertest.With(a.kept, M{"IdentityPoolId": a.id, "IdentityPoolName": "app", "AllowUnauthenticatedIdentities": true, "AllowClassicFlow": false}))
		w.Fails(t, "GetOpenIdToken", guest, "InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow.")
		a.credentials(t, guest)
	})
}

func TestTheClassicFlowEndsAtSTS(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, nil)
		guest, ann := M{"IdentityId": getID(t, w, a.id, nil)}, a.ann(t, nil)
		assume := func(in M, role string) (M, error) {
			token := servertest.Text(w.Must(t, "GetOpenIdToken", in), "Token")
			return w.On("sts").Call("AssumeRoleWithWebIdentity", M{"RoleArn": roles + role, "RoleSessionName": "app", "WebIdentityToken": token})
		}
		for _, c := range []struct {
			in      M
			role    string
			allowed bool
		}{{guest, "Guests", true}, {ann, "Gold", true}, {guest, "Gold", false}, {ann, "Guests", false}} {
			out, err := assume(c.in, c.role)
			if (err == nil) != c.allowed {
				t.Errorf("%s by %v: %v, %v", c.role, c.in["IdentityId"], out, err)
			}
		}
		token := servertest.Text(w.Must(t, "GetOpenIdToken", ann), "Token")
		w.Advance(10 * time.Minute)
		_, err := w.On("sts").Call("AssumeRoleWithWebIdentity", M{"RoleArn": roles + "Gold", "RoleSessionName": "app", "WebIdentityToken": token})
		if err == nil || !strings.HasPrefix(err.Error(), "ExpiredTokenException: ") {
			t.Errorf("ten minutes later: %v", err)
		}
	})
}

func TestDevelopersVouchForTheirUsers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, M{"DeveloperProviderName": "login.example"})
		in := M{"IdentityPoolId": a.id, "Logins": M{"login.example": "user-7"}, "PrincipalTags": M{"team": "red"}}
		out := w.Must(t, "GetOpenIdTokenForDeveloperIdentity", in)
		who, token := servertest.Text(out, "IdentityId"), servertest.Text(out, "Token")
		claims := openToken(t, w, token)
		amr := []any{"authenticated", "login.example", "login.example:" + a.id + ":user-7"}
		if diff := cmp.Diff(amr, claims["amr"]); diff != "" || claims["exp"] != float64(w.Now().Unix()+900) {
			t.Errorf("%s, exp %v", diff, claims["exp"])
		}
		tags := M{"principal_tags": M{"team": []any{"red"}}}
		if diff := cmp.Diff(tags, claims["https://aws.amazon.com/tags"]); diff != "" {
			t.Error(diff)
		}
		again := w.Must(t, "GetOpenIdTokenForDeveloperIdentity", servertest.With(in, M{"TokenDuration": 86400}))
		if again["IdentityId"] != who || openToken(t, w, servertest.Text(again, "Token"))["exp"] != float64(w.Now().Unix()+86400) {
			t.Errorf("again: %v", again)
		}

		login := M{"cognito-identity.amazonaws.com": token}
		s, made := a.credentials(t, M{"IdentityId": who, "Logins": login})
		if a.names[s.PrincipalID] != "Default" || made["IdentityId"] != who || s.Tags["team"] != "red" || s.Guest ||
			s.Keys["cognito-identity.amazonaws.com:amr"][2] != "login.example:"+a.id+":user-7" {
			t.Errorf("got %+v", s)
		}
		w.Fails(t, "GetId", M{"IdentityPoolId": a.id, "Logins": login}, "NotAuthorizedException", "Invalid login token. Can't pass in a Cognito token.")
		w.Fails(t, "GetOpenIdToken", M{"IdentityId": who, "Logins": login}, "NotAuthorizedException", "Invalid login token. Can't pass in a Cognito token.")
		a.newRole(t, "Untagged", "authenticated", "sts:AssumeRoleWithWebIdentity")
		w.Must(t, "SetIdentityPoolRoles", M{"IdentityPoolId": a.id, "Roles": M{"authenticated": roles + "Untagged"}})
		a.fails(t, M{"IdentityId": who, "Logins": login}, "InvalidIdentityPoolConfigurationException", badRoles)
	})
}

func TestTokensOfAPoolAreGoodForTheirIdentityAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, M{"DeveloperProviderName": "login.example"})
		other := newPool(t, w, M{"DeveloperProviderName": "login.example"})
		vouch := func(pool, user string) (who string, login M) {
			out := w.Must(t, "GetOpenIdTokenForDeveloperIdentity", M{"IdentityPoolId": pool, "Logins": M{"login.example": user}})
			return servertest.Text(out, "IdentityId"), M{"cognito-identity.amazonaws.com": out["Token"]}
		}
		one, login := vouch(a.id, "one")
		two, _ := vouch(a.id, "two")
		_, foreign := vouch(other, "one")
		ann, guest := a.ann(t, nil), getID(t, w, a.id, nil)
		own := func(in M) M {
			return M{"cognito-identity.amazonaws.com": w.Must(t, "GetOpenIdToken", in)["Token"]}
		}
		a.credentials(t, M{"IdentityId": one, "Logins": login})
		for message, in := range map[string]M{
			"Access to Identity '" + two + "' is forbidden.":                  {"IdentityId": two, "Logins": login},
			"Token is not from a supported provider of this identity pool.":   {"IdentityId": one, "Logins": foreign},
			"Invalid login token. Can't pass in a Cognito token.":             {"IdentityId": ann["IdentityId"], "Logins": own(ann)},
			"Invalid login token. Not a valid OpenId Connect identity token.": {"IdentityId": one, "Logins": M{"cognito-identity.amazonaws.com": "x"}},
			"Invalid login token. Issuer doesn't match providerName":          {"IdentityId": one, "Logins": M{"cognito-identity.amazonaws.com": ann["Logins"].(M)[a.provider]}},
		} {
			a.fails(t, in, "NotAuthorizedException", message)
		}
		a.fails(t, M{"IdentityId": guest, "Logins": own(M{"IdentityId": guest})}, "NotAuthorizedException", "Invalid login token. Can't pass in a Cognito token.")

		w.Must(t, "MergeDeveloperIdentities", M{"IdentityPoolId": a.id, "DeveloperProviderName": "login.example", "SourceUserIdentifier": "one", "DestinationUserIdentifier": "two"})
		a.fails(t, M{"IdentityId": one, "Logins": login}, "NotAuthorizedException", "Access to Identity '"+one+"' is forbidden.")
		w.Advance(15 * time.Minute)
		_, err := w.Call("GetCredentialsForIdentity", M{"IdentityId": one, "Logins": login})
		if err == nil || !strings.HasPrefix(err.Error(), "NotAuthorizedException: Invalid login token. Token expired: ") {
			t.Errorf("later: %v", err)
		}
	})
}

// A token of a developer's is good for a day: not for whoever was taken away from the identity since.
func TestTokensOfDeveloperUsersEndWithTheLink(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, M{"DeveloperProviderName": "login.example"})
		vouch := func(user string, more M) M {
			return w.Must(t, "GetOpenIdTokenForDeveloperIdentity", servertest.With(M{
				"IdentityPoolId": a.id, "Logins": servertest.With(M{"login.example": user}, more), "TokenDuration": 86400,
			}, nil))
		}
		login := func(out M) M { return M{"cognito-identity.amazonaws.com": out["Token"]} }
		ann := a.logins(t, w, "ann")
		one, two := vouch("one:a", ann), vouch("two", ann)
		who := servertest.Text(one, "IdentityId")
		a.credentials(t, M{"IdentityId": who, "Logins": login(one)})
		w.Must(t, "UnlinkDeveloperIdentity", M{"IdentityId": who, "IdentityPoolId": a.id, "DeveloperProviderName": "login.example", "DeveloperUserIdentifier": "one:a"})
		forbidden := "Access to Identity '" + who + "' is forbidden."
		a.fails(t, M{"IdentityId": who, "Logins": login(one)}, "NotAuthorizedException", forbidden)
		a.credentials(t, M{"IdentityId": who, "Logins": login(two)})

		anew := vouch("one:a", nil)
		a.fails(t, M{"IdentityId": who, "Logins": login(one)}, "NotAuthorizedException", forbidden)
		a.credentials(t, M{"IdentityId": anew["IdentityId"], "Logins": login(anew)})
	})
}

func TestWrongRequestsOfDevelopersAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, M{"DeveloperProviderName": "login.example"})
		const none = "This identity pool does not support the specified developer provider"
		for _, c := range []struct {
			change        M
			code, message string
		}{
			{M{"Logins": M{"other.example": "one"}}, "InvalidParameterException", none},
			{M{"Logins": a.logins(t, w, "ann")}, "InvalidParameterException", none},
			{M{"Logins": M{"login.example": "one\x01"}}, "InvalidParameterException", "Invalid developer user identifier."},
			{M{"Logins": M{"login.example": strings.Repeat("x", 1025)}}, "InvalidParameterException", "Invalid developer user identifier."},
			{M{"PrincipalTags": M{"aws:x": "1"}}, "InvalidParameterException", "Invalid principal tag: aws:x"},
			{M{"PrincipalTags": M{"Team": "red", "team": "blue"}}, "InvalidParameterException", "Duplicate principal tags: keys differ by more than case."},
			{M{"PrincipalTags": M{"x": "a*"}}, "InvalidParameterException", "Invalid value of the principal tag x"},
			{M{"Logins": M{"login.example": "one", a.provider: "garbage"}}, "NotAuthorizedException", "Invalid login token. Not a valid OpenId Connect identity token."},
			{M{"IdentityPoolId": newPool(t, w, nil)}, "InvalidParameterException", none},
		} {
			w.Fails(t, "GetOpenIdTokenForDeveloperIdentity", servertest.With(M{"IdentityPoolId": a.id, "Logins": M{"login.example": "one"}}, c.change), c.code, c.message)
		}
		both := servertest.With(a.logins(t, w, "ann"), M{"login.example": "one"})
		out := w.Must(t, "GetOpenIdTokenForDeveloperIdentity", M{"IdentityPoolId": a.id, "Logins": both})
		if got := getID(t, w, a.id, a.logins(t, w, "ann")); got != out["IdentityId"] {
			t.Errorf("the other login leads to %s, not %v", got, out["IdentityId"])
		}
	})
}
