package triggerevent_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "cardea/spec/triggerevent"
)

// readers read the reply of each trigger that answers something.
var readers = map[string]func([]byte) (any, error){
	"PreSignUp":                   func(b []byte) (any, error) { return ReadPreSignUp(b) },
	"DefineAuthChallenge":         func(b []byte) (any, error) { return ReadDefineAuthChallenge(b) },
	"CreateAuthChallenge":         func(b []byte) (any, error) { return ReadCreateAuthChallenge(b) },
	"VerifyAuthChallengeResponse": func(b []byte) (any, error) { return ReadVerifyAuthChallengeResponse(b) },
	"UserMigration":               func(b []byte) (any, error) { return ReadUserMigration(b) },
	"CustomMessage":               func(b []byte) (any, error) { return ReadCustomMessage(b) },
	"InboundFederation":           func(b []byte) (any, error) { return ReadInboundFederation(b) },
	"PreTokenGeneration 1":        func(b []byte) (any, error) { return ReadPreTokenGeneration(b, 1) },
	"PreTokenGeneration 2":        func(b []byte) (any, error) { return ReadPreTokenGeneration(b, 2) },
	"nothing":                     func(b []byte) (any, error) { return nil, ReadNothing(b) },
}

func TestRepliesAreRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		trigger, reply string
		want           any
	}{
		{"PreSignUp", `{"response":{"autoConfirmUser":true,"autoVerifyPhone":true}}`, PreSignUpResponse{AutoConfirmUser: true, AutoVerifyPhone: true}},
		{"PreSignUp", `{"response":{"autoConfirmUser":null,"AutoConfirmUser":true,"more":[1]}}`, PreSignUpResponse{}},
		{"PreSignUp", `{"response":{"autoConfirmUser":true},"response":{"autoVerifyEmail":true}}`, PreSignUpResponse{AutoVerifyEmail: true}},
		{"PreSignUp", `{"response":{"autoConfirmUser":true,"autoConfirmUser":false}}`, PreSignUpResponse{}},
		{"DefineAuthChallenge", `{"response":{"challengeName":"CUSTOM_CHALLENGE","issueTokens":false,"failAuthentication":false}}`, DefineAuthChallengeResponse{ChallengeName: "CUSTOM_CHALLENGE"}},
		{
			"CreateAuthChallenge", `{"response":{"publicChallengeParameters":{"q":"2+3"},"privateChallengeParameters":{"a":"5","n":null},"challengeMetadata":"M"}}`,
			CreateAuthChallengeResponse{map[string]string{"q": "2+3"}, map[string]string{"a": "5"}, "M"},
		},
		{"VerifyAuthChallengeResponse", `{"response":{"answerCorrect":true}}`, true},
		{"VerifyAuthChallengeResponse", `{"response":{}}`, false},
		{
			"UserMigration", `{"response":{"userAttributes":{"email":"a@b.c"},"finalUserStatus":"CONFIRMED","messageAction":"SUPPRESS","desiredDeliveryMediums":["SMS"],"forceAliasCreation":true,"enableSMSMFA":true}}`,
			UserMigrationResponse{map[string]string{"email": "a@b.c"}, "CONFIRMED", "SUPPRESS", []string{"SMS"}, true, true},
		},
		{"CustomMessage", `{"response":{"smsMessage":"{####}","emailMessage":null,"emailSubject":"S"}}`, CustomMessageResponse{SMSMessage: "{####}", EmailSubject: "S"}},
		{"InboundFederation", `{"response":{"userAttributesToMap":{"email":"a@b.c"}}}`, map[string]string{"email": "a@b.c"}},
		{
			"PreTokenGeneration 1", `{"response":{"claimsOverrideDetails":{"claimsToAddOrOverride":{"a":"b"},"claimsToSuppress":["email"],"groupOverrideDetails":{"groupsToOverride":["g"],"iamRolesToOverride":["r"],"preferredRole":"r"}}}}`,
			TokenResponse{ID: ClaimChanges{map[string]any{"a": "b"}, []string{"email"}}, Groups: &GroupOverride{[]string{"g"}, []string{"r"}, "r"}},
		},
		{"PreTokenGeneration 1", `{"response":{"claimsOverrideDetails":{"groupOverrideDetails":{}}}}`, TokenResponse{ID: ClaimChanges{AddOrOverride: map[string]any{}}, Groups: &GroupOverride{}}},
		{"PreTokenGeneration 1", `{"response":{"claimsOverrideDetails":{"groupOverrideDetails":null}}}`, TokenResponse{ID: ClaimChanges{AddOrOverride: map[string]any{}}}},
		{
			"PreTokenGeneration 2", `{"response":{"claimsAndScopeOverrideDetails":{
				"idTokenGeneration":{"claimsToAddOrOverride":{"big":9007199254740993,"list":[1,"a",true],"none":null},"claimsToSuppress":["email"]},
				"accessTokenGeneration":{"claimsToAddOrOverride":{"o":{"k":1.50}},"claimsToSuppress":[],"scopesToAdd":["api/read"],"scopesToSuppress":["openid"]}}}}`,
			TokenResponse{
				ID:          ClaimChanges{map[string]any{"big": json.Number("9007199254740993"), "list": []any{json.Number("1"), "a", true}}, []string{"email"}},
				Access:      ClaimChanges{map[string]any{"o": map[string]any{"k": json.Number("1.50")}}, []string{}},
				ScopesToAdd: []string{"api/read"}, ScopesToSuppress: []string{"openid"},
			},
		},
		{"PreTokenGeneration 2", `{"response":{"claimsAndScopeOverrideDetails":null}}`, TokenResponse{}},
		{"nothing", `{}`, nil},
	} {
		got, err := readers[c.trigger]([]byte(c.reply))
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s %s: %v (-want +got):\n%s", c.trigger, c.reply, err, diff)
		}
	}
}

