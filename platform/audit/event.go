package audit

import (
	"encoding/json"
	"time"
)

// Hidden stands in records for what they may not hold.
const Hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// version is that of the form of records.
const version = "1.08"

// Event types.
const (
	APICall      = "AwsApiCall"      // a call of an operation
	ServiceEvent = "AwsServiceEvent" // any other request, such as for a page
)

// Event is one record. Raw members are JSON, and null where they are empty.
type Event struct {
	Identity   Identity
	Time       time.Time // when the request was answered
	Source     string    // the service: "cognito-idp.amazonaws.com"
	Name       string    // the operation
	Region     string
	SourceIP   string
	UserAgent  string
	ErrorCode  string // empty for a success
	Message    string // of the error
	Parameters json.RawMessage
	Response   json.RawMessage
	Additional Additional
	RequestID  string
	ID         string // of the record, a UUID
	ReadOnly   bool
	Type       string
	Data       bool // what CloudTrail counts among the data events
	Account    string
	TLS        TLS
}

// Identity is who made a request.
type Identity struct {
	Type        string // "Root", "IAMUser", "AssumedRole", "FederatedUser", "Unknown"; empty: only the account is known
	PrincipalID string
	ARN         string
	Account     string
	AccessKeyID string
	UserName    string
	InvokedBy   string
	Session     *Session // nil for a long-term key
}

// Session is a session of temporary credentials.
type Session struct {
	Issuer  *Identity // the role or the user whose session it is; nil: not known
	Created time.Time
	MFA     bool
	// Provider is the identity provider of a federated session; empty: none.
	Provider string
}

// Additional is what a record tells besides CloudTrail's common members.
type Additional struct {
	Sub        string // of the user whom the request was about
	Pool       string
	Client     string
	Domain     string          // of a pool, that the request was sent to
	ClaimedKey string          // the access key that an unproven request names
	Status     int             // of the answer to a request for a page; 0: not told
	Parameters json.RawMessage // of a request for a page
}

// TLS is the connection that a request came by; zero where it is not known.
type TLS struct {
	Version, Suite, Host string
}
