package dryrun_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/outbound/trigger/triggertest"
	"cardea/platform/config"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

type M = servertest.M

// world is a pool whose triggers are all one scripted function, and a dry run beside its server.
type world struct {
	*servertest.World
	*triggertest.Function
	dry          *server.DryRun
	pool, client string
	tokens       M // of alice
}

// each runs body on both engines. Its user alice is in a group.
func each(t *testing.T, body func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := &world{World: servertest.New(t, url, nil), Function: triggertest.New(t)}
		w.Function.Now = w.World.Now
		w.furnish(t)
		c := server.Config{
			Database: url, MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}, PublicURL: w.World.URL,
			Outgoing:         config.Outgoing{Allow: []string{"127.0.0.1"}, PlainHTTP: true},
			FunctionsDefault: &config.Function{Lambda: w.Function.URL, AccessKeyID: triggertest.KeyID, SecretAccessKey: triggertest.SecretKey},
			Test:             server.Test{Now: w.World.Now},
		}
		dry, err := server.OpenDryRun(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := dry.Close(); err != nil {
				t.Error(err)
			}
		})
		w.dry = dry
		body(t, w)
	})
}

// furnish makes the pool and alice, who signs in before the pool has triggers.
func (w *world) furnish(t *testing.T) {
	t.Helper()
	w.pool = w.Pool(t, M{"AliasAttributes": []string{"email"}})
	w.client = w.Client(t, w.pool, nil)
	w.User(t, w.pool, "alice", "email", "alice@example.com", "email_verified", "true")
	w.Must(t, "CreateGroup", M{"UserPoolId": w.pool, "GroupName": "staff"})
	w.Must(t, "AdminAddUserToGroup", M{"UserPoolId": w.pool, "Username": "alice", "GroupName": "staff"})
	w.tokens = w.SignIn(t, w.client, "alice")

	arn := triggertest.ARN("f")
	newer := func(version string) M { return M{"LambdaArn": arn, "LambdaVersion": version} }
	w.Must(t, "UpdateUserPool", M{"UserPoolId": w.pool, "LambdaConfig": M{
		"PreSignUp": arn, "PostConfirmation": arn, "PreAuthentication": arn, "PostAuthentication": arn, "UserMigration": arn,
		"CustomMessage": arn, "DefineAuthChallenge": arn, "CreateAuthChallenge": arn, "VerifyAuthChallengeResponse": arn,
		"PreTokenGenerationConfig": newer("V3_0"), "CustomEmailSender": newer("V1_0"), "CustomSMSSender": newer("V1_0"),
		"InboundFederation": newer("V1_0"), "KMSKeyID": "arn:aws:kms:us-east-1:123456789012:key/k",
	}})
}

