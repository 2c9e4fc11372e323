package wording_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cardea/engine/trigger"
	"cardea/inbound/wording"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// signingIn are the triggers that a step of a sign-in may ask.
var signingIn = []triggerevent.Trigger{
	triggerevent.PreAuthentication, triggerevent.UserMigration, triggerevent.CustomMessage, triggerevent.DefineAuthChallenge,
	triggerevent.CreateAuthChallenge, triggerevent.VerifyAuthChallengeResponse, triggerevent.PostAuthentication,
	triggerevent.PreTokenGeneration,
}

// asking are the operations that may ask triggers (docs/cognito/triggers.md, "Order").
var asking = map[string][]triggerevent.Trigger{
	"SignUp":                           {triggerevent.PreSignUp, triggerevent.CustomMessage, triggerevent.PostConfirmation},
	"AdminCreateUser":                  {triggerevent.PreSignUp, triggerevent.CustomMessage},
	"ConfirmSignUp":                    {triggerevent.PostConfirmation},
	"AdminConfirmSignUp":               {triggerevent.PostConfirmation},
	"ResendConfirmationCode":           {triggerevent.CustomMessage},
	"InitiateAuth":                     signingIn,
	"AdminInitiateAuth":                signingIn,
	"RespondToAuthChallenge":           signingIn,
	"AdminRespondToAuthChallenge":      signingIn,
	"GetTokensFromRefreshToken":        {triggerevent.PreTokenGeneration},
	"GetClientToken":                   {triggerevent.PreTokenGeneration},
	"ForgotPassword":                   {triggerevent.UserMigration, triggerevent.CustomMessage},
	"ConfirmForgotPassword":            {triggerevent.PostConfirmation},
	"AdminResetUserPassword":           {triggerevent.CustomMessage},
	"UpdateUserAttributes":             {triggerevent.CustomMessage},
	"AdminUpdateUserAttributes":        {triggerevent.CustomMessage},
	"GetUserAttributeVerificationCode": {triggerevent.CustomMessage},

	// No trigger is documented for these, which belong to sign-ins; this is how one would be worded.
	"ConfirmDevice":          {triggerevent.PostAuthentication},
	"AssociateSoftwareToken": {triggerevent.PostAuthentication},
}

// codes are those that the models have for triggers. Operations that are not in gaps list all of them.
var (
	codes = []string{"InvalidLambdaResponseException", "UnexpectedLambdaException", "UserLambdaValidationException"}
	gaps  = map[string][]string{
		"ConfirmDevice":          {"InvalidLambdaResponseException"},
		"GetClientToken":         nil,
		"AssociateSoftwareToken": nil,
	}
)

// listed are the codes for triggers that the model lists for an operation, in their order.
func listed(op awsjson.Operation) (all []string) {
	for _, code := range op.Errors {
		if strings.Contains(code, "Lambda") {
			all = append(all, code)
		}
	}
	slices.Sort(all)
	return all
}

func TestModelsListWhatTheirTriggersDo(t *testing.T) {
	t.Parallel()
	operations := (&cognitoidp.API{}).Service().Operations
	for name := range asking {
		if _, known := operations[name]; !known {
			t.Errorf("%s is not in the model", name)
		}
	}
	for name, op := range operations {
		want, gap := gaps[name]
		if _, asks := asking[name]; asks && !gap {
			want = codes
		}
		if got := listed(op); !slices.Equal(got, want) {
			t.Errorf("%s: the model lists %v, the table has %v", name, got, want)
		}
	}
}

// stops are the ways in which a trigger keeps an operation from going on, with their code and text.
var stops = map[trigger.Kind]struct{ code, text string }{
	trigger.Refused:    {"UserLambdaValidationException", "%s failed with error Unwanted.."},
	trigger.Failed:     {"UnexpectedLambdaException", "%s failed with error Unwanted.."},
	trigger.NotInvoked: {"UnexpectedLambdaException", "%s invocation failed due to error Unwanted.."},
	trigger.Invalid:    {"InvalidLambdaResponseException", "Unrecognizable lambda output"},
}

func TestTriggersThatStopAnOperationAreWordedByItsModel(t *testing.T) {
	t.Parallel()
	for name, triggers := range asking {
		op := (&cognitoidp.API{}).Service().Operations[name]
		for _, asked := range triggers {
			for kind, stop := range stops {
				want := &awsjson.Fault{Code: stop.code, Message: stop.text}
				if strings.Contains(stop.text, "%s") {
					want.Message = fmt.Sprintf(stop.text, asked)
				}
				if has, gap := gaps[name]; gap && !slices.Contains(has, want.Code) {
					want.Code = "NotAuthorizedException"
				}
				err := fmt.Errorf("ask: %w", &trigger.Error{Trigger: asked, Kind: kind, Text: "Unwanted.", Err: errors.New("cause")})
				got, ok := errors.AsType[*awsjson.Fault](wording.Cognito(&op, err))
				if !ok || got.Error() != want.Error() {
					t.Errorf("%s, %s, kind %d: got %v, want %v", name, asked, kind, got, want)
				} else if !slices.Contains(op.Errors, got.Code) {
					t.Errorf("%s, %s, kind %d: the model does not list %s", name, asked, kind, got.Code)
				}
			}
		}
	}
}

func TestFunctionsThatCannotBeNamedAreInvalidParameters(t *testing.T) {
	t.Parallel()
	op := (&cognitoidp.API{}).Service().Operations["CreateUserPool"]
	for want, err := range map[string]error{
		"InvalidParameterException: No function is configured on this server for arn:f": &trigger.FunctionError{ARN: "arn:f", Unresolved: true},
		"InvalidParameterException: arn:f is not a valid Lambda function ARN":           &trigger.FunctionError{ARN: "arn:f"},
	} {
		if got := wording.Cognito(&op, err); got.Error() != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}
