package trail

import (
	"regexp"
	"strings"

	"cardea/engine/authorization"
	"cardea/engine/temporary"
	"cardea/platform/audit"
	"cardea/record/principal"
	"cardea/spec/arn"
	"cardea/spec/awsjson"
)

// Anonymous is who makes requests without a signature.
var Anonymous = audit.Identity{Type: "Unknown", PrincipalID: "Anonymous"}

// Identity is who signed a request, with which key.
func Identity(p *authorization.Principal, accessKeyID string) audit.Identity {
	i := audit.Identity{PrincipalID: p.UserID, ARN: p.ARN, Account: p.Account, AccessKeyID: accessKeyID, UserName: p.UserName()}
	s := p.Session
	switch {
	case s == nil && p.Entity == nil:
		i.Type = "Root"
	case s == nil:
		i.Type = "IAMUser"
	case s.Kind == temporary.AssumedRole:
		i.Type = "AssumedRole"
	case s.Kind == temporary.FederatedToken:
		i.Type, i.UserName = "FederatedUser", ""
	case p.Entity == nil:
		i.Type = "Root"
	default:
		i.Type = "IAMUser"
	}
	if s != nil {
		i.Session = session(p)
	}
	return i
}

// kinds are CloudTrail's names of who may have sessions.
var kinds = map[principal.Kind]string{principal.Role: "Role", principal.User: "IAMUser"}

func session(p *authorization.Principal) *audit.Session {
	s := &audit.Session{Created: p.Session.Issued, MFA: p.Session.MFA}
	if provider := p.Session.Keys["aws:federatedprovider"]; len(provider) > 0 {
		s.Provider = provider[0]
	}
	if p.Session.Kind == temporary.SessionToken {
		return s
	}
	s.Issuer = &audit.Identity{Type: "Root", PrincipalID: p.Account, Account: p.Account}
	if e := p.Entity; e != nil {
		partition, _, _ := strings.Cut(strings.TrimPrefix(p.ARN, "arn:"), ":")
		s.Issuer = &audit.Identity{
			Type: kinds[e.Kind], PrincipalID: e.ID, Account: p.Account, UserName: e.Name,
			ARN: e.ARN(arn.Account{Partition: partition, ID: p.Account}),
		}
	}
	return s
}

// keyForm is that of ids of access keys.
var keyForm = regexp.MustCompile(`^[A-Z0-9]{16,128}$`)

// ClaimedKey is the id of the access key that an unproven request names, if it has the form of one.
func ClaimedKey(accessKeyID string) string {
	if !keyForm.MatchString(accessKeyID) {
		return ""
	}
	return accessKeyID
}

// verbs begin the names of operations that change nothing.
var verbs = []string{"Decode", "Describe", "Get", "List", "Simulate"}

// ReadOnly reports whether an operation changes nothing and gives nobody anything to prove themselves by, as its name and its form say:
// one without a signature must be asked with an access token.
func ReadOnly(op *awsjson.Operation) bool {
	if !op.Signed && !has(op.Input, "AccessToken") {
		return false
	}
	name := strings.TrimPrefix(op.Name, "Admin")
	for _, verb := range verbs {
		if strings.HasPrefix(name, verb) {
			return true
		}
	}
	return false
}

func has(shape *awsjson.Shape, member string) bool {
	for i := range shape.Members {
		if shape.Members[i].Name == member {
			return true
		}
	}
	return false
}

// dataEvents are the operations of identity pools that CloudTrail counts among the data events.
var dataEvents = map[string]bool{
	"GetCredentialsForIdentity": true, "GetId": true, "GetOpenIdToken": true, "GetOpenIdTokenForDeveloperIdentity": true, "UnlinkIdentity": true,
}

// IsData reports whether a request for an operation is a data event.
func IsData(service, operation string) bool {
	return service == "cognito-identity" && dataEvents[operation]
}
