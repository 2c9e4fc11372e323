package identitypool_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"

	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/temporary"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/record/group"
	"cardea/server/servertest"
	"cardea/spec/id"
)

const (
	roles    = "arn:aws:iam::" + servertest.Account + ":role/"
	badRoles = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
)

// app is an identity pool with a user pool and with roles, and ann, who has a group and an attribute.
type app struct {
	account
	w    *servertest.World
	id   string // of the identity pool
	kept M      // the settings that newApp has made it with

	names map[string]string // of its roles, by their ids
}

func newApp(t testing.TB, w *servertest.World, changes M) *app {
	t.Helper()
	a := &app{account: newAccount(t, w), w: w, names: map[string]string{}}
	a.kept = servertest.With(M{"CognitoIdentityProviders": []any{a.setting()}}, changes)
	a.id = newPool(t, w, a.kept)
	for _, name := range []string{"Default", "Guest", "Gold", "Silver"} {
		a.newRole(t, name, "authenticated", "sts:AssumeRoleWithWebIdentity", "sts:TagSession")
	}
	a.newRole(t, "Guests", "unauthenticated", "sts:AssumeRoleWithWebIdentity")
	a.setRoles(t, nil)
	return a
}

// newRole makes a role for identities of the pool that are authenticated or not.
func (a *app) newRole(t testing.TB, name, amr string, actions ...string) {
	t.Helper()
	trust, err := json.Marshal(M{"Version": "2012-10-17", "Statement": []M{{
		"Effect": "Allow", "Principal": M{"Federated": "cognito-identity.amazonaws.com"}, "Action": actions,
		"Condition": M{
			"StringEquals":           M{"cognito-identity.amazonaws.com:aud": a.id},
			"ForAnyValue:StringLike": M{"cognito-identity.amazonaws.com:amr": amr},
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	out := a.w.On("iam").Must(t, "CreateRole", M{"RoleName": name, "AssumeRolePolicyDocument": string(trust)})
	a.names[servertest.Text(out, "Role.RoleId")] = name
}

// setRoles sets the roles of the pool, with a mapping for ann's client; nil: none.
func (a *app) setRoles(t testing.TB, mapping M) {
	t.Helper()
	in := M{"IdentityPoolId": a.id, "Roles": M{"authenticated": roles + "Default", "unauthenticated": roles + "Guests"}}
	if mapping != nil {
		in["RoleMappings"] = M{a.provider + ":" + a.client: mapping}
	}
	a.w.Must(t, "SetIdentityPoolRoles", in)
}

// credentials gets credentials of somebody, and opens them.
func (a *app) credentials(t testing.TB, in M) (*temporary.Session, M) {
	t.Helper()
	out := a.w.Must(t, "GetCredentialsForIdentity", in)
	master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	issuer := temporary.Issuer{DB: a.w.DB, Ring: &datakey.Ring{Master: master}}
	opened, err := issuer.Open(t.Context(), servertest.Text(out, "Credentials.AccessKeyId"), servertest.Text(out, "Credentials.SessionToken"))
	if err != nil {
		t.Fatal(err)
	}
	if got := servertest.Text(out, "Credentials.SecretKey"); got != opened.Secret {
		t.Errorf("SecretKey is %q, not the secret of the token", got)
	}
	s, err := opened.Session()
	if err != nil {
		t.Fatal(err)
	}
	return s, out
}

// role is the name of the role that credentials lead to.
func (a *app) role(t testing.TB, in M) string {
	t.Helper()
	s, _ := a.credentials(t, in)
	return a.names[s.PrincipalID]
}

func (a *app) fails(t testing.TB, in M, code, message string) {
	t.Helper()
	a.w.Fails(t, "GetCredentialsForIdentity", in, code, message)
}

// ann is a request for credentials with a fresh login of ann's.
func (a *app) ann(t testing.TB, more M) M {
	t.Helper()
	logins := a.logins(t, a.w, "ann")
	return servertest.With(M{"IdentityId": getID(t, a.w, a.id, logins), "Logins": logins}, more)
}

func TestCredentialsSayWhoseTheyAre(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, nil)
		in := a.ann(t, nil)
		got, out := a.credentials(t, in)
		login := claimsOf(t, in["Logins"].(M)[a.provider].(string))
		sub := login["sub"].(string)
		want := &temporary.Session{
			Kind: temporary.AssumedRole, Account: servertest.Account, PrincipalID: got.PrincipalID, Name: "CognitoIdentityCredentials",
			Issued: w.Now().Truncate(time.Second), Expires: w.Now().Truncate(time.Second).Add(time.Hour),
			Keys: map[string][]string{
				"aws:federatedprovider":              {"cognito-identity.amazonaws.com"},
				"cognito-identity.amazonaws.com:aud": {a.id},
				"cognito-identity.amazonaws.com:sub": {in["IdentityId"].(string)},
				"cognito-identity.amazonaws.com:amr": {"authenticated", a.provider, a.provider + ":CognitoSignIn:" + sub},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if a.names[got.PrincipalID] != "Default" || out["IdentityId"] != in["IdentityId"] {
			t.Errorf("got %v", out)
		}
		if at := servertest.At(out, "Credentials.Expiration"); at != float64(want.Expires.Unix()) {
			t.Errorf("Expiration is %v", at)
		}
		before := rows(t, w, "identity") + rows(t, w, "identity_login")
		a.credentials(t, in)
		if after := rows(t, w, "identity") + rows(t, w, "identity_login"); after != before {
			t.Errorf("%d rows more", after-before)
		}
	})
}

func TestGuestsHaveTheirRoleAndNoMore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, nil)
		guest := M{"IdentityId": getID(t, w, a.id, nil)}
		got, _ := a.credentials(t, guest)
		if a.names[got.PrincipalID] != "Guests" || !got.Guest || got.Keys["cognito-identity.amazonaws.com:amr"][0] != "unauthenticated" {
			t.Errorf("got %+v", got)
		}
		a.fails(t, servertest.With(guest, M{"CustomRoleArn": roles + "Default"}), "NotAuthorizedException", "Access to Role '"+roles+"Default' is forbidden.")

		ann := a.ann(t, nil)
		if s, _ := a.credentials(t, ann); s.Guest {
			t.Error("somebody who is signed in is a guest")
		}
		a.fails(t, M{"IdentityId": ann["IdentityId"]}, "NotAuthorizedException", "Access to Identity '"+ann["IdentityId"].(string)+"' is forbidden.")

		w.Must(t, "UpdateIdentityPool", servertest.With(a.kept, M{"IdentityPoolId": a.id, "IdentityPoolName": "app", "AllowUnauthenticatedIdentities": false}))
		a.fails(t, guest, "NotAuthorizedException", "Unauthenticated access is not supported for this identity pool.")
	})
}

