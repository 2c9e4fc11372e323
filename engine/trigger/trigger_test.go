package trigger_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/access"
	"cardea/engine/trigger"
	outbound "cardea/outbound/trigger"
	"cardea/outbound/trigger/triggertest"
	"cardea/platform/caller"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// world is a pool whose triggers are all one scripted function, asked by Lambda's API.
type world struct {
	*triggertest.Function
	trigger.Triggers
	call trigger.Call
}

func everything() *cognitoidp.LambdaConfigType {
	arn := triggertest.ARN("f")
	return &cognitoidp.LambdaConfigType{
		PreSignUp: arn, PostConfirmation: arn, PreAuthentication: arn, PostAuthentication: arn, UserMigration: arn, CustomMessage: arn,
		DefineAuthChallenge: arn, CreateAuthChallenge: arn, VerifyAuthChallengeResponse: arn, PreTokenGeneration: arn,
		CustomEmailSender: &cognitoidp.CustomEmailLambdaVersionConfigType{LambdaArn: arn},
		CustomSMSSender:   &cognitoidp.CustomSMSLambdaVersionConfigType{LambdaArn: arn},
		InboundFederation: &cognitoidp.InboundFederationLambdaType{LambdaArn: arn},
	}
}

func newWorld(t *testing.T, occasion triggerevent.Occasion) *world {
	t.Helper()
	f := triggertest.New(t)
	p := &pool.Pool{ID: "us-east-1_EXAMPLE"}
	p.Doc.LambdaConfig = everything()
	p.Doc.AliasAttributes = []string{"email"}
	p.Doc.SchemaAttributes = []cognitoidp.SchemaAttributeType{{Name: "sub", AttributeDataType: "String"}, {Name: "email", AttributeDataType: "String"}, {Name: "email_verified", AttributeDataType: "Boolean"}, {Name: "name", AttributeDataType: "String"}}
	return &world{f, trigger.Triggers{Functions: f.All()}, trigger.Call{
		App:      access.App{Pool: p, Client: &client.Client{ID: "1example23456789"}},
		Occasion: occasion,
		User: &user.User{
			Sub: "a1b2c3d4-5678-90ab-cdef-000000000001", Username: "jane", Status: "CONFIRMED",
			Attributes: map[string]string{"email": "jane@example.com", "email_verified": "true", "name": ""},
		},
		Metadata: map[string]string{"k": "v"},
		Data:     map[string]string{"d": "w"},
	}}
}

// known are the attributes that events say of the user.
var known = map[string]any{
	"sub": "a1b2c3d4-5678-90ab-cdef-000000000001", "cognito:user_status": "CONFIRMED",
	"email": "jane@example.com", "email_verified": "true", "cognito:email_alias": "jane@example.com",
}

