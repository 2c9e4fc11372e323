package triggerevent_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "cardea/spec/triggerevent"
)

var update = flag.Bool("update", false, "write testdata anew")

var (
	jane = Attributes{
		"sub": "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111", "cognito:user_status": "CONFIRMED",
		"email": "jane@example.com", "email_verified": "true", "custom:team": "<R&D>",
	}
	submitted = Attributes{"email": "jane@example.com"}
	metadata  = map[string]string{"k": "v"}
)

func pointer[T any](v T) *T { return &v }

// events are one for each trigger, and for each form in which AWS sends it.
var events = map[string]Event{
	"PreSignUp_SignUp":           {Occasion: SignUp, Request: PreSignUpRequest{UserAttributes: submitted}},
	"PreSignUp_SignUp.data":      {Occasion: SignUp, Request: PreSignUpRequest{UserAttributes: submitted, ValidationData: map[string]string{"a": "b"}, ClientMetadata: metadata}},
	"PreSignUp_AdminCreateUser":  {Occasion: AdminCreateUser, Request: PreSignUpRequest{UserAttributes: submitted}},
	"PreSignUp_ExternalProvider": {Occasion: ExternalProvider, Request: PreSignUpRequest{UserAttributes: Attributes{"cognito:email_alias": "", "cognito:phone_number_alias": "", "email": "jane@example.com"}}},

	"PostConfirmation_ConfirmSignUp":         {Occasion: ConfirmSignUp, Request: PostConfirmationRequest{UserAttributes: jane}},
	"PostConfirmation_ConfirmForgotPassword": {Occasion: ConfirmForgotPassword, Request: PostConfirmationRequest{UserAttributes: jane, ClientMetadata: metadata}},

	"PreAuthentication_Authentication":         {Occasion: Authentication, Request: PreAuthenticationRequest{UserAttributes: jane, ValidationData: metadata}},
	"PreAuthentication_Authentication.unknown": {Occasion: Authentication, Request: PreAuthenticationRequest{UserNotFound: true}},
	"PostAuthentication_Authentication":        {Occasion: Authentication, Request: PostAuthenticationRequest{UserAttributes: jane, NewDeviceUsed: true, ClientMetadata: metadata}},

	"DefineAuthChallenge_Authentication.start": {Occasion: Authentication, Request: DefineAuthChallengeRequest{UserAttributes: jane}},
	"DefineAuthChallenge_Authentication": {Occasion: Authentication, Request: DefineAuthChallengeRequest{
		UserAttributes: jane, ClientMetadata: metadata,
		Session: []Round{{ChallengeName: "SRP_A", ChallengeResult: true}, {ChallengeName: "CUSTOM_CHALLENGE", ChallengeMetadata: pointer("CAPTCHA")}},
	}},
	"CreateAuthChallenge_Authentication": {Occasion: Authentication, Request: CreateAuthChallengeRequest{UserAttributes: jane, ChallengeName: "CUSTOM_CHALLENGE"}},
	"VerifyAuthChallengeResponse_Authentication": {Occasion: Authentication, Request: VerifyAuthChallengeResponseRequest{
		UserAttributes: jane, PrivateChallengeParameters: Attributes{"answer": "5"}, ChallengeAnswer: "5", ClientMetadata: metadata,
	}},
	"VerifyAuthChallengeResponse_Authentication.unknown": {Occasion: Authentication, Request: VerifyAuthChallengeResponseRequest{ChallengeAnswer: "5", UserNotFound: true}},

	"TokenGeneration_Authentication.v1": {Occasion: Authentication, Request: PreTokenGenerationRequest{Version: 1, UserAttributes: jane, GroupConfiguration: &Groups{}}},
	"TokenGeneration_HostedAuth.v2": {Occasion: HostedAuth, Request: PreTokenGenerationRequest{
		Version: 2, UserAttributes: jane, ClientMetadata: metadata, Scopes: []string{"openid", "email"},
		GroupConfiguration: &Groups{GroupsToOverride: []string{"g"}, IAMRolesToOverride: []string{"arn:aws:iam::123456789012:role/r"}, PreferredRole: pointer("arn:aws:iam::123456789012:role/r")},
	}},
	"TokenGeneration_RefreshTokens.v3":        {Occasion: RefreshTokens, Request: PreTokenGenerationRequest{Version: 3, UserAttributes: jane, GroupConfiguration: &Groups{}, Scopes: []string{}}},
	"TokenGeneration_ClientCredentials.v3":    {Occasion: ClientCredentials, UserName: ClientCredentialsUser, Request: PreTokenGenerationRequest{Version: 3, Scopes: []string{"api/read"}}},
	"TokenGeneration_NewPasswordChallenge.v1": {Occasion: NewPasswordChallenge, Request: PreTokenGenerationRequest{Version: 1, UserAttributes: jane, GroupConfiguration: &Groups{}}},
	"TokenGeneration_AuthenticateDevice.v1":   {Occasion: AuthenticateDevice, Request: PreTokenGenerationRequest{Version: 1, UserAttributes: jane, GroupConfiguration: &Groups{}}},

	"UserMigration_Authentication": {Occasion: Authentication, Request: UserMigrationRequest{Password: "Pa<55>word", ValidationData: metadata}},
	"UserMigration_ForgotPassword": {Occasion: ForgotPassword, Request: UserMigrationRequest{ClientMetadata: metadata}},

	"CustomMessage_SignUp":              {Occasion: SignUp, Request: message()},
	"CustomMessage_AdminCreateUser":     {Occasion: AdminCreateUser, ClientID: NoClient, Request: invitation()},
	"CustomMessage_ResendCode":          {Occasion: ResendCode, Request: message()},
	"CustomMessage_ForgotPassword":      {Occasion: ForgotPassword, Request: message()},
	"CustomMessage_UpdateUserAttribute": {Occasion: UpdateUserAttribute, Request: message()},
	"CustomMessage_VerifyUserAttribute": {Occasion: VerifyUserAttribute, Request: message()},
	"CustomMessage_Authentication":      {Occasion: Authentication, Request: message()},

	"CustomEmailSender_SignUp":                      {Occasion: SignUp, Request: NewEmail(pointer("AYADeA=="), jane, nil)},
	"CustomEmailSender_AccountTakeOverNotification": {Occasion: AccountTakeOverNotification, Request: NewEmail(nil, jane, nil)},
	"CustomSMSSender_Authentication":                {Occasion: Authentication, Request: NewSMS(pointer("AYADeA=="), jane, metadata)},

	"InboundFederation_ExternalProvider": {Occasion: ExternalProvider, Request: InboundFederationRequest{
		ProviderName: "Google", ProviderType: "Google",
		Attributes: Provided{TokenResponse: map[string]string{"token_type": "Bearer"}, IDToken: map[string]string{"sub": "1"}, UserInfo: map[string]string{"email": "jane@example.com"}},
	}},
	"InboundFederation_ExternalProvider.saml": {Occasion: ExternalProvider, Request: InboundFederationRequest{
		ProviderName: "Okta", ProviderType: "SAML", Attributes: Provided{SAMLResponse: map[string]string{"NameID": "jane"}},
	}},
}

