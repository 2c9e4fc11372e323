package trigger_test

import (
	"errors"
	"testing"

	"cardea/engine/trigger"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

func TestRefuseOnlyConfiguredTriggers(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
	for name, cfg := range map[triggerevent.Trigger]cognitoidp.LambdaConfigType{
		triggerevent.PreSignUp:                   {PreSignUp: arn},
		triggerevent.PostConfirmation:            {PostConfirmation: arn},
		triggerevent.PreAuthentication:           {PreAuthentication: arn},
		triggerevent.PostAuthentication:          {PostAuthentication: arn},
		triggerevent.PreTokenGeneration:          {PreTokenGenerationConfig: &cognitoidp.PreTokenGenerationVersionConfigType{LambdaArn: arn}},
		triggerevent.UserMigration:               {UserMigration: arn},
		triggerevent.CustomMessage:               {CustomMessage: arn},
		triggerevent.DefineAuthChallenge:         {DefineAuthChallenge: arn},
		triggerevent.CreateAuthChallenge:         {CreateAuthChallenge: arn},
		triggerevent.VerifyAuthChallengeResponse: {VerifyAuthChallengeResponse: arn},
		triggerevent.CustomEmailSender:           {CustomEmailSender: &cognitoidp.CustomEmailLambdaVersionConfigType{LambdaArn: arn}},
		triggerevent.CustomSMSSender:             {CustomSMSSender: &cognitoidp.CustomSMSLambdaVersionConfigType{LambdaArn: arn}},
	} {
		if err := trigger.Refuse(&cfg, name); !refused(err, name) {
			t.Errorf("%s is configured: got %v", name, err)
		}
		if err := trigger.Refuse(&cognitoidp.LambdaConfigType{}, name); err != nil {
			t.Errorf("%s is not configured: got %v", name, err)
		}
		other := triggerevent.PreSignUp
		if name == other {
			other = triggerevent.CustomMessage
		}
		if err := trigger.Refuse(&cfg, other); err != nil {
			t.Errorf("%s is configured and %s refused: %v", name, other, err)
		}
	}
	if err := trigger.Refuse(nil, triggerevent.PreSignUp); err != nil {
		t.Errorf("no configuration at all: got %v", err)
	}
}

func refused(err error, name triggerevent.Trigger) bool {
	unavailable, ok := errors.AsType[*trigger.UnavailableError](err)
	return ok && unavailable.Trigger == name
}