// triggers ask each trigger once, with what the test world has.
var triggers = map[triggerevent.Trigger]struct {
	occasion triggerevent.Occasion
	ask      func(ctx context.Context, t trigger.Triggers, c trigger.Call) error
	request  map[string]any // that the function gets
}{
	triggerevent.PreSignUp: {
		triggerevent.SignUp, func(ctx context.Context, t trigger.Triggers, c trigger.Call) error {
			_, err := t.PreSignUp(ctx, c, map[string]string{"email": "new@example.com"})
			return err
		},
		map[string]any{"userAttributes": map[string]any{"email": "new@example.com"}, "validationData": map[string]any{"d": "w"}, "clientMetadata": map[string]any{"k": "v"}},
	},
	triggerevent.PostConfirmation: {
		triggerevent.ConfirmForgotPassword, func(ctx context.Context, t trigger.Triggers, c trigger.Call) error { return t.PostConfirmation(ctx, c) },
		map[string]any{"userAttributes": known, "clientMetadata": map[string]any{"k": "v"}},
	},
	triggerevent.PreAuthentication: {
		triggerevent.Authentication, func(ctx context.Context, t trigger.Triggers, c trigger.Call) error {
			return t.PreAuthentication(ctx, c)
		},
		map[string]any{"userAttributes": known, "validationData": map[string]any{"d": "w"}, "userNotFound": false},
	},
	triggerevent.PostAuthentication: {
		triggerevent.Authentication, func(ctx context.Context, t trigger.Triggers, c trigger.Call) error {
			return t.PostAuthentication(ctx, c, true)
		},
		map[string]any{"userAttributes": known, "newDeviceUsed": true, "clientMetadata": map[string]any{"k": "v"}},
	},
	triggerevent.PreTokenGeneration: {
		triggerevent.RefreshTokens, func(ctx context.Context, t trigger.Triggers, c trigger.Call) error {
			_, err := t.PreTokenGeneration(ctx, c, trigger.Groups{Names: []string{"g"}}, []string{"openid"})
			return err
		},
		map[string]any{"userAttributes": known, "groupConfiguration": map[string]any{"groupsToOverride": []any{"g"}, "iamRolesToOverride": []any{}, "preferredRole": nil}, "clientMetadata": map[string]any{"k": "v"}},
	},
	triggerevent.UserMigration: {
		triggerevent.Authentication, func(ctx context.Context, t trigger.Triggers, c trigger.Call) error {
			_, err := t.UserMigration(ctx, c, "hunter2")
			return err
		},
		map[string]any{"password": "hunter2", "validationData": map[string]any{"d": "w"}, "clientMetadata": map[string]any{"k": "v"}, "userAttributes": nil},
	},
	triggerevent.CustomMessage: {
		triggerevent.SignUp, func(ctx context.Context, t trigger.Triggers, c trigger.Call) error {
			_, err := t.CustomMessage(ctx, c, trigger.Medium{Email: true})
			return err
		},
		map[string]any{"userAttributes": known, "codeParameter": "{####}", "linkParameter": "{##Click Here##}", "usernameParameter": nil, "clientMetadata": map[string]any{"k": "v"}},
	},
	triggerevent.DefineAuthChallenge: {
		triggerevent.Authentication, func(ctx context.Context, t trigger.Triggers, c trigger.Call) error {
			_, err := t.DefineAuthChallenge(ctx, c, []triggerevent.Round{{ChallengeName: "SRP_A", ChallengeResult: true}}, []string{"CUSTOM_CHALLENGE"})
			return err
		},
		map[string]any{"userAttributes": known, "session": []any{map[string]any{"challengeName": "SRP_A", "challengeResult": true, "challengeMetadata": nil}}, "clientMetadata": map[string]any{"k": "v"}, "userNotFound": false},
	},
	triggerevent.CreateAuthChallenge: {
		triggerevent.Authentication, func(ctx context.Context, t trigger.Triggers, c trigger.Call) error {
			_, err := t.CreateAuthChallenge(ctx, c, "CUSTOM_CHALLENGE", nil)
			return err
		},
		map[string]any{"userAttributes": known, "challengeName": "CUSTOM_CHALLENGE", "session": []any{}, "clientMetadata": map[string]any{"k": "v"}, "userNotFound": false},
	},
	triggerevent.VerifyAuthChallengeResponse: {
		triggerevent.Authentication, func(ctx context.Context, t trigger.Triggers, c trigger.Call) error {
			_, err := t.VerifyAuthChallengeResponse(ctx, c, map[string]string{"a": "5"}, "5")
			return err
		},
		map[string]any{"userAttributes": known, "privateChallengeParameters": map[string]any{"a": "5"}, "challengeAnswer": "5", "clientMetadata": map[string]any{"k": "v"}, "userNotFound": false},
	},
	triggerevent.CustomEmailSender: {
		triggerevent.ResendCode, func(ctx context.Context, t trigger.Triggers, c trigger.Call) error {
			return send(ctx, t, c, triggerevent.CustomEmailSender, new("AYAD"))
		},
		map[string]any{"type": "customEmailSenderRequestV1", "code": "AYAD", "clientMetadata": map[string]any{"k": "v"}, "userAttributes": known},
	},
	triggerevent.CustomSMSSender: {
		triggerevent.ResendCode, func(ctx context.Context, t trigger.Triggers, c trigger.Call) error {
			return send(ctx, t, c, triggerevent.CustomSMSSender, nil)
		},
		map[string]any{"type": "customSMSSenderRequestV1", "code": nil, "clientMetadata": map[string]any{"k": "v"}, "userAttributes": known},
	},
	triggerevent.InboundFederation: {
		triggerevent.ExternalProvider, func(ctx context.Context, t trigger.Triggers, c trigger.Call) error {
			_, err := t.InboundFederation(ctx, c, triggerevent.InboundFederationRequest{ProviderName: "Google", ProviderType: "Google"})
			return err
		},
		map[string]any{"providerName": "Google", "providerType": "Google", "attributes": map[string]any{}},
	},
}

