package trigger

import (
	"cardea/spec/cognitoidp"
)

// The triggers an operation can name to [Refuse], by the names that Cognito's error texts use.
const (
	PreSignUp                   = "PreSignUp"
	PostConfirmation            = "PostConfirmation"
	PreAuthentication           = "PreAuthentication"
	PostAuthentication          = "PostAuthentication"
	PreTokenGeneration          = "PreTokenGeneration"
	UserMigration               = "UserMigration"
	CustomMessage               = "CustomMessage"
	DefineAuthChallenge         = "DefineAuthChallenge"
	CreateAuthChallenge         = "CreateAuthChallenge"
	VerifyAuthChallengeResponse = "VerifyAuthChallengeResponse"
	CustomEmailSender           = "CustomEmailSender"
	CustomSMSSender             = "CustomSMSSender"
)

// UnavailableError says that a pool has a trigger which this server cannot invoke.
type UnavailableError struct {
	Trigger string
}

func (e *UnavailableError) Error() string { return "the trigger " + e.Trigger + " cannot be invoked" }

// Refuse answers *UnavailableError when the pool has one of the named triggers, and nil when it has none of them. Call it
// where the trigger would be invoked. A name that is not a trigger's panics.
func Refuse(cfg *cognitoidp.LambdaConfigType, names ...string) error {
	if cfg == nil {
		return nil
	}
	for _, name := range names {
		if configured(cfg, name) {
			return &UnavailableError{Trigger: name}
		}
	}
	return nil
}

func configured(cfg *cognitoidp.LambdaConfigType, name string) bool {
	switch name {
	case PreSignUp:
		return cfg.PreSignUp != ""
	case PostConfirmation:
		return cfg.PostConfirmation != ""
	case PreAuthentication:
		return cfg.PreAuthentication != ""
	case PostAuthentication:
		return cfg.PostAuthentication != ""
	case PreTokenGeneration:
		return cfg.PreTokenGeneration != "" || cfg.PreTokenGenerationConfig != nil
	case UserMigration:
		return cfg.UserMigration != ""
	case CustomMessage:
		return cfg.CustomMessage != ""
	case DefineAuthChallenge:
		return cfg.DefineAuthChallenge != ""
	case CreateAuthChallenge:
		return cfg.CreateAuthChallenge != ""
	case VerifyAuthChallengeResponse:
		return cfg.VerifyAuthChallengeResponse != ""
	case CustomEmailSender:
		return cfg.CustomEmailSender != nil
	case CustomSMSSender:
		return cfg.CustomSMSSender != nil
	}
	panic("no such trigger: " + name)
}