// A guest who signs in goes on under the id that the answer names.
func TestCredentialsLinkNewLogins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, nil)
		guest, other := getID(t, w, a.id, nil), getID(t, w, a.id, nil)
		logins := a.logins(t, w, "ann")
		if _, out := a.credentials(t, M{"IdentityId": guest, "Logins": logins}); out["IdentityId"] != guest {
			t.Errorf("a new login: %v", out["IdentityId"])
		}
		if _, out := a.credentials(t, M{"IdentityId": other, "Logins": logins}); out["IdentityId"] != guest {
			t.Errorf("a known login: %v", out["IdentityId"])
		}
		a.fails(t, M{"IdentityId": other}, "NotAuthorizedException", "Access to Identity '"+other+"' is forbidden.")
	})
}

// A login that comes with a request that is refused is not linked: the guest stays one.
func TestRefusedRequestsLinkNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, M{"AllowClassicFlow": false})
		in := M{"IdentityId": getID(t, w, a.id, nil), "Logins": a.logins(t, w, "ann")}
		w.Fails(t, "GetOpenIdToken", in, "InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow.")
		a.fails(t, servertest.With(in, M{"CustomRoleArn": roles + "Gold"}), "NotAuthorizedException", "Access to Role '"+roles+"Gold' is forbidden.")
		a.setRoles(t, M{"Type": "Token", "AmbiguousRoleResolution": "Deny"})
		a.fails(t, in, "NotAuthorizedException", "The ambiguous role mapping rules for: "+a.provider+":"+a.client+" denied this request.")
		if n := rows(t, w, "identity_login"); n != 0 {
			t.Errorf("%d logins are linked", n)
		}
		a.credentials(t, M{"IdentityId": in["IdentityId"]})
	})
}

