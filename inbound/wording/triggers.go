package wording

import (
	"errors"
	"slices"

	"cardea/engine/trigger"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// triggerFault words the conditions of engine/trigger; nil when err is none of them (docs/cognito/triggers.md, "Failures").
func triggerFault(op *awsjson.Operation, err error) error {
	if stopped, ok := errors.AsType[*trigger.Error](err); ok {
		return stoppedFault(op, stopped)
	}
	if function, ok := errors.AsType[*trigger.FunctionError](err); ok {
		if function.Unresolved {
			return cognitoidp.InvalidParameter("No function is configured on this server for " + function.ARN)
		}
		return cognitoidp.InvalidParameter(function.ARN + " is not a valid Lambda function ARN")
	}
	return nil
}

// stoppedFault words a trigger that has kept an operation from going on. Some operations that ask triggers list no code for
// it, or not all: there it is NotAuthorizedException with the same text (?).
func stoppedFault(op *awsjson.Operation, e *trigger.Error) error {
	name := string(e.Trigger)
	code, word, text := "", cognitoidp.NotAuthorized, ""
	switch e.Kind {
	case trigger.Refused:
		code, word, text = "UserLambdaValidationException", cognitoidp.UserLambdaValidation, name+" failed with error "+e.Text+"."
	case trigger.Failed:
		code, word, text = "UnexpectedLambdaException", cognitoidp.UnexpectedLambda, name+" failed with error "+e.Text+"."
	case trigger.NotInvoked:
		code, word, text = "UnexpectedLambdaException", cognitoidp.UnexpectedLambda, name+" invocation failed due to error "+e.Text+"."
	case trigger.Invalid:
		code, word, text = "InvalidLambdaResponseException", cognitoidp.InvalidLambdaResponse, "Unrecognizable lambda output"
	}
	if !slices.Contains(op.Errors, code) {
		word = cognitoidp.NotAuthorized
	}
	return word(text)
}
