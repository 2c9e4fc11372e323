package trigger_test

import (
	"errors"
	"testing"

	"cardea/engine/trigger"
	"cardea/spec/cognitoidp"
)

func TestRefuseOnlyConfiguredTriggers(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
	for name, cfg := range map[string]cognitoidp.LambdaConfigType{
		trigger.PreSignUp:                   {PreSignUp: arn},
		trigger.PostConfirmation:            {PostConfirmation: arn},
		trigger.PreAuthentication:           {PreAuthentication: arn},
		trigger.PostAuthentication:          {PostAuthentication: arn},
		trigger.PreTokenGeneration:          {PreTokenGenerationConfig: &cognitoidp.PreTokenGenerationVersionConfigType{LambdaArn: arn}},
		trigger.UserMigration:               {UserMigration: arn},
		trigger.CustomMessage:               {CustomMessage: arn},
		trigger.DefineAuthChallenge:         {DefineAuthChallenge: arn},
		trigger.CreateAuthChallenge:         {CreateAuthChallenge: arn},
		trigger.VerifyAuthChallengeResponse: {VerifyAuthChallengeResponse: arn},
		trigger.CustomEmailSender:           {CustomEmailSender: &cognitoidp.CustomEmailLambdaVersionConfigType{LambdaArn: arn}},
		trigger.CustomSMSSender:             {CustomSMSSender: &cognitoidp.CustomSMSLambdaVersionConfigType{LambdaArn: arn}},
	} {
		if err := trigger.Refuse(&cfg, name); !refused(err, name) {
			t.Errorf("%s is configured: got %v", name, err)
		}
		if err := trigger.Refuse(&cognitoidp.LambdaConfigType{}, name); err != nil {
			t.Errorf("%s is not configured: got %v", name, err)
		}
		other := trigger.PreSignUp
		if name == other {
			other = trigger.CustomMessage
		}
		if err := trigger.Refuse(&cfg, other); err != nil {
			t.Errorf("%s is configured and %s refused: %v", name, other, err)
		}
	}
	if err := trigger.Refuse(nil, trigger.PreSignUp); err != nil {
		t.Errorf("no configuration at all: got %v", err)
	}
}

func refused(err error, name string) bool {
	unavailable, ok := errors.AsType[*trigger.UnavailableError](err)
	return ok && unavailable.Trigger == name
}
