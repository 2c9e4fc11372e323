package triggerevent

// first is the version of most events.
type first struct{}

func (first) version() string { return "1" }

// Attributes are a user's, or other names with their values. Without any they are {}, not null.
type Attributes map[string]string

// MarshalJSON writes an object.
func (a Attributes) MarshalJSON() ([]byte, error) {
	if a == nil {
		return []byte("{}"), nil
	}
	return marshal(map[string]string(a))
}

// list is written as [] when it is nil.
type list []string

// MarshalJSON writes an array.
func (l list) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return marshal([]string(l))
}

// PreSignUpRequest asks whether a user may be created.
type PreSignUpRequest struct {
	first
	UserAttributes Attributes        `json:"userAttributes"` // those submitted: neither sub nor status
	ValidationData map[string]string `json:"validationData"` // null when there is none
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
}

// PostConfirmationRequest tells that a user was confirmed, or has a new password.
type PostConfirmationRequest struct {
	first
	UserAttributes Attributes        `json:"userAttributes"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
}

// PreAuthenticationRequest asks whether a user may sign in.
type PreAuthenticationRequest struct {
	first
	UserAttributes Attributes        `json:"userAttributes"`
	ValidationData map[string]string `json:"validationData"` // null when there is none
	UserNotFound   bool              `json:"userNotFound"`
}

// PostAuthenticationRequest tells that a user has proven who they are.
type PostAuthenticationRequest struct {
	first
	UserAttributes Attributes        `json:"userAttributes"`
	NewDeviceUsed  bool              `json:"newDeviceUsed"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
}

// Round is one challenge of a custom sign-in that was answered.
type Round struct {
	ChallengeName     string  `json:"challengeName"`
	ChallengeResult   bool    `json:"challengeResult"`
	ChallengeMetadata *string `json:"challengeMetadata"` // nil, written as null, for challenges that have none
}

// rounds are written as [] when there are none.
type rounds []Round

// MarshalJSON writes an array.
func (r rounds) MarshalJSON() ([]byte, error) {
	if r == nil {
		return []byte("[]"), nil
	}
	return marshal([]Round(r))
}

// DefineAuthChallengeRequest asks how a custom sign-in goes on.
type DefineAuthChallengeRequest struct {
	first
	UserAttributes Attributes        `json:"userAttributes"`
	Session        rounds            `json:"session"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
	UserNotFound   bool              `json:"userNotFound"`
}

// CreateAuthChallengeRequest asks for a challenge.
type CreateAuthChallengeRequest struct {
	first
	UserAttributes Attributes        `json:"userAttributes"`
	ChallengeName  string            `json:"challengeName"`
	Session        rounds            `json:"session"`
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
	UserNotFound   bool              `json:"userNotFound"`
}

// VerifyAuthChallengeResponseRequest asks whether a challenge was answered right.
type VerifyAuthChallengeResponseRequest struct {
	first
	UserAttributes             Attributes        `json:"userAttributes"`
	PrivateChallengeParameters Attributes        `json:"privateChallengeParameters"`
	ChallengeAnswer            string            `json:"challengeAnswer"`
	ClientMetadata             map[string]string `json:"clientMetadata,omitempty"`
	UserNotFound               bool              `json:"userNotFound"`
}

// Groups are the groups of a user and the roles that come of them.
type Groups struct {
	GroupsToOverride   list    `json:"groupsToOverride"`
	IAMRolesToOverride list    `json:"iamRolesToOverride"`
	PreferredRole      *string `json:"preferredRole"` // null when there is none
}

// PreTokenGenerationRequest asks what the tokens of a user, or of a client by itself, shall say. Events of version 1 do not
// name scopes, and only those of version 3 are sent for clients by themselves.
type PreTokenGenerationRequest struct {
	Version            int               `json:"-"` // 1, 2 or 3
	UserAttributes     Attributes        `json:"userAttributes"`
	GroupConfiguration *Groups           `json:"groupConfiguration"` // null for clients by themselves
	ClientMetadata     map[string]string `json:"clientMetadata,omitempty"`
	Scopes             list              `json:"scopes,omitzero"` // not nil from version 2 on
}

// UserMigrationRequest asks for a user who is not in the pool. Nothing is known of them, so the attributes are null.
type UserMigrationRequest struct {
	first
	Password       string            `json:"password,omitempty"` // not for a forgotten one
	ValidationData map[string]string `json:"validationData"`     // null when there is none
	ClientMetadata map[string]string `json:"clientMetadata,omitempty"`
	UserAttributes *struct{}         `json:"userAttributes"`
}

// CustomMessageRequest asks for the text of a message. The parameters are placeholders that the texts must hold; the code
// itself is put in later.
type CustomMessageRequest struct {
	first
	UserAttributes    Attributes        `json:"userAttributes"`
	CodeParameter     string            `json:"codeParameter"`
	LinkParameter     string            `json:"linkParameter"`
	UsernameParameter *string           `json:"usernameParameter"` // null but for invitations
	ClientMetadata    map[string]string `json:"clientMetadata,omitempty"`
}

// SenderRequest is that of the custom senders.
type SenderRequest struct {
	first
	Type           string            `json:"type"`
	Code           *string           `json:"code"`           // encrypted, in base64; null when the message has none
	ClientMetadata map[string]string `json:"clientMetadata"` // null when there is none
	UserAttributes Attributes        `json:"userAttributes"`
}

// CustomEmailSenderRequest asks to send an e-mail.
type CustomEmailSenderRequest struct{ SenderRequest }

// CustomSMSSenderRequest asks to send a text message.
type CustomSMSSenderRequest struct{ SenderRequest }

// NewEmail is the request to send an e-mail.
func NewEmail(code *string, user Attributes, metadata map[string]string) CustomEmailSenderRequest {
	return CustomEmailSenderRequest{SenderRequest{Type: "customEmailSenderRequestV1", Code: code, ClientMetadata: metadata, UserAttributes: user}}
}

// NewSMS is the request to send a text message.
func NewSMS(code *string, user Attributes, metadata map[string]string) CustomSMSSenderRequest {
	return CustomSMSSenderRequest{SenderRequest{Type: "customSMSSenderRequestV1", Code: code, ClientMetadata: metadata, UserAttributes: user}}
}

// InboundFederationRequest asks what to take over of what an identity provider has said of a user.
type InboundFederationRequest struct {
	first
	ProviderName string   `json:"providerName"`
	ProviderType string   `json:"providerType"`
	Attributes   Provided `json:"attributes"`
}

// Provided is what an identity provider has said: one of the first three for OpenID Connect and social providers, the last
// for SAML.
type Provided struct {
	TokenResponse map[string]string `json:"tokenResponse,omitempty"`
	IDToken       map[string]string `json:"idToken,omitempty"`
	UserInfo      map[string]string `json:"userInfo,omitempty"`
	SAMLResponse  map[string]string `json:"samlResponse,omitempty"`
}