func TestTokensChooseRoles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, nil)
		users := w.On("cognito-idp")
		join := func(group, role string, precedence int) {
			t.Helper()
			users.Must(t, "CreateGroup", M{"UserPoolId": a.pool, "GroupName": group, "RoleArn": role, "Precedence": precedence})
			users.Must(t, "AdminAddUserToGroup", M{"UserPoolId": a.pool, "GroupName": group, "Username": "ann"})
		}
		a.setRoles(t, M{"Type": "Token", "AmbiguousRoleResolution": "Deny"})
		a.fails(t, a.ann(t, nil), "NotAuthorizedException", "The ambiguous role mapping rules for: "+a.provider+":"+a.client+" denied this request.")

		join("silver", roles+"Silver", 2)
		join("gold", roles+"Gold", 1)
		if got := a.role(t, a.ann(t, nil)); got != "Gold" {
			t.Errorf("preferred: %s", got)
		}
		if got := a.role(t, a.ann(t, M{"CustomRoleArn": roles + "Silver"})); got != "Silver" {
			t.Errorf("chosen: %s", got)
		}
		a.fails(t, a.ann(t, M{"CustomRoleArn": roles + "Default"}), "NotAuthorizedException", "Access to Role '"+roles+"Default' is forbidden.")

		// Roles of other accounts, and those that are not there, are nobody's, whatever a token says.
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			first := int64(0)
			return group.Insert(tx, &group.Group{Pool: id.Pool(a.pool), Name: "foreign", RoleArn: "arn:aws:iam::999999999999:role/Default", Precedence: &first})
		})
		if err != nil {
			t.Fatal(err)
		}
		users.Must(t, "AdminAddUserToGroup", M{"UserPoolId": a.pool, "GroupName": "foreign", "Username": "ann"})
		a.fails(t, a.ann(t, nil), "InvalidIdentityPoolConfigurationException", badRoles)
		a.w.On("iam").Must(t, "DeleteRole", M{"RoleName": "Silver"})
		a.fails(t, a.ann(t, M{"CustomRoleArn": roles + "Silver"}), "InvalidIdentityPoolConfigurationException", badRoles)
	})
}

func TestRulesChooseRoles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, nil)
		a.setRoles(t, M{"Type": "Rules", "AmbiguousRoleResolution": "AuthenticatedRole", "RulesConfiguration": M{"Rules": []M{
			{"Claim": "cognito:username", "MatchType": "Equals", "Value": "ann", "RoleARN": roles + "Gold"},
			{"Claim": "cognito:username", "MatchType": "StartsWith", "Value": "a", "RoleARN": roles + "Silver"},
			{"Claim": "custom:none", "MatchType": "NotEqual", "Value": "x", "RoleARN": roles + "Guest"},
		}}})
		if got := a.role(t, a.ann(t, nil)); got != "Gold" {
			t.Errorf("the first rule: %s", got)
		}
		if got := a.role(t, a.ann(t, M{"CustomRoleArn": roles + "Silver"})); got != "Silver" {
			t.Errorf("chosen: %s", got)
		}
		a.fails(t, a.ann(t, M{"CustomRoleArn": roles + "Guest"}), "NotAuthorizedException", "Access to Role '"+roles+"Guest' is forbidden.")
		users := w.On("cognito-idp")
		users.User(t, a.pool, "bob")
		logins := a.logins(t, w, "bob")
		if got := a.role(t, M{"IdentityId": getID(t, w, a.id, logins), "Logins": logins}); got != "Default" {
			t.Errorf("no rule: %s", got)
		}
	})
}

func TestTrustPoliciesDecideInTheEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, nil)
		in := a.ann(t, nil)
		set := func(statement M) {
			t.Helper()
			trust, _ := json.Marshal(M{"Version": "2012-10-17", "Statement": []M{servertest.With(M{
				"Effect": "Allow", "Principal": M{"Federated": "cognito-identity.amazonaws.com"}, "Action": "sts:AssumeRoleWithWebIdentity",
			}, statement)}})
			w.On("iam").Must(t, "UpdateAssumeRolePolicy", M{"RoleName": "Default", "PolicyDocument": string(trust)})
		}
		aud := func(pool string) M { return M{"cognito-identity.amazonaws.com:aud": pool} }
		set(M{"Condition": M{"StringEquals": aud(a.id)}})
		if got := a.role(t, in); got != "Default" {
			t.Errorf("got %s", got)
		}
		for _, refused := range []M{
			{"Condition": M{"StringEquals": aud("us-east-1:00000000-0000-0000-0000-000000000000")}},
			{"Condition": M{"StringEquals": aud(a.id), "ForAnyValue:StringLike": M{"cognito-identity.amazonaws.com:amr": "unauthenticated"}}},
			{"Condition": M{"StringEquals": M{"cognito-identity.amazonaws.com:aud": a.id, "cognito-identity.amazonaws.com:sub": "somebody else"}}},
			{"Condition": M{"StringEquals": aud(a.id)}, "Action": "sts:AssumeRole"},
			{"Condition": M{"StringEquals": aud(a.id)}, "Principal": M{"Federated": "accounts.google.com"}},
		} {
			set(refused)
			a.fails(t, in, "InvalidIdentityPoolConfigurationException", badRoles)
		}
		w.Must(t, "SetIdentityPoolRoles", M{"IdentityPoolId": a.id, "Roles": M{"unauthenticated": roles + "Guests"}})
		a.fails(t, in, "InvalidIdentityPoolConfigurationException", badRoles)
	})
}

