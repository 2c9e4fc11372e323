package triggerevent

// PreSignUpResponse is what a PreSignUp function grants.
type PreSignUpResponse struct {
	AutoConfirmUser, AutoVerifyEmail, AutoVerifyPhone bool
}

// ReadPreSignUp reads the reply of a PreSignUp function.
func ReadPreSignUp(reply []byte) (PreSignUpResponse, error) {
	response, err := readResponse(reply)
	if err != nil {
		return PreSignUpResponse{}, err
	}
	read := PreSignUpResponse{response.bool("autoConfirmUser"), response.bool("autoVerifyEmail"), response.bool("autoVerifyPhone")}
	return checked(read, response)
}

// DefineAuthChallengeResponse is how a custom sign-in goes on.
type DefineAuthChallengeResponse struct {
	ChallengeName                   string
	IssueTokens, FailAuthentication bool
}

// ReadDefineAuthChallenge reads the reply of a DefineAuthChallenge function.
func ReadDefineAuthChallenge(reply []byte) (DefineAuthChallengeResponse, error) {
	response, err := readResponse(reply)
	if err != nil {
		return DefineAuthChallengeResponse{}, err
	}
	read := DefineAuthChallengeResponse{response.text("challengeName"), response.bool("issueTokens"), response.bool("failAuthentication")}
	return checked(read, response)
}

// CreateAuthChallengeResponse is a challenge.
type CreateAuthChallengeResponse struct {
	PublicChallengeParameters  map[string]string // for the client
	PrivateChallengeParameters map[string]string // for VerifyAuthChallengeResponse
	ChallengeMetadata          string
}

// ReadCreateAuthChallenge reads the reply of a CreateAuthChallenge function.
func ReadCreateAuthChallenge(reply []byte) (CreateAuthChallengeResponse, error) {
	response, err := readResponse(reply)
	if err != nil {
		return CreateAuthChallengeResponse{}, err
	}
	read := CreateAuthChallengeResponse{
		response.strings("publicChallengeParameters"), response.strings("privateChallengeParameters"), response.text("challengeMetadata"),
	}
	return checked(read, response)
}

// ReadVerifyAuthChallengeResponse reads the reply of a VerifyAuthChallengeResponse function: whether the answer was right.
func ReadVerifyAuthChallengeResponse(reply []byte) (correct bool, err error) {
	response, err := readResponse(reply)
	if err != nil {
		return false, err
	}
	return checked(response.bool("answerCorrect"), response)
}

// UserMigrationResponse is a user, as another directory has them.
type UserMigrationResponse struct {
	UserAttributes         map[string]string // nil when the reply has none
	FinalUserStatus        string
	MessageAction          string
	DesiredDeliveryMediums []string
	ForceAliasCreation     bool
	EnableSMSMFA           bool
}

// ReadUserMigration reads the reply of a UserMigration function.
func ReadUserMigration(reply []byte) (UserMigrationResponse, error) {
	response, err := readResponse(reply)
	if err != nil {
		return UserMigrationResponse{}, err
	}
	read := UserMigrationResponse{
		UserAttributes:         response.strings("userAttributes"),
		FinalUserStatus:        response.text("finalUserStatus"),
		MessageAction:          response.text("messageAction"),
		DesiredDeliveryMediums: response.texts("desiredDeliveryMediums"),
		ForceAliasCreation:     response.bool("forceAliasCreation"),
		EnableSMSMFA:           response.bool("enableSMSMFA"),
	}
	return checked(read, response)
}

// CustomMessageResponse are the texts of a message; an empty one leaves it to the pool's template.
type CustomMessageResponse struct {
	SMSMessage, EmailMessage, EmailSubject string
}

// ReadCustomMessage reads the reply of a CustomMessage function.
func ReadCustomMessage(reply []byte) (CustomMessageResponse, error) {
	response, err := readResponse(reply)
	if err != nil {
		return CustomMessageResponse{}, err
	}
	read := CustomMessageResponse{response.text("smsMessage"), response.text("emailMessage"), response.text("emailSubject")}
	return checked(read, response)
}

// ReadInboundFederation reads the reply of an InboundFederation function: the attributes that replace the provider's.
func ReadInboundFederation(reply []byte) (map[string]string, error) {
	response, err := readResponse(reply)
	if err != nil {
		return nil, err
	}
	return checked(response.strings("userAttributesToMap"), response)
}

// checked is what was read of a reply, unless some member had a wrong type.
func checked[T any](read T, of object) (T, error) {
	if *of.wrong != nil {
		var none T
		return none, *of.wrong
	}
	return read, nil
}
