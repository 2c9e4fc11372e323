package trigger_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/trigger"
	"cardea/outbound/trigger/triggertest"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

// isInvalid reports whether a trigger's answer was refused.
func isInvalid(err error) bool {
	stopped, ok := errors.AsType[*trigger.Error](err)
	return ok && stopped.Kind == trigger.Invalid
}

// expect compares a decision; want nil: the answer is refused.
func expect(t *testing.T, answer string, got any, err error, want any) {
	t.Helper()
	if want == nil {
		if !isInvalid(err) {
			t.Errorf("%.80s: got %+v, %v, want it refused", answer, got, err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%.80s: %v (-want +got):\n%s", answer, err, diff)
	}
}

func TestPreSignUpAdmits(t *testing.T) {
	t.Parallel()
	mail := map[string]string{"email": "new@example.com"}
	for _, c := range []struct {
		occasion  triggerevent.Occasion
		submitted map[string]string
		answer    string
		want      any
	}{
		{triggerevent.SignUp, mail, `{}`, trigger.Admission{}},
		{triggerevent.SignUp, mail, `{"autoConfirmUser":true,"autoVerifyEmail":true}`, trigger.Admission{Confirm: true, Verify: []string{"email"}}},
		{triggerevent.AdminCreateUser, mail, `{"autoConfirmUser":true,"autoVerifyEmail":true}`, trigger.Admission{Verify: []string{"email"}}},
		{triggerevent.ExternalProvider, map[string]string{"phone_number": "+15551234567"}, `{"autoVerifyPhone":true}`, trigger.Admission{Verify: []string{"phone_number"}}},
		{triggerevent.SignUp, mail, `{"autoVerifyPhone":true}`, nil},
		{triggerevent.SignUp, nil, `{"autoVerifyEmail":true}`, nil},
		{triggerevent.SignUp, mail, `{"autoConfirmUser":"true"}`, nil},
	} {
		w := newWorld(t, c.occasion)
		w.Script(triggertest.Answer{Response: json.RawMessage(c.answer)})
		got, err := w.PreSignUp(t.Context(), w.call, c.submitted)
		expect(t, c.answer, got, err, c.want)
	}
}

func TestMigrantsAreChecked(t *testing.T) {
	t.Parallel()
	mail := map[string]string{"email": "jane@example.com"}
	for _, c := range []struct {
		answer string
		want   any
	}{
		{`{"userAttributes":{"email":"jane@example.com"}}`, &trigger.Migrant{Attributes: mail, Status: "RESET_REQUIRED", Invite: true, Mediums: []string{"SMS"}}},
		{
			`{"userAttributes":{"email":"jane@example.com","email_verified":"true","name":""},"finalUserStatus":"CONFIRMED","messageAction":"SUPPRESS","desiredDeliveryMediums":["EMAIL"],"forceAliasCreation":true,"enableSMSMFA":true}`,
			&trigger.Migrant{Attributes: map[string]string{"email": "jane@example.com", "email_verified": "true"}, Status: "CONFIRMED", Mediums: []string{"EMAIL"}, MoveAlias: true, SMSMFA: true},
		},
		{`{}`, nil},
		{`{"userAttributes":null,"finalUserStatus":"CONFIRMED"}`, nil},
		{`{"userAttributes":{"sub":"a1b2c3d4-5678-90ab-cdef-000000000002"}}`, nil},
		{`{"userAttributes":{"username":"jane"}}`, nil},
		{`{"userAttributes":{"custom:unknown":"x"}}`, nil},
		{`{"userAttributes":{"email":"nonsense"}}`, nil},
		{`{"userAttributes":{"name":"` + strings.Repeat("x", 2049) + `"}}`, nil},
		{`{"userAttributes":{"email":"jane@example.com"},"finalUserStatus":"ARCHIVED"}`, nil},
		{`{"userAttributes":{"email":"jane@example.com"},"messageAction":"SEND"}`, nil},
		{`{"userAttributes":{"email":"jane@example.com"},"desiredDeliveryMediums":["FAX"]}`, nil},
	} {
		w := newWorld(t, triggerevent.Authentication)
		w.Script(triggertest.Answer{Response: json.RawMessage(c.answer)})
		got, err := w.UserMigration(t.Context(), w.call, "hunter2")
		expect(t, c.answer, got, err, c.want)
	}

	w := newWorld(t, triggerevent.Authentication)
	w.call.Pool.Doc.UsernameAttributes = []string{"email"}
	w.Script(triggertest.Answer{Response: json.RawMessage(`{"userAttributes":{"email":"jane@example.com","username":"jane"}}`)})
	got, err := w.UserMigration(t.Context(), w.call, "hunter2")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(mail, got.Attributes); diff != "" {
		t.Errorf("a pool that chooses names itself (-want +got):\n%s", diff)
	}
}

func TestCustomTextsAreChecked(t *testing.T) {
	t.Parallel()
	mail, text := trigger.Medium{Email: true}, trigger.Medium{SMS: true}
	for _, c := range []struct {
		occasion triggerevent.Occasion
		by       trigger.Medium
		answer   string
		want     any
	}{
		{triggerevent.SignUp, mail, `{}`, trigger.Texts{}},
		{triggerevent.SignUp, mail, `{"smsMessage":"no code","emailMessage":"Code\n{####}","emailSubject":"Hello"}`, trigger.Texts{Email: "Code\n{####}", Subject: "Hello"}},
		{triggerevent.SignUp, text, `{"smsMessage":"Code {####}","emailMessage":"no code","emailSubject":"Hello"}`, trigger.Texts{SMS: "Code {####}"}},
		{triggerevent.SignUp, mail, `{"emailSubject":"only a subject"}`, trigger.Texts{Subject: "only a subject"}},
		{triggerevent.SignUp, mail, `{"emailMessage":"no code"}`, nil},
		{triggerevent.SignUp, text, `{"smsMessage":"no code"}`, nil},
		{triggerevent.AdminCreateUser, trigger.Medium{Email: true, SMS: true}, `{"smsMessage":"{username} {####}","emailMessage":"{####}{username}"}`, trigger.Texts{SMS: "{username} {####}", Email: "{####}{username}"}},
		{triggerevent.AdminCreateUser, mail, `{"emailMessage":"{####}"}`, nil},
		{triggerevent.AdminCreateUser, text, `{"smsMessage":"{####}"}`, nil},
		{triggerevent.AdminCreateUser, text, `{"smsMessage":"{username}"}`, nil},
		{triggerevent.AdminCreateUser, trigger.Medium{SMS: true, NoCode: true}, `{"smsMessage":"Welcome, {username}"}`, trigger.Texts{SMS: "Welcome, {username}"}},
		{triggerevent.SignUp, trigger.Medium{Email: true, Link: true}, `{"emailMessage":"Please {##click##}"}`, trigger.Texts{Email: "Please {##click##}"}},
		{triggerevent.SignUp, trigger.Medium{Email: true, Link: true}, `{"emailMessage":"Code {####}"}`, nil},
		{triggerevent.SignUp, mail, `{"emailMessage":"{####}","emailSubject":"a\r\nBcc: b@example.com"}`, nil},
		{triggerevent.SignUp, mail, `{"emailMessage":"{####}\u0000"}`, nil},
		{triggerevent.SignUp, mail, `{"emailMessage":"{####}` + strings.Repeat("ü", 19_994) + `"}`, trigger.Texts{Email: "{####}" + strings.Repeat("ü", 19_994)}},
		{triggerevent.SignUp, mail, `{"emailMessage":"{####}` + strings.Repeat("ü", 19_995) + `"}`, nil},
		{triggerevent.SignUp, text, `{"smsMessage":"{####}` + strings.Repeat("x", 135) + `"}`, nil},
		{triggerevent.SignUp, mail, `{"emailSubject":"` + strings.Repeat("x", 141) + `"}`, nil},
	} {
		w := newWorld(t, c.occasion)
		w.Script(triggertest.Answer{Response: json.RawMessage(c.answer)})
		got, err := w.CustomMessage(t.Context(), w.call, c.by)
		expect(t, c.answer, got, err, c.want)
		if invited := c.occasion == triggerevent.AdminCreateUser; invited != (w.Calls()[0].Request()["usernameParameter"] == "{username}") {
			t.Errorf("%s: usernameParameter is %v", c.occasion, w.Calls()[0].Request()["usernameParameter"])
		}
	}
}

func TestCustomSignInsGoOn(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]any{
		`{"challengeName":"CUSTOM_CHALLENGE","issueTokens":false,"failAuthentication":false}`: trigger.Next{Challenge: "CUSTOM_CHALLENGE"},
		`{"challengeName":"PASSWORD_VERIFIER"}`:                                               trigger.Next{Challenge: "PASSWORD_VERIFIER"},
		`{"issueTokens":true,"challengeName":"CUSTOM_CHALLENGE"}`:                             trigger.Next{Tokens: true},
		`{"issueTokens":true,"failAuthentication":true}`:                                      trigger.Next{Fail: true},
		`{}`:                          nil,
		`{"challengeName":"CAPTCHA"}`: nil,
		`{"challengeName":"SMS_MFA"}`: nil, // which the caller cannot set
		`{"issueTokens":"true"}`:      nil,
	} {
		w := newWorld(t, triggerevent.Authentication)
		w.Script(triggertest.Answer{Response: json.RawMessage(answer)})
		got, err := w.DefineAuthChallenge(t.Context(), w.call, nil, []string{"CUSTOM_CHALLENGE", "PASSWORD_VERIFIER"})
		expect(t, answer, got, err, want)
	}

	most := strings.Repeat("x", 32<<10-1)
	for answer, want := range map[string]any{
		`{}`: trigger.Challenge{},
		`{"publicChallengeParameters":{"q":"1+1"},"privateChallengeParameters":{"a":"2"},"challengeMetadata":"SUM"}`: trigger.Challenge{
			Public: map[string]string{"q": "1+1"}, Private: map[string]string{"a": "2"}, Metadata: "SUM",
		},
		`{"privateChallengeParameters":{"a":"` + most + `"}}`:  trigger.Challenge{Private: map[string]string{"a": most}},
		`{"privateChallengeParameters":{"aa":"` + most + `"}}`: nil,
	} {
		w := newWorld(t, triggerevent.Authentication)
		w.Script(triggertest.Answer{Response: json.RawMessage(answer)})
		got, err := w.CreateAuthChallenge(t.Context(), w.call, "CUSTOM_CHALLENGE", nil)
		expect(t, answer, got, err, want)
	}

	w := newWorld(t, triggerevent.Authentication)
	w.Script(triggertest.Answer{Response: json.RawMessage(`{"privateChallengeParameters":{"a":"` + most + `"}}`)})
	before := []triggerevent.Round{{ChallengeName: "CUSTOM_CHALLENGE", ChallengeMetadata: new("M")}}
	got, err := w.CreateAuthChallenge(t.Context(), w.call, "CUSTOM_CHALLENGE", before)
	expect(t, "too much after a round", got, err, nil)

	for answer, want := range map[string]any{`{"answerCorrect":true}`: true, `{}`: false, `{"answerCorrect":1}`: nil} {
		w := newWorld(t, triggerevent.Authentication)
		w.Script(triggertest.Answer{Response: json.RawMessage(answer)})
		got, err := w.VerifyAuthChallengeResponse(t.Context(), w.call, nil, "2")
		expect(t, answer, got, err, want)
	}
}

// pre asks PreTokenGeneration of a version.
func pre(t *testing.T, version, answer string, occasion triggerevent.Occasion) (*trigger.Overrides, *world, error) {
	t.Helper()
	w := newWorld(t, occasion)
	w.call.Pool.Doc.LambdaConfig.PreTokenGenerationConfig = &cognitoidp.PreTokenGenerationVersionConfigType{LambdaArn: triggertest.ARN("f"), LambdaVersion: version}
	w.Script(triggertest.Answer{Response: json.RawMessage(answer)})
	got, err := w.PreTokenGeneration(t.Context(), w.call, trigger.Groups{Names: []string{"g"}, Roles: []string{"r"}, Preferred: "r"}, []string{"openid"})
	return got, w, err
}

func TestProtectedClaimsStay(t *testing.T) {
	t.Parallel()
	names := []string{
		"acr", "amr", "at_hash", "aud", "auth_time", "azp", "client_id", "cnf", "cognito:username", "cognito:groups", "cognito:roles",
		"cognito:preferred_role", "cognito:anything", "device_key", "event_id", "exp", "iat", "identities", "iss", "jti", "nbf",
		"nonce", "origin_jti", "sub", "token_use", "username", "version", "dev:x", "",
	}
	add := map[string]any{"mine": "x"}
	for _, name := range names {
		add[name] = "x"
	}
	text, err := json.Marshal(add)
	if err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	changes := `{"claimsToAddOrOverride":` + string(text) + `,"claimsToSuppress":` + string(list) + `}`
	for version, answer := range map[string]string{
		"V1_0": `{"claimsOverrideDetails":` + changes + `}`,
		"V2_0": `{"claimsAndScopeOverrideDetails":{"idTokenGeneration":` + changes + `,"accessTokenGeneration":` + changes + `}}`,
		"V3_0": `{"claimsAndScopeOverrideDetails":{"idTokenGeneration":` + changes + `,"accessTokenGeneration":` + changes + `}}`,
	} {
		got, _, err := pre(t, version, answer, triggerevent.Authentication)
		want := trigger.Claims{Add: map[string]any{"mine": "x"}, Suppress: []string{"", "cognito:groups", "cognito:preferred_role", "cognito:roles", "dev:x"}}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.ID); diff != "" {
			t.Errorf("%s, ID token (-want +got):\n%s", version, diff)
		}
		if version == "V1_0" {
			want = trigger.Claims{}
		}
		if diff := cmp.Diff(want, got.Access); diff != "" {
			t.Errorf("%s, access token (-want +got):\n%s", version, diff)
		}
	}
}

