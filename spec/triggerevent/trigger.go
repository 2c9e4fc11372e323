package triggerevent

import "slices"

// Trigger names a trigger, as a user pool's LambdaConfig and Cognito's error texts do.
type Trigger string

// The triggers.
const (
	PreSignUp                   Trigger = "PreSignUp"
	PostConfirmation            Trigger = "PostConfirmation"
	PreAuthentication           Trigger = "PreAuthentication"
	PostAuthentication          Trigger = "PostAuthentication"
	PreTokenGeneration          Trigger = "PreTokenGeneration"
	UserMigration               Trigger = "UserMigration"
	CustomMessage               Trigger = "CustomMessage"
	DefineAuthChallenge         Trigger = "DefineAuthChallenge"
	CreateAuthChallenge         Trigger = "CreateAuthChallenge"
	VerifyAuthChallengeResponse Trigger = "VerifyAuthChallengeResponse"
	CustomEmailSender           Trigger = "CustomEmailSender"
	CustomSMSSender             Trigger = "CustomSMSSender"
	InboundFederation           Trigger = "InboundFederation"
)

// Occasion is why a trigger is invoked: the part of triggerSource behind the underscore.
type Occasion string

// The occasions.
const (
	SignUp                      Occasion = "SignUp"
	AdminCreateUser             Occasion = "AdminCreateUser"
	ExternalProvider            Occasion = "ExternalProvider"
	ConfirmSignUp               Occasion = "ConfirmSignUp"
	ConfirmForgotPassword       Occasion = "ConfirmForgotPassword"
	Authentication              Occasion = "Authentication"
	ResendCode                  Occasion = "ResendCode"
	ForgotPassword              Occasion = "ForgotPassword"
	UpdateUserAttribute         Occasion = "UpdateUserAttribute"
	VerifyUserAttribute         Occasion = "VerifyUserAttribute"
	AccountTakeOverNotification Occasion = "AccountTakeOverNotification"
	HostedAuth                  Occasion = "HostedAuth"
	NewPasswordChallenge        Occasion = "NewPasswordChallenge"
	AuthenticateDevice          Occasion = "AuthenticateDevice"
	RefreshTokens               Occasion = "RefreshTokens"
	ClientCredentials           Occasion = "ClientCredentials"
)

var (
	challenge = []Occasion{Authentication}
	messages  = []Occasion{SignUp, AdminCreateUser, ResendCode, ForgotPassword, UpdateUserAttribute, VerifyUserAttribute, Authentication}
)

// occasions are those on which each trigger is invoked, the usual one first.
var occasions = map[Trigger][]Occasion{
	PreSignUp:                   {SignUp, AdminCreateUser, ExternalProvider},
	PostConfirmation:            {ConfirmSignUp, ConfirmForgotPassword},
	PreAuthentication:           challenge,
	PostAuthentication:          challenge,
	PreTokenGeneration:          {Authentication, HostedAuth, NewPasswordChallenge, AuthenticateDevice, RefreshTokens, ClientCredentials},
	UserMigration:               {Authentication, ForgotPassword},
	CustomMessage:               messages,
	DefineAuthChallenge:         challenge,
	CreateAuthChallenge:         challenge,
	VerifyAuthChallengeResponse: challenge,
	CustomEmailSender:           append(slices.Clone(messages), AccountTakeOverNotification),
	CustomSMSSender:             messages,
	InboundFederation:           {ExternalProvider},
}

// Occasions are those on which the trigger is invoked, the usual one first.
func (t Trigger) Occasions() []Occasion { return slices.Clone(occasions[t]) }

// Source is the triggerSource of an occasion.
func (t Trigger) Source(o Occasion) string {
	if t == PreTokenGeneration {
		return "TokenGeneration_" + string(o)
	}
	return string(t) + "_" + string(o)
}