// raises reports whether errors of the trigger's function reach us: nobody waits for the senders'.
func raises(name triggerevent.Trigger) bool {
	return name != triggerevent.CustomEmailSender && name != triggerevent.CustomSMSSender
}

func TestFunctionsGetTheirEvents(t *testing.T) {
	t.Parallel()
	for name, c := range triggers {
		w := newWorld(t, c.occasion)
		// A migration needs an answer, and so does a custom sign-in.
		w.Script(triggertest.Answer{Response: map[string]any{"userAttributes": map[string]string{"email": "jane@example.com"}, "issueTokens": true}})
		if err := c.ask(t.Context(), w.Triggers, w.call); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		calls := w.Calls()
		if len(calls) != 1 || calls[0].Async == raises(name) {
			t.Errorf("%s: %d calls, asynchronous: %v", name, len(calls), calls[0].Async)
		}
		if diff := cmp.Diff(c.request, calls[0].Request()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		source := string(name) + "_" + string(c.occasion)
		if name == triggerevent.PreTokenGeneration {
			source = "TokenGeneration_" + string(c.occasion)
		}
		if got := calls[0].Source(); got != source {
			t.Errorf("triggerSource is %s, want %s", got, source)
		}
	}
}

func TestTriggersThatAPoolLacksAreNotAsked(t *testing.T) {
	t.Parallel()
	needed := []triggerevent.Trigger{triggerevent.DefineAuthChallenge, triggerevent.CreateAuthChallenge, triggerevent.VerifyAuthChallengeResponse}
	for name, c := range triggers {
		if !raises(name) {
			continue // callers ask only pools that have a sender
		}
		w := newWorld(t, c.occasion)
		for _, cfg := range []*cognitoidp.LambdaConfigType{nil, {}} {
			w.call.Pool.Doc.LambdaConfig = cfg
			if err := c.ask(t.Context(), w.Triggers, w.call); (err == nil) == slices.Contains(needed, name) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		if n := len(w.Calls()); n != 0 {
			t.Errorf("%s: %d calls", name, n)
		}
	}
}

func TestWithoutTriggersNothingIsAllocated(t *testing.T) {
	w := newWorld(t, triggerevent.Authentication)
	w.call.Pool.Doc.LambdaConfig = nil
	ctx := t.Context()
	allocations := testing.AllocsPerRun(100, func() {
		_ = w.PreAuthentication(ctx, w.call)
		_ = w.PostAuthentication(ctx, w.call, false)
		_, _ = w.PreTokenGeneration(ctx, w.call, trigger.Groups{}, nil)
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

func BenchmarkSignInWithoutTriggers(b *testing.B) {
	call := trigger.Call{App: access.App{Pool: &pool.Pool{}}}
	var none trigger.Triggers
	for b.Loop() {
		_ = none.PreAuthentication(b.Context(), call)
		_ = none.PostAuthentication(b.Context(), call, false)
		_, _ = none.PreTokenGeneration(b.Context(), call, trigger.Groups{}, nil)
	}
}

func TestTriggersStopOperations(t *testing.T) {
	t.Parallel()
	for name, c := range triggers {
		if !raises(name) {
			continue
		}
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.occasion)
			for _, stop := range []struct {
				answer triggertest.Answer
				kind   trigger.Kind
				text   string
			}{
				{triggertest.Answer{Raise: "Unwanted.", Type: "Error"}, trigger.Refused, "Unwanted."},
				{triggertest.Answer{Raise: "exit status 1", Type: "Runtime.ExitError"}, trigger.Failed, "exit status 1"},
				{triggertest.Answer{Status: 403}, trigger.NotInvoked, "AccessDeniedException"},
				{triggertest.Answer{Raw: []byte("null")}, trigger.Invalid, ""},
				{triggertest.Answer{Response: []int{1}}, trigger.Invalid, ""},
			} {
				w.Script(stop.answer)
				err := c.ask(t.Context(), w.Triggers, w.call)
				got, ok := errors.AsType[*trigger.Error](err)
				if !ok || got.Trigger != name || got.Kind != stop.kind || got.Text != stop.text {
					t.Errorf("%+v: got %#v", stop.answer, err)
				}
			}

			w.Functions = nil
			got, ok := errors.AsType[*trigger.Error](c.ask(t.Context(), w.Triggers, w.call))
			if !ok || got.Kind != trigger.NotInvoked || got.Text != "ResourceNotFoundException" {
				t.Errorf("without functions: got %#v", got)
			}
		})
	}
}

func TestUnknownUsersAreHidden(t *testing.T) {
	t.Parallel()
	for _, name := range []triggerevent.Trigger{triggerevent.PreAuthentication, triggerevent.DefineAuthChallenge, triggerevent.CreateAuthChallenge, triggerevent.VerifyAuthChallengeResponse} {
		w := newWorld(t, triggerevent.Authentication)
		w.Script(triggertest.Answer{Response: map[string]any{"failAuthentication": true}})
		w.call.User, w.call.Username = nil, "nobody"
		if err := triggers[name].ask(t.Context(), w.Triggers, w.call); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		request := w.Calls()[0].Request()
		if diff := cmp.Diff(map[string]any{}, request["userAttributes"]); diff != "" || request["userNotFound"] != true {
			t.Errorf("%s: got %v", name, request)
		}
	}
}

func TestPostConfirmationOutlivesTheClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, triggerevent.ConfirmSignUp)
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := w.PostConfirmation(gone, w.call); err != nil || len(w.Calls()) != 1 {
		t.Errorf("got %v, %d calls", err, len(w.Calls()))
	}
	w.call.Occasion = triggerevent.Authentication
	err := w.PreAuthentication(gone, w.call)
	if _, stopped := errors.AsType[*trigger.Error](err); stopped || !errors.Is(err, context.Canceled) {
		t.Errorf("a trigger before the change: got %v", err)
	}
}