func TestClaimsBecomeTagsOfSessions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, nil)
		in := a.ann(t, nil)
		set := func(m M) {
			t.Helper()
			w.Must(t, "SetPrincipalTagAttributeMap", servertest.With(M{"IdentityPoolId": a.id, "IdentityProviderName": a.provider}, m))
		}
		tags := func() map[string]string {
			t.Helper()
			s, _ := a.credentials(t, in)
			return s.Tags
		}
		set(M{"UseDefaults": true})
		sub := claimsOf(t, in["Logins"].(M)[a.provider].(string))["sub"].(string)
		if diff := cmp.Diff(map[string]string{"client": a.client, "username": sub}, tags()); diff != "" {
			t.Error(diff)
		}
		set(M{"UseDefaults": false, "PrincipalTags": M{"who": "cognito:username", "none": "custom:none", "use": "token_use"}})
		if diff := cmp.Diff(map[string]string{"who": "ann", "use": "id"}, tags()); diff != "" {
			t.Error(diff)
		}

		a.newRole(t, "Untagged", "authenticated", "sts:AssumeRoleWithWebIdentity")
		w.Must(t, "SetIdentityPoolRoles", M{"IdentityPoolId": a.id, "Roles": M{"authenticated": roles + "Untagged"}})
		a.fails(t, in, "InvalidIdentityPoolConfigurationException", badRoles)
		set(M{"UseDefaults": false, "PrincipalTags": M{"none": "custom:none"}})
		if got := a.role(t, in); got != "Untagged" {
			t.Errorf("without tags: %s", got)
		}
	})
}

func TestTagsAreNeverAltered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, nil)
		w.On("cognito-idp").Must(t, "AdminUpdateUserAttributes", M{"UserPoolId": a.pool, "Username": "ann", "UserAttributes": []M{{"Name": "nickname", "Value": "a*b"}}})
		w.Must(t, "SetPrincipalTagAttributeMap", M{"IdentityPoolId": a.id, "IdentityProviderName": a.provider, "UseDefaults": false, "PrincipalTags": M{"nick": "nickname"}})
		a.fails(t, a.ann(t, nil), "InvalidParameterException", "Invalid value of the principal tag nick")
	})
}

func TestServerSideTokenCheckSeesASignOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, nil)
		in := a.ann(t, nil)
		a.credentials(t, in)
		w.On("cognito-idp").Must(t, "AdminUserGlobalSignOut", M{"UserPoolId": a.pool, "Username": "ann"})
		a.credentials(t, in)
		w.Must(t, "UpdateIdentityPool", M{
			"IdentityPoolId": a.id, "IdentityPoolName": "app", "AllowUnauthenticatedIdentities": true,
			"CognitoIdentityProviders": []any{servertest.With(a.setting(), M{"ServerSideTokenCheck": true})},
		})
		a.fails(t, in, "NotAuthorizedException", "Invalid login token. Token has been revoked.")
		a.credentials(t, a.ann(t, nil))
	})
}

func TestWrongLoginsHaveNoCredentials(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *servertest.World) {
		a := newApp(t, w, nil)
		in := a.ann(t, nil)
		tokens := w.On("cognito-idp").SignIn(t, a.client, "ann")
		other := newAccount(t, w)
		id, access := strings.Split(tokens["IdToken"].(string), "."), strings.Split(tokens["AccessToken"].(string), ".")
		for message, logins := range map[string]M{
			"Invalid login token. Missing a required claim: aud":              {a.provider: tokens["AccessToken"]},
			"Invalid login token. Not a valid OpenId Connect identity token.": {a.provider: "garbage"},
			"Invalid login token. Issuer doesn't match providerName":          {a.provider: other.logins(t, w, "ann")[other.provider]},
			"Token is not from a supported provider of this identity pool.":   other.logins(t, w, "ann"),
			"Invalid login token. Couldn't verify signed token.":              {a.provider: id[0] + "." + id[1] + "." + access[2]},
		} {
			a.fails(t, servertest.With(in, M{"Logins": logins}), "NotAuthorizedException", message)
		}
		bob := w.On("cognito-idp")
		bob.User(t, a.pool, "bob")
		a.fails(t, servertest.With(in, M{"Logins": a.logins(t, w, "bob")}), "NotAuthorizedException",
			"Logins don't match. Please include at least one valid login for this identity or identity pool.")
	})
}

// claimsOf are the claims of a token, unverified.
func claimsOf(t testing.TB, jwt string) M {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(jwt, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims M
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}
