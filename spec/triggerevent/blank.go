package triggerevent

import "strconv"

// Trigger is PreSignUp.
func (PreSignUpRequest) Trigger() Trigger { return PreSignUp }

// Trigger is PostConfirmation.
func (PostConfirmationRequest) Trigger() Trigger { return PostConfirmation }

// Trigger is PreAuthentication.
func (PreAuthenticationRequest) Trigger() Trigger { return PreAuthentication }

// Trigger is PostAuthentication.
func (PostAuthenticationRequest) Trigger() Trigger { return PostAuthentication }

// Trigger is DefineAuthChallenge.
func (DefineAuthChallengeRequest) Trigger() Trigger { return DefineAuthChallenge }

// Trigger is CreateAuthChallenge.
func (CreateAuthChallengeRequest) Trigger() Trigger { return CreateAuthChallenge }

// Trigger is VerifyAuthChallengeResponse.
func (VerifyAuthChallengeResponseRequest) Trigger() Trigger { return VerifyAuthChallengeResponse }

// Trigger is PreTokenGeneration.
func (PreTokenGenerationRequest) Trigger() Trigger { return PreTokenGeneration }

// Trigger is UserMigration.
func (UserMigrationRequest) Trigger() Trigger { return UserMigration }

// Trigger is CustomMessage.
func (CustomMessageRequest) Trigger() Trigger { return CustomMessage }

// Trigger is CustomEmailSender.
func (CustomEmailSenderRequest) Trigger() Trigger { return CustomEmailSender }

// Trigger is CustomSMSSender.
func (CustomSMSSenderRequest) Trigger() Trigger { return CustomSMSSender }

// Trigger is InboundFederation.
func (InboundFederationRequest) Trigger() Trigger { return InboundFederation }

func (r PreTokenGenerationRequest) version() string { return strconv.Itoa(r.Version) }

func (PreSignUpRequest) response() string {
	return `{"autoConfirmUser":false,"autoVerifyEmail":false,"autoVerifyPhone":false}`
}

func (PostConfirmationRequest) response() string   { return `{}` }
func (PreAuthenticationRequest) response() string  { return `{}` }
func (PostAuthenticationRequest) response() string { return `{}` }

func (DefineAuthChallengeRequest) response() string {
	return `{"challengeName":null,"issueTokens":null,"failAuthentication":null}`
}

func (CreateAuthChallengeRequest) response() string {
	return `{"publicChallengeParameters":null,"privateChallengeParameters":null,"challengeMetadata":null}`
}

func (VerifyAuthChallengeResponseRequest) response() string { return `{"answerCorrect":null}` }

func (r PreTokenGenerationRequest) response() string {
	if r.Version == 1 {
		return `{"claimsOverrideDetails":null}`
	}
	return `{"claimsAndScopeOverrideDetails":null}`
}

func (UserMigrationRequest) response() string {
	return `{"userAttributes":null,"forceAliasCreation":null,"enableSMSMFA":null,"finalUserStatus":null,"messageAction":null,"desiredDeliveryMediums":null}`
}

func (CustomMessageRequest) response() string {
	return `{"smsMessage":null,"emailMessage":null,"emailSubject":null}`
}

func (SenderRequest) response() string { return "" }

func (InboundFederationRequest) response() string { return `{"userAttributesToMap":{}}` }
