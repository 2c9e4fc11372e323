package triggerevent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// What stands in an event for what is not there.
const (
	UnknownSDK            = "aws-sdk-unknown-unknown" // for AWSSDKVersion
	NoClient              = "CLIENT_ID_NOT_APPLICABLE"
	ClientCredentialsUser = "ClientCredentials" // for UserName
)

// Event is what a function is invoked with.
type Event struct {
	Occasion      Occasion
	Region        string
	UserPoolID    string
	UserName      string
	AWSSDKVersion string // of the caller; empty: UnknownSDK
	ClientID      string // empty: NoClient
	Request       Request
}

// Request is the part of an event that each trigger has for itself.
type Request interface {
	// Trigger is the trigger whose request it is.
	Trigger() Trigger
	// version is that of the event, "1" for most.
	version() string
	// response is what the function is to fill in; empty when it is not to answer.
	response() string
}

// caller is the event's callerContext.
type caller struct {
	AWSSDKVersion string `json:"awsSdkVersion"`
	ClientID      string `json:"clientId"`
}

// Older triggers have triggerSource behind the caller, newer ones behind the version.
type (
	older struct {
		Version       string          `json:"version"`
		Region        string          `json:"region"`
		UserPoolID    string          `json:"userPoolId"`
		UserName      string          `json:"userName"`
		CallerContext caller          `json:"callerContext"`
		TriggerSource string          `json:"triggerSource"`
		Request       Request         `json:"request"`
		Response      json.RawMessage `json:"response,omitempty"`
	}
	newer struct {
		Version       string          `json:"version"`
		TriggerSource string          `json:"triggerSource"`
		Region        string          `json:"region"`
		UserPoolID    string          `json:"userPoolId"`
		UserName      string          `json:"userName"`
		CallerContext caller          `json:"callerContext"`
		Request       Request         `json:"request"`
		Response      json.RawMessage `json:"response,omitempty"`
	}
)

// Source is the event's triggerSource, such as "PreSignUp_SignUp".
func (e Event) Source() string { return e.Request.Trigger().Source(e.Occasion) }

// Encode writes the event. It fails for an occasion that the trigger does not have.
func (e Event) Encode() ([]byte, error) {
	trigger := e.Request.Trigger()
	if !slices.Contains(occasions[trigger], e.Occasion) {
		return nil, fmt.Errorf("trigger %s has no occasion %q", trigger, e.Occasion)
	}
	by := caller{e.AWSSDKVersion, e.ClientID}
	if by.AWSSDKVersion == "" {
		by.AWSSDKVersion = UnknownSDK
	}
	if by.ClientID == "" {
		by.ClientID = NoClient
	}
	response := json.RawMessage(e.Request.response())

	switch trigger {
	case PreTokenGeneration, CustomEmailSender, CustomSMSSender, InboundFederation:
		return marshal(newer{e.Request.version(), e.Source(), e.Region, e.UserPoolID, e.UserName, by, e.Request, response})
	}
	return marshal(older{e.Request.version(), e.Region, e.UserPoolID, e.UserName, by, e.Source(), e.Request, response})
}

// marshal is json.Marshal without its escapes for HTML.
func marshal(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}