func TestRepliesWithoutResponseAreDefaults(t *testing.T) {
	t.Parallel()
	for name, read := range readers {
		for _, reply := range []string{`{}`, `{"response":null}`, `{"Response":7,"version":3}`, ` {"response":{}} `} {
			if _, err := read([]byte(reply)); err != nil {
				t.Errorf("%s %s: %v", name, reply, err)
			}
		}
	}
}

func TestUnusableRepliesAreRefused(t *testing.T) {
	t.Parallel()
	for name, read := range readers {
		for _, reply := range []string{
			``, `null`, `true`, `"x"`, `[]`, `7`, `{`, `{}x`, `{}{}`, `{"response":[]}`, `{"response":"x"}`, `{"response":1}`,
			strings.Repeat("[", 20000), `{"a":"` + strings.Repeat("x", MaxReply) + `"}`,
		} {
			if got, err := read([]byte(reply)); !errors.Is(err, ErrReply) {
				t.Errorf("%s %.40s: got %v, %v", name, reply, got, err)
			}
		}
	}
	for _, c := range [][2]string{
		{"PreSignUp", `{"autoConfirmUser":"true"}`},
		{"PreSignUp", `{"autoVerifyPhone":1}`},
		{"DefineAuthChallenge", `{"challengeName":true}`},
		{"DefineAuthChallenge", `{"issueTokens":"false"}`},
		{"CreateAuthChallenge", `{"publicChallengeParameters":{"a":1}}`},
		{"CreateAuthChallenge", `{"privateChallengeParameters":["a"]}`},
		{"VerifyAuthChallengeResponse", `{"answerCorrect":"yes"}`},
		{"UserMigration", `{"userAttributes":[{"Name":"email","Value":"a@b.c"}]}`},
		{"UserMigration", `{"userAttributes":{"email_verified":true}}`},
		{"UserMigration", `{"userAttributes":{},"desiredDeliveryMediums":"SMS"}`},
		{"UserMigration", `{"userAttributes":{},"desiredDeliveryMediums":[null]}`},
		{"CustomMessage", `{"emailMessage":{}}`},
		{"InboundFederation", `{"userAttributesToMap":{"a":[]}}`},
		{"PreTokenGeneration 1", `{"claimsOverrideDetails":{"claimsToAddOrOverride":{"n":1}}}`},
		{"PreTokenGeneration 1", `{"claimsOverrideDetails":[]}`},
		{"PreTokenGeneration 2", `{"claimsAndScopeOverrideDetails":{"idTokenGeneration":{"claimsToAddOrOverride":[]}}}`},
		{"PreTokenGeneration 2", `{"claimsAndScopeOverrideDetails":{"accessTokenGeneration":{"scopesToAdd":"a b"}}}`},
		{"PreTokenGeneration 2", `{"claimsAndScopeOverrideDetails":{"groupOverrideDetails":{"preferredRole":1}}}`},
	} {
		if got, err := readers[c[0]]([]byte(`{"response":` + c[1] + `}`)); !errors.Is(err, ErrReply) {
			t.Errorf("%s %s: got %v, %v", c[0], c[1], got, err)
		}
	}
}

func TestErrorsDoNotQuoteTheReply(t *testing.T) {
	t.Parallel()
	_, err := ReadUserMigration([]byte(`{"response":{"userAttributes":"hunter2"}}`))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

// FuzzReplies wants that what one reader refuses to take for an event all do, and that nothing is read of what is refused.
func FuzzReplies(f *testing.F) {
	for _, reply := range []string{
		`{}`, `null`, `{"response":{"autoConfirmUser":true}}`, `{"response":{"claimsAndScopeOverrideDetails":{"idTokenGeneration":{"claimsToAddOrOverride":{"a":1e999}}}}}`,
		`{"response":{"userAttributes":{"a":"\ud800"}}}`, `{"response":{},"response":[]}`,
	} {
		f.Add([]byte(reply))
	}
	f.Fuzz(func(t *testing.T, reply []byte) {
		usable := ReadNothing(reply) == nil
		for name, read := range readers {
			got, err := read(reply)
			if err != nil && !errors.Is(err, ErrReply) {
				t.Errorf("%s: %v", name, err)
			}
			if err == nil && !usable {
				t.Errorf("%s reads %v from no event", name, got)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