func message() CustomMessageRequest {
	return CustomMessageRequest{UserAttributes: jane, CodeParameter: "{####}", LinkParameter: "{##Click Here##}"}
}

func invitation() CustomMessageRequest {
	r := message()
	r.UsernameParameter = pointer("{username}")
	return r
}

func TestEventsAreAsFunctionsReceiveThem(t *testing.T) {
	t.Parallel()
	for name, event := range events {
		event.Region, event.UserPoolID = "us-east-1", "us-east-1_EXAMPLE"
		if event.UserName == "" {
			event.UserName = "JaneDoe"
		}
		if event.ClientID == "" {
			event.ClientID = "1example23456789"
		}
		text, err := event.Encode()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got bytes.Buffer
		if err := json.Indent(&got, text, "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		file := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != len(events) {
		t.Errorf("%d files for %d events, %v", len(files), len(events), err)
	}
}

func TestUnknownCallersHaveTheirPlaceholders(t *testing.T) {
	t.Parallel()
	text, err := Event{Occasion: SignUp, Request: PreSignUpRequest{}}.Encode()
	if err != nil || !bytes.Contains(text, []byte(`{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"CLIENT_ID_NOT_APPLICABLE"}`)) {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestEventsOfNoOccasionAreRefused(t *testing.T) {
	t.Parallel()
	for _, event := range []Event{
		{Occasion: RefreshTokens, Request: PreSignUpRequest{}},
		{Occasion: AccountTakeOverNotification, Request: NewSMS(nil, nil, nil)},
		{Occasion: "", Request: PreAuthenticationRequest{}},
	} {
		if text, err := event.Encode(); err == nil {
			t.Errorf("%s was encoded: %s", event.Source(), text)
		}
	}
}