// text is v as JSON.
func text(t *testing.T, v any) string {
	t.Helper()
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// asked are one question for each trigger, with what the function answers, what is in the event, and what is decided.
var asked = []struct {
	question server.Question
	response any
	source   string
	event    []string
	decision string
}{
	{
		server.Question{Trigger: "PreSignUp", User: "bob", Attributes: map[string]string{"email": "bob@example.com"}, Metadata: map[string]string{"k": "v"}, ValidationData: map[string]string{"d": "w"}},
		M{"autoConfirmUser": true, "autoVerifyEmail": true}, "PreSignUp_SignUp",
		[]string{`"userName":"bob"`, `"userAttributes":{"email":"bob@example.com"}`, `"clientMetadata":{"k":"v"}`, `"validationData":{"d":"w"}`},
		`{"confirmUser":true,"verifiedAttributes":["email"]}`,
	},
	{
		server.Question{Trigger: "PreSignUp", User: "alice", Source: "AdminCreateUser"},
		M{"autoConfirmUser": true}, "PreSignUp_AdminCreateUser",
		[]string{`"userAttributes":{"email":"alice@example.com","email_verified":"true"`, `"clientId":"CLIENT_ID_NOT_APPLICABLE"`},
		`{"confirmUser":false,"verifiedAttributes":null}`,
	},
	{server.Question{Trigger: "postconfirmation", User: "alice"}, nil, "PostConfirmation_ConfirmSignUp", []string{`"cognito:user_status":"CONFIRMED"`}, `null`},
	{
		server.Question{Trigger: "PreAuthentication", User: "nobody", Metadata: map[string]string{"k": "v"}}, nil, "PreAuthentication_Authentication",
		[]string{`"userName":"nobody"`, `"userAttributes":{}`, `"userNotFound":true`, `"validationData":{"k":"v"}`}, `null`,
	},
	{server.Question{Trigger: "PostAuthentication", User: "alice"}, nil, "PostAuthentication_Authentication", []string{`"newDeviceUsed":false`}, `null`},
	{
		server.Question{Trigger: "PreTokenGeneration", Source: "TokenGeneration_ClientCredentials", Scopes: []string{"api/read"}},
		M{"claimsAndScopeOverrideDetails": M{"accessTokenGeneration": M{"claimsToAddOrOverride": M{"tenant": 1}, "scopesToAdd": []string{"api/write"}}}},
		"TokenGeneration_ClientCredentials", []string{`"userName":"ClientCredentials"`, `"scopes":["api/read"]`},
		`{"scopes":["api/read","api/write"],"claimsAdded":{"tenant":1},"claimsSuppressed":null}`,
	},
	{
		server.Question{Trigger: "UserMigration", User: "bob", Password: "hunter2 \"quoted\"", Metadata: map[string]string{"k": "v"}},
		M{"userAttributes": M{"email": "bob@example.com"}, "finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS"}, "UserMigration_Authentication",
		[]string{`"password":"***"`, `"validationData":{"k":"v"}`},
		`{"userAttributes":{"email":"bob@example.com"},"userStatus":"CONFIRMED","sendInvitation":false,"deliveryMediums":["SMS"],"forceAliasCreation":false,"smsMFA":false}`,
	},
	{server.Question{Trigger: "UserMigration", User: "bob", Source: "ForgotPassword", Metadata: map[string]string{"k": "v"}}, M{"userAttributes": M{}}, "UserMigration_ForgotPassword", []string{`"clientMetadata":{"k":"v"}`}, ""},
	{
		server.Question{Trigger: "CustomMessage", Source: "CustomMessage_ForgotPassword", User: "alice@example.com"}, M{"emailMessage": "<b>{####}</b>"}, "CustomMessage_ForgotPassword",
		[]string{`"userName":"alice"`, `"codeParameter":"{####}"`}, `{"smsMessage":"","emailMessage":"\u003cb\u003e{####}\u003c/b\u003e","emailSubject":""}`,
	},
	{server.Question{Trigger: "DefineAuthChallenge", User: "alice"}, M{"challengeName": "CUSTOM_CHALLENGE"}, "DefineAuthChallenge_Authentication", []string{`"session":[]`}, `{"challengeName":"CUSTOM_CHALLENGE","issueTokens":false,"failAuthentication":false}`},
	{
		server.Question{Trigger: "CreateAuthChallenge", User: "alice"}, M{"publicChallengeParameters": M{"q": "?"}, "privateChallengeParameters": M{"a": "5"}},
		"CreateAuthChallenge_Authentication", []string{`"challengeName":"CUSTOM_CHALLENGE"`},
		`{"publicChallengeParameters":{"q":"?"},"privateChallengeParameters":{"a":"5"},"challengeMetadata":""}`,
	},
	{
		server.Question{Trigger: "VerifyAuthChallengeResponse", User: "alice", Private: map[string]string{"a": "5"}, Answer: "5"}, M{"answerCorrect": true},
		"VerifyAuthChallengeResponse_Authentication", []string{`"privateChallengeParameters":{"a":"5"}`, `"challengeAnswer":"5"`}, `{"answerCorrect":true}`,
	},
	{server.Question{Trigger: "CustomEmailSender", User: "alice"}, nil, "CustomEmailSender_SignUp", []string{`"type":"customEmailSenderRequestV1"`}, `null`},
	{server.Question{Trigger: "CustomSMSSender", User: "alice", Source: "ResendCode"}, nil, "CustomSMSSender_ResendCode", []string{`"type":"customSMSSenderRequestV1"`}, `null`},
	{
		server.Question{Trigger: "InboundFederation", Event: []byte(`{"triggerSource":"InboundFederation_ExternalProvider","request":{"providerName":"Google"}}`)},
		M{"userAttributesToMap": M{"email": "x@example.com"}}, "InboundFederation_ExternalProvider", []string{`"providerName":"Google"`}, `{"userAttributesToMap":{"email":"x@example.com"}}`,
	},
}

func TestEveryTriggerIsAskedAndNothingIsWritten(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := dbtest.Rows(t, w.DB)
		for _, c := range asked {
			calls := len(w.Calls())
			w.Script(triggertest.Answer{Response: c.response})
			c.question.Pool = w.pool
			report, err := w.dry.Ask(t.Context(), c.question)
			if err != nil && c.decision != "" {
				t.Errorf("%s: %v", c.source, err)
				continue
			}
			if report.Source != c.source || len(w.Calls()) != calls+1 || w.Calls()[calls].Source() != c.source {
				t.Errorf("%s: reported %s, invoked %d times", c.source, report.Source, len(w.Calls())-calls)
			}
			for _, part := range c.event {
				if !strings.Contains(string(report.Event), part) {
					t.Errorf("%s: the event lacks %s: %s", c.source, part, report.Event)
				}
			}
			if got := text(t, report.Decision); c.decision != "" && got != c.decision {
				t.Errorf("%s: decided %s, want %s", c.source, got, c.decision)
			}
			if strings.Contains(string(report.Event)+string(report.Reply), "hunter2") {
				t.Errorf("%s: the password is shown: %s %s", c.source, report.Event, report.Reply)
			}
			if c.question.Password != "" && w.Calls()[calls].Request()["password"] != c.question.Password {
				t.Errorf("%s: the function got %v", c.source, w.Calls()[calls].Request())
			}
		}
		if diff := cmp.Diff(before, dbtest.Rows(t, w.DB)); diff != "" {
			t.Errorf("the database has changed (-before +after):\n%s", diff)
		}
	})
}