func TestTokensAreChanged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, version, answer string
		want                  any
	}{
		{"nothing", "V1_0", `{"claimsOverrideDetails":{}}`, &trigger.Overrides{ID: trigger.Claims{Add: map[string]any{}}}},
		{"nothing", "V2_0", `{"claimsAndScopeOverrideDetails":null}`, &trigger.Overrides{}},
		{"suppressed beats added", "V1_0", `{"claimsOverrideDetails":{"claimsToAddOrOverride":{"a":"1","b":"2"},"claimsToSuppress":["b","email","b"]}}`, &trigger.Overrides{
			ID: trigger.Claims{Add: map[string]any{"a": "1"}, Suppress: []string{"b", "email"}},
		}},
		{"numbers in version 1", "V1_0", `{"claimsOverrideDetails":{"claimsToAddOrOverride":{"a":1}}}`, nil},
		{"an audience", "V2_0", `{"claimsAndScopeOverrideDetails":{"idTokenGeneration":{"claimsToAddOrOverride":{"aud":"1example23456789"}},"accessTokenGeneration":{"claimsToAddOrOverride":{"aud":"1example23456789"}}}}`, &trigger.Overrides{
			ID: trigger.Claims{Add: map[string]any{}}, Access: trigger.Claims{Add: map[string]any{"aud": "1example23456789"}},
		}},
		{"another audience", "V2_0", `{"claimsAndScopeOverrideDetails":{"accessTokenGeneration":{"claimsToAddOrOverride":{"aud":["1example23456789"],"scope":"x"}}}}`, &trigger.Overrides{
			Access: trigger.Claims{Add: map[string]any{}},
		}},
		{"complex values", "V3_0", `{"claimsAndScopeOverrideDetails":{"idTokenGeneration":{"claimsToAddOrOverride":{"address":{"x":1},"email_verified":[true],"updated_at":7,"o":{"n":9007199254740993}}},"accessTokenGeneration":{"claimsToAddOrOverride":{"address":{"x":1}}}}}`, &trigger.Overrides{
			ID:     trigger.Claims{Add: map[string]any{"updated_at": json.Number("7"), "o": map[string]any{"n": json.Number("9007199254740993")}}},
			Access: trigger.Claims{Add: map[string]any{"address": map[string]any{"x": json.Number("1")}}},
		}},
		{"scopes", "V2_0", `{"claimsAndScopeOverrideDetails":{"accessTokenGeneration":{"scopesToAdd":["api/read","api/read","aws.cognito.signin.user.admin","a b","","ü","x"],"scopesToSuppress":["x","openid"]}}}`, &trigger.Overrides{
			AddScopes: []string{"api/read"}, SuppressScopes: []string{"x", "openid"},
		}},
		{"groups", "V2_0", `{"claimsAndScopeOverrideDetails":{"groupOverrideDetails":{"groupsToOverride":["a"],"iamRolesToOverride":["r"],"preferredRole":"r"}}}`, &trigger.Overrides{
			Groups: &trigger.Groups{Names: []string{"a"}, Roles: []string{"r"}, Preferred: "r"},
		}},
		{"no groups", "V1_0", `{"claimsOverrideDetails":{"groupOverrideDetails":{}}}`, &trigger.Overrides{ID: trigger.Claims{Add: map[string]any{}}, Groups: &trigger.Groups{}}},
		{"too much", "V2_0", `{"claimsAndScopeOverrideDetails":{"idTokenGeneration":{"claimsToAddOrOverride":{"a":"` + strings.Repeat("x", trigger.MaxClaims) + `"}}}}`, nil},
		// The guide's example for access tokens, as its function returns it.
		{"the guide's", "V2_0", `{"claimsAndScopeOverrideDetails":{"idTokenGeneration":{"claimsToAddOrOverride":{"family_name":"xyz"},"claimsToSuppress":["email","birthdate"]},
			"accessTokenGeneration":{"claimsToAddOrOverride":{"team":"blue"},"scopesToAdd":["openid","email","solar-system-data/asteroids.add"],"scopesToSuppress":["phone_number"]},
			"groupOverrideDetails":{"groupsToOverride":["new-group-A"],"iamRolesToOverride":["arn:aws:iam::123456789012:role/new_roleA"],"preferredRole":"arn:aws:iam::123456789012:role/new_role"}}}`, &trigger.Overrides{
			ID:        trigger.Claims{Add: map[string]any{"family_name": "xyz"}, Suppress: []string{"birthdate", "email"}},
			Access:    trigger.Claims{Add: map[string]any{"team": "blue"}},
			AddScopes: []string{"openid", "email", "solar-system-data/asteroids.add"}, SuppressScopes: []string{"phone_number"},
			Groups: &trigger.Groups{Names: []string{"new-group-A"}, Roles: []string{"arn:aws:iam::123456789012:role/new_roleA"}, Preferred: "arn:aws:iam::123456789012:role/new_role"},
		}},
	} {
		got, _, err := pre(t, c.version, c.answer, triggerevent.Authentication)
		expect(t, c.name, got, err, c.want)
	}
}