func TestEventsNameTheCallersSDK(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"aws-sdk-js/3.1010.0 ua/2.1 os/linux":               `"awsSdkVersion":"aws-sdk-js-3.1010.0"`,
		"Boto3/1.40 md/Botocore#1.40":                       `"awsSdkVersion":"aws-sdk-unknown-unknown"`,
		"x aws-sdk-java/2.20.43 y":                          `"awsSdkVersion":"aws-sdk-java-2.20.43"`,
		"aws-sdk-" + string(slices.Repeat([]byte("x"), 80)): `"awsSdkVersion":"aws-sdk-unknown-unknown"`,
	} {
		w := newWorld(t, triggerevent.Authentication)
		w.call.Client = nil
		if err := w.PreAuthentication(caller.With(t.Context(), caller.Caller{UserAgent: agent}), w.call); err != nil {
			t.Fatal(err)
		}
		want := `"userName":"jane","callerContext":{` + want + `,"clientId":"CLIENT_ID_NOT_APPLICABLE"}`
		if got := string(w.Calls()[0].Event); !contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestPoolsMayOnlyNameFunctionsThatAnswer(t *testing.T) {
	t.Parallel()
	functions, err := outbound.New(outbound.Entry{Key: "f"})
	if err != nil {
		t.Fatal(err)
	}
	triggers := trigger.Triggers{Functions: functions}
	if wrong := triggers.Check(everything(), nil); wrong != nil {
		t.Errorf("got %v", wrong)
	}
	next := &cognitoidp.LambdaConfigType{
		PreSignUp: triggertest.ARN("gone"), CustomMessage: "nonsense", PostConfirmation: triggertest.ARN("new"),
		PreTokenGenerationConfig: &cognitoidp.PreTokenGenerationVersionConfigType{LambdaArn: triggertest.ARN("claims")},
	}
	former := &cognitoidp.LambdaConfigType{PreSignUp: triggertest.ARN("gone"), UserMigration: triggertest.ARN("new"), PreTokenGeneration: triggertest.ARN("claims")}
	want := []*trigger.FunctionError{
		{Trigger: triggerevent.PostConfirmation, ARN: triggertest.ARN("new"), Unresolved: true},
		{Trigger: triggerevent.CustomMessage, ARN: "nonsense"},
	}
	if diff := cmp.Diff(want, triggers.Check(next, former)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len((trigger.Triggers{}).Check(everything(), nil)); n != 13 {
		t.Errorf("without functions %d of 13 are wrong", n)
	}
}

func TestEachTriggerHasItsSetting(t *testing.T) {
	t.Parallel()
	for name := range triggers {
		if !trigger.Configured(everything(), name) || trigger.Configured(&cognitoidp.LambdaConfigType{}, name) || trigger.Configured(nil, name) {
			t.Errorf("%s has no setting of its own", name)
		}
	}
}
