package trigger

import (
	"errors"
	"slices"

	outbound "cardea/outbound/trigger"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// every lists the triggers, in the order in which they are checked.
var every = []triggerevent.Trigger{
	triggerevent.PreSignUp, triggerevent.PostConfirmation, triggerevent.PreAuthentication, triggerevent.PostAuthentication,
	triggerevent.PreTokenGeneration, triggerevent.UserMigration, triggerevent.CustomMessage, triggerevent.DefineAuthChallenge,
	triggerevent.CreateAuthChallenge, triggerevent.VerifyAuthChallengeResponse, triggerevent.CustomEmailSender,
	triggerevent.CustomSMSSender, triggerevent.InboundFederation,
}

// Every lists the triggers.
func Every() []triggerevent.Trigger { return slices.Clone(every) }

// ARNs are the functions of all triggers that a pool has.
func ARNs(cfg *cognitoidp.LambdaConfigType) (all []string) {
	for _, name := range every {
		if arn := ARN(cfg, name); arn != "" {
			all = append(all, arn)
		}
	}
	return all
}

// FunctionError says that a pool names a function that cannot be invoked.
type FunctionError struct {
	Trigger    triggerevent.Trigger
	ARN        string
	Unresolved bool // the ARN is right, but the server's configuration has nothing for it
}

func (e *FunctionError) Error() string {
	if e.Unresolved {
		return string(e.Trigger) + ": no function is configured for " + e.ARN
	}
	return string(e.Trigger) + ": " + e.ARN + " is not the ARN of a Lambda function"
}

// Check lists what is wrong with the functions that a pool's settings name and its former settings (nil: none) did not name
// for the same trigger. A function that is gone must not keep its trigger from being turned off.
func (t Triggers) Check(next, former *cognitoidp.LambdaConfigType) []*FunctionError {
	var wrong []*FunctionError
	for _, name := range every {
		arn := ARN(next, name)
		if arn == "" || arn == ARN(former, name) {
			continue
		}
		if err := t.Functions.Check(arn); err != nil {
			wrong = append(wrong, &FunctionError{name, arn, errors.Is(err, outbound.ErrUnresolved)})
		}
	}
	return wrong
}