func TestEventsOfTokensHaveTheirVersions(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{"V1_0": `{"version":"1"`, "V2_0": `{"version":"2"`, "V3_0": `{"version":"3"`} {
		_, w, err := pre(t, version, `{}`, triggerevent.Authentication)
		if err != nil {
			t.Fatal(err)
		}
		_, scopes := w.Calls()[0].Request()["scopes"]
		if event := string(w.Calls()[0].Event); !strings.HasPrefix(event, want) || scopes == (version == "V1_0") {
			t.Errorf("%s: got %s", version, event)
		}
	}
}

func TestClientsByThemselvesAskVersion3Only(t *testing.T) {
	t.Parallel()
	for version, calls := range map[string]int{"V1_0": 0, "V2_0": 0, "V3_0": 1} {
		w := newWorld(t, triggerevent.ClientCredentials)
		w.call.User = nil
		w.call.Pool.Doc.LambdaConfig.PreTokenGenerationConfig = &cognitoidp.PreTokenGenerationVersionConfigType{LambdaArn: triggertest.ARN("f"), LambdaVersion: version}
		got, err := w.PreTokenGeneration(t.Context(), w.call, trigger.Groups{}, nil)
		if err != nil || (got != nil) != (calls == 1) || len(w.Calls()) != calls {
			t.Errorf("%s: got %+v, %v, %d calls", version, got, err, len(w.Calls()))
		}
		if calls == 0 {
			continue
		}
		want := map[string]any{"userAttributes": map[string]any{}, "groupConfiguration": nil, "clientMetadata": map[string]any{"k": "v"}, "scopes": []any{}}
		if diff := cmp.Diff(want, w.Calls()[0].Request()); diff != "" || !contains(string(w.Calls()[0].Event), `"userName":"ClientCredentials"`) {
			t.Errorf("%s (-want +got):\n%s", w.Calls()[0].Event, diff)
		}
	}
}

func TestScopesAreTakenOutAndAdded(t *testing.T) {
	t.Parallel()
	o := &trigger.Overrides{AddScopes: []string{"api/read", "openid"}, SuppressScopes: []string{"email"}}
	if diff := cmp.Diff([]string{"openid", "api/read"}, o.Scopes([]string{"openid", "email"})); diff != "" {
		t.Error(diff)
	}
	o = nil
	if diff := cmp.Diff([]string{"openid"}, o.Scopes([]string{"openid"})); diff != "" {
		t.Error(diff)
	}
}

func TestProvidersAttributesAreReplaced(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]any{
		`{"userAttributesToMap":{"email":"a@b.c"}}`: map[string]string{"email": "a@b.c"},
		`{"userAttributesToMap":{}}`:                map[string]string(nil),
		`{"userAttributesToMap":[]}`:                nil,
	} {
		w := newWorld(t, triggerevent.ExternalProvider)
		w.Script(triggertest.Answer{Response: json.RawMessage(answer)})
		got, err := w.InboundFederation(t.Context(), w.call, triggerevent.InboundFederationRequest{})
		expect(t, answer, got, err, want)
	}
}