func TestClaimsAreShownBeforeAndAfter(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Script(triggertest.Answer{Response: M{"claimsAndScopeOverrideDetails": M{
			"idTokenGeneration":     M{"claimsToAddOrOverride": M{"tenant": "t1", "sub": "x"}, "claimsToSuppress": []string{"email"}},
			"accessTokenGeneration": M{"claimsToAddOrOverride": M{"plan": "gold"}},
			"groupOverrideDetails":  M{"groupsToOverride": []string{"admins"}},
		}}})
		report, err := w.dry.Ask(t.Context(), server.Question{Pool: w.pool, Trigger: "PreTokenGeneration", User: "alice"})
		if err != nil {
			t.Fatal(err)
		}
		var claims struct {
			Before, After struct{ IDToken, AccessToken M }
		}
		if err := json.Unmarshal([]byte(text(t, report.Decision)), &claims); err != nil {
			t.Fatal(err)
		}

		made := []string{"jti", "origin_jti", "event_id"} // anew each time
		for name, pair := range map[string][2]M{"IdToken": {claims.Before.IDToken, claims.After.IDToken}, "AccessToken": {claims.Before.AccessToken, claims.After.AccessToken}} {
			real := payload(t, w.tokens[name])
			for _, claim := range made {
				if pair[0][claim] != pair[1][claim] || pair[0][claim] == nil {
					t.Errorf("%s: %s is %v before and %v after", name, claim, pair[0][claim], pair[1][claim])
				}
				delete(real, claim)
			}
			if diff := cmp.Diff(real, without(pair[0], made)); diff != "" {
				t.Errorf("%s without the function: a sign-in's (-), the dry run's (+):\n%s", name, diff)
			}
		}
		wantID := servertest.With(claims.Before.IDToken, M{"tenant": "t1", "email": nil, "cognito:groups": []any{"admins"}})
		wantAccess := servertest.With(claims.Before.AccessToken, M{"plan": "gold", "cognito:groups": []any{"admins"}})
		if diff := cmp.Diff(wantID, claims.After.IDToken); diff != "" {
			t.Errorf("ID token (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(wantAccess, claims.After.AccessToken); diff != "" {
			t.Errorf("access token (-want +got):\n%s", diff)
		}
	})
}

func without(claims M, names []string) M {
	left := maps.Clone(claims)
	for _, name := range names {
		delete(left, name)
	}
	return left
}

// payload is what a token says.
func payload(t *testing.T, token any) (claims M) {
	t.Helper()
	parts := strings.Split(token.(string), ".")
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestRefusalsAreWhatAClientWouldSee(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := dbtest.Rows(t, w.DB)
		for _, c := range []struct {
			trigger, source string
			answer          triggertest.Answer
			want            string
		}{
			{"PreSignUp", "", triggertest.Answer{Raise: "not you"}, "UserLambdaValidationException: PreSignUp failed with error not you."},
			{"PreTokenGeneration", "", triggertest.Answer{Response: M{"claimsAndScopeOverrideDetails": 1}}, "InvalidLambdaResponseException: Unrecognizable lambda output"},
			{"PreTokenGeneration", "ClientCredentials", triggertest.Answer{Raise: "no"}, "NotAuthorizedException: PreTokenGeneration failed with error no."},
			{"PostAuthentication", "", triggertest.Answer{Status: 403}, "UnexpectedLambdaException: PostAuthentication invocation failed due to error AccessDeniedException."},
			{"UserMigration", "", triggertest.Answer{Raise: "who"}, "UserLambdaValidationException: UserMigration failed with error who. (clients are told that there is no such user)"},
			{"CustomSMSSender", "", triggertest.Answer{Status: 404}, "UnexpectedLambdaException: CustomSMSSender invocation failed due to error ResourceNotFoundException. (clients are told nothing, and the message is tried again)"},
		} {
			w.Script(c.answer)
			report, err := w.dry.Ask(t.Context(), server.Question{Pool: w.pool, Trigger: c.trigger, Source: c.source, User: "alice", Password: "x"})
			if err == nil || err.Error() != c.want {
				t.Errorf("%s: got %v, want %s", c.trigger, err, c.want)
			}
			if report == nil || report.Function != triggertest.ARN("f") || report.Decision != nil || !strings.Contains(string(report.Event), `"triggerSource"`) {
				t.Errorf("%s: reported %+v", c.trigger, report)
			}
		}
		if diff := cmp.Diff(before, dbtest.Rows(t, w.DB)); diff != "" {
			t.Errorf("the database has changed (-before +after):\n%s", diff)
		}
	})
}

