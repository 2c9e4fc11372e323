package sts_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

const issuer = "/sts"

// document is a document of the server.
func document(t testing.TB, w *servertest.World, path string, into any) {
	t.Helper()
	answer := httptest.NewRecorder()
	w.Server.Handler.ServeHTTP(answer, httptest.NewRequest("GET", w.URL+path, nil))
	if err := json.Unmarshal(answer.Body.Bytes(), into); err != nil || answer.Code != http.StatusOK {
		t.Fatalf("%s: %d %s, %v", path, answer.Code, answer.Body, err)
	}
}

// proved are the claims of the token in an answer, which is verified from what the issuer publishes, and must be of an algorithm.
func proved(t testing.TB, w *servertest.World, answer M, algorithm string) map[string]any {
	t.Helper()
	var discovery struct {
		Issuer     string
		Keys       string   `json:"jwks_uri"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
	}
	document(t, w, issuer+"/.well-known/openid-configuration", &discovery)
	if diff := cmp.Diff([]string{"RS256", "ES384"}, discovery.Algorithms); diff != "" || discovery.Issuer != w.URL+issuer {
		t.Errorf("discovery %+v", discovery)
	}
	var set gojose.JSONWebKeySet
	document(t, w, strings.TrimPrefix(discovery.Keys, w.URL), &set)
	parsed, err := gojose.ParseSignedCompact(servertest.Text(answer, "WebIdentityToken"), []gojose.SignatureAlgorithm{gojose.SignatureAlgorithm(algorithm)})
	if err != nil {
		t.Fatal(err)
	}
	if named := set.Key(parsed.Signatures[0].Header.KeyID); len(named) != 1 || named[0].Algorithm != algorithm || !named[0].IsPublic() {
		t.Errorf("the key is %+v", named)
	}
	payload, err := parsed.Verify(set)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// wanted is what tokens of the account say of some principal for one audience, with what the namespace has besides.
func wanted(w *servertest.World, arn string, life time.Duration, more map[string]any) map[string]any {
	issued := w.Now().Unix()
	details := map[string]any{"aws_account": servertest.Account, "source_region": "us-east-1", "principal_id": arn}
	for name, value := range more {
		details[name] = value
	}
	return map[string]any{
		"iss": w.URL + issuer, "aud": "https://api.example", "sub": arn, "iat": float64(issued), "exp": float64(issued + int64(life/time.Second)),
		"https://sts.amazonaws.com/": details,
	}
}

// sameClaims compares claims but for the id of the token, which it answers.
func sameClaims(t testing.TB, want, got map[string]any) string {
	t.Helper()
	id, _ := got["jti"].(string)
	delete(got, "jti")
	if diff := cmp.Diff(want, got); diff != "" || len(id) != 36 {
		t.Errorf("jti %q\n%s", id, diff)
	}
	return id
}

func asked(algorithm string, more M) M {
	return servertest.With(M{"Audience": []string{"https://api.example"}, "SigningAlgorithm": algorithm}, more)
}

func TestPrincipalsProveWhoTheyAre(t *testing.T) {
	t.Parallel()
	enforced(t, func(t *testing.T, w *servertest.World) {
		may := allowing(`"sts:GetWebIdentityToken", "sts:TagGetWebIdentityToken", "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"`)
		alice, _ := user(t, w, "alice", may)
		role(t, w, "Worker", trusting(`"AWS": "`+iamARN+`user/alice"`, `"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"`, ""), 0)
		iam := w.On("iam")
		iam.Must(t, "PutRolePolicy", M{"RoleName": "Worker", "PolicyName": "p", "PolicyDocument": may})
		iam.Must(t, "TagRole", M{"RoleName": "Worker", "Tags": []M{{"Key": "Team", "Value": "of the role"}, {"Key": "stage", "Value": "live"}}})
		worker := w.As(alice).Must(t, "AssumeRole", M{
			"RoleArn": iamARN + "role/Worker", "RoleSessionName": "job", "SourceIdentity": "jane", "Tags": []M{{"Key": "team", "Value": "of the session"}},
		})
		ends := servertest.Text(worker, "Credentials.Expiration")
		session := map[string]any{
			"original_session_exp": ends[:19] + "Z", "source_identity": "jane", "principal_tags": map[string]any{"team": "of the session", "stage": "live"},
		}
		tagged := maps(session, map[string]any{"request_tags": map[string]any{"Job": "7", "note": ""}})
		seen := map[string]bool{}
		for _, algorithm := range []string{"RS256", "ES384"} {
			out := w.As(alice).Must(t, "GetWebIdentityToken", asked(algorithm, nil))
			seen[sameClaims(t, wanted(w, iamARN+"user/alice", 5*time.Minute, nil), proved(t, w, out, algorithm))] = true
			out = w.Must(t, "GetWebIdentityToken", asked(algorithm, M{"DurationSeconds": 3600}))
			seen[sameClaims(t, wanted(w, iamARN+"root", time.Hour, nil), proved(t, w, out, algorithm))] = true
			if got, want := servertest.Text(out, "Expiration"), w.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z"); got != want && got != strings.Replace(want, "Z", ".000Z", 1) {
				t.Errorf("Expiration is %s, want %s", got, want)
			}
			out = w.As(keyOf(worker)).Must(t, "GetWebIdentityToken", asked(algorithm, M{
				"DurationSeconds": 60, "Tags": []M{{"Key": "Job", "Value": "7"}, {"Key": "note", "Value": ""}},
			}))
			seen[sameClaims(t, wanted(w, iamARN+"role/Worker", time.Minute, tagged), proved(t, w, out, algorithm))] = true
		}
		if len(seen) != 6 {
			t.Errorf("ids %v, want six", seen)
		}
		out := w.Must(t, "GetWebIdentityToken", M{"Audience": []string{"a", "b"}, "SigningAlgorithm": "ES384"})
		if diff := cmp.Diff([]any{"a", "b"}, proved(t, w, out, "ES384")["aud"]); diff != "" {
			t.Error(diff)
		}
	})
}

// maps puts maps into one.
func maps(all ...map[string]any) map[string]any {
	one := map[string]any{}
	for _, m := range all {
		for name, value := range m {
			one[name] = value
		}
	}
	return one
}

func TestIdentitiesProveTheirRole(t *testing.T) {
	t.Parallel()
	enforced(t, func(t *testing.T, w *servertest.World) {
		arn := role(t, w, "Visitor", webTrust(withTags, ""), 0)
		w.On("iam").Must(t, "PutRolePolicy", M{"RoleName": "Visitor", "PolicyName": "p", "PolicyDocument": allowing(`"sts:GetWebIdentityToken"`)})
		visitor := w.Must(t, "AssumeRoleWithWebIdentity", M{"RoleArn": arn, "RoleSessionName": "ab", "WebIdentityToken": poolToken(t, w, nil)})
		out := w.As(keyOf(visitor)).Must(t, "GetWebIdentityToken", asked("RS256", nil))
		sameClaims(t, wanted(w, arn, 5*time.Minute, map[string]any{
			"original_session_exp": servertest.Text(visitor, "Credentials.Expiration")[:19] + "Z", "federated_provider": "cognito-identity.amazonaws.com",
		}), proved(t, w, out, "RS256"))
	})
}

func TestNoTokenOutlivesItsSession(t *testing.T) {
	t.Parallel()
	enforced(t, func(t *testing.T, w *servertest.World) {
		arn := role(t, w, "Worker", rootTrust, 0)
		w.On("iam").Must(t, "PutRolePolicy", M{"RoleName": "Worker", "PolicyName": "p", "PolicyDocument": allowing(`"sts:GetWebIdentityToken"`)})
		worker := w.As(keyOf(w.Must(t, "AssumeRole", M{"RoleArn": arn, "RoleSessionName": "job", "DurationSeconds": 900})))
		worker.Must(t, "GetWebIdentityToken", asked("ES384", M{"DurationSeconds": 900}))
		worker.Fails(t, "GetWebIdentityToken", asked("ES384", M{"DurationSeconds": 901}),
			"SessionDurationEscalationException", "The requested token duration would extend the session beyond its original expiration time.")
		w.Advance(10*time.Minute + time.Second)
		worker.Fails(t, "GetWebIdentityToken", asked("ES384", nil), "SessionDurationEscalationException", "")
		worker.Must(t, "GetWebIdentityToken", asked("ES384", M{"DurationSeconds": 299}))
	})
}

func TestBadRequestsForTokensOfPrincipals(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		w = w.On("sts")
		var many []M
		for i := range 50 {
			many = append(many, M{"Key": strings.Repeat("k", i+1), "Value": strings.Repeat("v", 200)})
		}
		for name, c := range map[string]struct {
			in   M
			code string
		}{
			"another algorithm":    {asked("RS512", nil), "ValidationError"},
			"no signature":         {asked("none!", nil), "ValidationError"},
			"no audience":          {asked("RS256", M{"Audience": nil}), "ValidationError"},
			"too short":            {asked("RS256", M{"DurationSeconds": 59}), "ValidationError"},
			"too long":             {asked("RS256", M{"DurationSeconds": 3601}), "ValidationError"},
			"tags that are alike":  {asked("RS256", M{"Tags": []M{{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}}}), "InvalidParameterValue"},
			"tags of AWS":          {asked("RS256", M{"Tags": []M{{"Key": "aws:a", "Value": "1"}}}), "InvalidParameterValue"},
			"tags that take space": {asked("RS256", M{"Tags": many}), "JWTPayloadSizeExceededException"},
		} {
			t.Run(name, func(t *testing.T) { w.Fails(t, "GetWebIdentityToken", c.in, c.code, "") })
		}
		w.Must(t, "GetWebIdentityToken", asked("RS256", M{"Tags": many[:20]}))
	})
}

// Policies see whom a token is for, how long it is valid, and how it is signed, also where the request leaves it to the default.
func TestPoliciesBoundTokensOfPrincipals(t *testing.T) {
	t.Parallel()
	enforced(t, func(t *testing.T, w *servertest.World) {
		conditions := `"ForAllValues:StringEquals": {"sts:IdentityTokenAudience": ["https://api.example", "b"]},
			"NumericLessThanEquals": {"sts:DurationSeconds": 200}, "StringEquals": {"sts:SigningAlgorithm": "ES384"}`
		bounded, _ := user(t, w, "bounded", `{"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": "sts:GetWebIdentityToken", "Resource": "*", "Condition": {`+conditions+`}},
			{"Effect": "Allow", "Action": "sts:TagGetWebIdentityToken", "Resource": "*", "Condition": {"StringLike": {"aws:RequestTag/job": "7"}, `+conditions+`}}]}`)
		nobody, _ := user(t, w, "nobody", "")
		short := M{"DurationSeconds": 200}
		for name, in := range map[string]M{
			"as allowed":      asked("ES384", short),
			"both audiences":  asked("ES384", M{"DurationSeconds": 60, "Audience": []string{"b", "https://api.example"}}),
			"an allowed tag":  asked("ES384", servertest.With(short, M{"Tags": []M{{"Key": "Job", "Value": "7"}}})),
			"leading zeros":   asked("ES384", M{"DurationSeconds": "0200"}),
			"without its tag": asked("ES384", servertest.With(short, M{"Tags": []M{}})),
		} {
			t.Run(name, func(t *testing.T) { w.As(bounded).Must(t, "GetWebIdentityToken", in) })
		}
		for name, in := range map[string]M{
			"another audience": asked("ES384", servertest.With(short, M{"Audience": []string{"https://api.example", "c"}})),
			"the default":      asked("ES384", nil),
			"too long":         asked("ES384", M{"DurationSeconds": 201}),
			"RSA":              asked("RS256", short),
			"another tag":      asked("ES384", servertest.With(short, M{"Tags": []M{{"Key": "Job", "Value": "8"}}})),
		} {
			t.Run(name, func(t *testing.T) { w.As(bounded).Fails(t, "GetWebIdentityToken", in, "AccessDenied", "") })
		}
		w.As(nobody).Fails(t, "GetWebIdentityToken", asked("ES384", nil), "AccessDenied", "User: "+iamARN+
			"user/nobody is not authorized to perform: sts:GetWebIdentityToken on resource: * because no identity-based policy allows the sts:GetWebIdentityToken action")
		for _, operation := range []string{"GetSessionToken", "GetFederationToken"} {
			in := M{}
			if operation == "GetFederationToken" {
				in = M{"Name": "bob", "Policy": allowing(`"*"`)}
			}
			w.As(keyOf(w.Must(t, operation, in))).Fails(t, "GetWebIdentityToken", asked("ES384", nil), "AccessDenied", "Cannot call GetWebIdentityToken with session credentials")
		}
	})
}

// A token of a principal opens nothing here: its issuer is not that of identity pools, whatever the trust policy.
func TestTokensOfPrincipalsAreNoIdentities(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		w = w.On("sts")
		arn := role(t, w, "Visitor", trusting(`"Federated": "cognito-identity.amazonaws.com"`, withTags, `"StringEquals": {"cognito-identity.amazonaws.com:aud": "`+identityPool+`"}`), 0)
		pool := w.On("cognito-identity").Must(t, "CreateIdentityPool", M{"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": false, "DeveloperProviderName": "login.example"})
		for _, algorithm := range []string{"RS256", "ES384"} {
			for _, audience := range []string{identityPool, "sts.amazonaws.com"} {
				jwt := w.Must(t, "GetWebIdentityToken", asked(algorithm, M{"Audience": []string{audience}}))["WebIdentityToken"]
				for _, provider := range []string{"", "cognito-identity.amazonaws.com"} {
					in := M{"RoleArn": arn, "RoleSessionName": "ab", "WebIdentityToken": jwt}
					if provider != "" {
						in["ProviderId"] = provider
					}
					w.Fails(t, "AssumeRoleWithWebIdentity", in, "InvalidIdentityToken", "")
				}
				if _, err := w.On("cognito-identity").Call("GetId", M{
					"IdentityPoolId": pool["IdentityPoolId"], "Logins": M{"cognito-identity.amazonaws.com": jwt},
				}); err == nil {
					t.Error("the token is a login")
				}
			}
		}
		w.Must(t, "AssumeRoleWithWebIdentity", M{"RoleArn": arn, "RoleSessionName": "ab", "WebIdentityToken": poolToken(t, w, nil)})
	})
}
