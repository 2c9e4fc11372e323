package temporary

import "time"

// Kind is how a session came to be.
type Kind string

// The kinds.
const (
	AssumedRole    Kind = "role"      // AssumeRole and what assumes roles with tokens
	SessionToken   Kind = "user"      // GetSessionToken
	FederatedToken Kind = "federated" // GetFederationToken
)

// Session is what a session token says.
type Session struct {
	Kind    Kind
	Account string // twelve digits
	// PrincipalID is the id of the role, or of the user of IAM whose session this is (record/principal); "" for a session of the
	// root user. It says whose policies hold: a role that is made anew under the same name is another one.
	PrincipalID string
	// AccessKeyID is the long-term key that a user of IAM, or the root user, has got the session with; "" for a role.
	AccessKeyID string
	// Name is the session's name, for a role, or the federated user's.
	Name    string
	Issued  time.Time // set by Issue
	Expires time.Time
	// Keys are the condition keys that the way into the session has given it, with their names in lower case, such as
	// "cognito-identity.amazonaws.com:sub" or "aws:federatedprovider".
	Keys map[string][]string
	// Tags are the session's tags, and Transitive the keys of those that sessions assumed from this one keep.
	Tags       map[string]string
	Transitive []string
	// Policy and PolicyARNs narrow what the session may do; both are empty for a session that was not narrowed.
	Policy     string
	PolicyARNs []string
	// Guest says that the session is a guest's of the enhanced flow: the services that such sessions may use are a fixed list.
	Guest          bool
	MFA            bool
	Chained        bool // the role was assumed by another role's session
	SourceIdentity string
}

// Credentials are temporary credentials.
type Credentials struct {
	AccessKeyID string // 20 characters beginning with ASIA
	Secret      string // 40 characters
	Token       string
	Expires     time.Time
}