func TestAnEventMayBeGiven(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		event := `{"triggerSource":"TokenGeneration_RefreshTokens","userName":"alice","callerContext":{"clientId":"` + w.client + `"},"request":{"mine":1}}`
		report, err := w.dry.Ask(t.Context(), server.Question{Pool: w.pool, Trigger: "PreTokenGeneration", Event: []byte(event)})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(w.Calls()[0].Event); got != event || string(report.Event) != event || report.Source != "TokenGeneration_RefreshTokens" {
			t.Errorf("the function got %s, reported %s: %s", got, report.Source, report.Event)
		}
		if !strings.Contains(text(t, report.Decision), `"username":"alice"`) {
			t.Errorf("decided %s", text(t, report.Decision))
		}

		secret := `{"triggerSource":"UserMigration_Authentication","userName":"bob","request":{"password" : "hunter2","validationData":{"again":"hunter2"}}}`
		report, err = w.dry.Ask(t.Context(), server.Question{Pool: w.pool, Trigger: "UserMigration", Event: []byte(secret)})
		if report == nil || strings.Contains(string(report.Event)+string(report.Reply), "hunter2") || string(w.Calls()[1].Event) != secret {
			t.Errorf("reported %s, %s, %v", report.Event, report.Reply, err)
		}
	})
}

func TestADryRunMakesNoDatabase(t *testing.T) {
	t.Parallel()
	dbtest.EachEmpty(t, func(t *testing.T, url string) {
		dry, err := server.OpenDryRun(t.Context(), server.Config{Database: url, MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}})
		if err == nil {
			_ = dry.Close()
			t.Error("a database was made")
		}
	})
}

func TestWhatCannotBeAskedIsExplained(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bare := w.Pool(t, nil)
		for want, q := range map[string]server.Question{
			`"PreTokens" is not a trigger; the triggers are PreSignUp, PostConfirmation`:                                                     {Trigger: "PreTokens"},
			`"SignIn" is not a source of PreSignUp; its sources are PreSignUp_SignUp, PreSignUp_AdminCreateUser, PreSignUp_ExternalProvider`: {Trigger: "PreSignUp", Source: "SignIn"},
			`"PreSignUp_RefreshTokens" is not a source of PreTokenGeneration`:                                                                {Trigger: "PreTokenGeneration", Source: "PreSignUp_RefreshTokens"},
			"there is no user pool us-east-1_000000000":                                                                                      {Trigger: "PreSignUp", Pool: "us-east-1_000000000"},
			"the pool " + bare + " has no trigger PreSignUp":                                                                                 {Trigger: "PreSignUp", Pool: bare},
			"there is no app client x in the pool":                                                                                           {Trigger: "PreSignUp", Client: "x"},
			`there is no user "bob" in the pool`:                                                                                             {Trigger: "PostAuthentication", User: "bob"},
			"name a user":                                                                                                                    {Trigger: "PostAuthentication"},
			"InboundFederation needs an event":                                                                                               {Trigger: "InboundFederation"},
			"read the event":                                                                                                                 {Trigger: "PreSignUp", Event: []byte("x")},
			"the event lacks triggerSource or request":                                                                                       {Trigger: "PreSignUp", Event: []byte("{}")},
		} {
			if q.Pool == "" {
				q.Pool = w.pool
			}
			if report, err := w.dry.Ask(t.Context(), q); report != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		w.Client(t, w.pool, nil)
		if _, err := w.dry.Ask(t.Context(), server.Question{Pool: w.pool, Trigger: "PostAuthentication", User: "alice"}); err == nil || err.Error() != "name an app client: the pool has none, or several" {
			t.Errorf("with two clients: %v", err)
		}
		if n := len(w.Calls()); n != 0 {
			t.Errorf("%d calls", n)
		}
	})
}
