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

// asking are the operations at which triggers are asked.
var asking = []string{
	"SignUp", "ConfirmSignUp", "AdminConfirmSignUp", "AdminCreateUser", "ResendConfirmationCode",
	"InitiateAuth", "AdminInitiateAuth", "RespondToAuthChallenge", "AdminRespondToAuthChallenge", "GetTokensFromRefreshToken",
	"ForgotPassword", "ConfirmForgotPassword", "AdminResetUserPassword",
	"UpdateUserAttributes", "AdminUpdateUserAttributes", "GetUserAttributeVerificationCode",
}

// gaps are operations whose model lacks codes for triggers, with those that it has.
var gaps = map[string][]string{
	"ConfirmDevice":          {"InvalidLambdaResponseException"},
	"GetClientToken":         nil,
	"AssociateSoftwareToken": nil,
}

var stops = map[trigger.Kind]struct{ code, text string }{
	trigger.Refused:    {"UserLambdaValidationException", "PreSignUp failed with error Unwanted.."},
	trigger.Failed:     {"UnexpectedLambdaException", "PreSignUp failed with error Unwanted.."},
	trigger.NotInvoked: {"UnexpectedLambdaException", "PreSignUp invocation failed due to error Unwanted.."},
	trigger.Invalid:    {"InvalidLambdaResponseException", "Unrecognizable lambda output"},
}

func TestTriggersThatStopAnOperationAreWordedByItsModel(t *testing.T) {
	t.Parallel()
	for _, name := range append(slices.Clone(asking), "ConfirmDevice", "GetClientToken", "AssociateSoftwareToken") {
		op, known := (&cognitoidp.API{}).Service().Operations[name]
		if !known {
			t.Errorf("%s is not in the model", name)
			continue
		}
		for kind, want := range stops {
			code := want.code
			if has, gap := gaps[name]; gap && !slices.Contains(has, code) {
				code = "NotAuthorizedException"
			}
			err := fmt.Errorf("ask: %w", &trigger.Error{Trigger: triggerevent.PreSignUp, Kind: kind, Text: "Unwanted.", Err: errors.New("cause")})
			fault, ok := errors.AsType[*awsjson.Fault](wording.Cognito(&op, err))
			if !ok || fault.Error() != code+": "+want.text {
				t.Errorf("%s, kind %d: got %v, want %s: %s", name, kind, fault, code, want.text)
			}
			if !slices.Contains(op.Errors, code) {
				t.Errorf("%s: the model does not list %s", name, code)
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

// Every operation for which the model lists codes of triggers is known to ask one, so that a gap is noticed.
func TestModelsListTriggersWhereTheyAreAsked(t *testing.T) {
	t.Parallel()
	for name, op := range (&cognitoidp.API{}).Service().Operations {
		lists := slices.ContainsFunc(op.Errors, func(code string) bool { return strings.Contains(code, "Lambda") })
		_, gap := gaps[name]
		if lists && !slices.Contains(asking, name) && !gap {
			t.Logf("%s lists %v", name, op.Errors)
			t.Errorf("%s may ask triggers and is not in the table", name)
		}
	}
}
