package authorization

import "cardea/spec/iampolicy"

// PassRole is what a caller must be allowed on a role that they give to a service.
const PassRole = "iam:PassRole"

// DeniedError says that policies do not allow a request.
type DeniedError struct {
	Action, Resource string
	Text             string // as AWS words it
	Reason           error  // ErrNoRole or ErrTrust where a role is not assumed; else nil
}

// Error is the text.
func (e *DeniedError) Error() string { return e.Text }

// Unwrap makes errors.Is find the reason.
func (e *DeniedError) Unwrap() error { return e.Reason }

// Denied words a refusal as AWS does.
func Denied(p *Principal, action, resource string, d iampolicy.Decision) string {
	text := refusal(p, action, resource)
	if d.Explicit {
		return text + " with an explicit deny in " + article[d.Layer] + " " + layers[d.Layer]
	}
	return text + " because no " + layers[d.Layer] + " allows the " + action + " action"
}

// refusal is what all refusals begin with, and what those of trust policies are.
func refusal(p *Principal, action, resource string) string {
	return "User: " + p.ARN + " is not authorized to perform: " + action + " on resource: " + resource
}

var layers = map[iampolicy.Layer]string{
	iampolicy.IdentityLayer: "identity-based policy",
	iampolicy.BoundaryLayer: "permissions boundary",
	iampolicy.SessionLayer:  "session policy",
	iampolicy.TrustLayer:    "resource-based policy",
}

var article = map[iampolicy.Layer]string{
	iampolicy.IdentityLayer: "an",
	iampolicy.BoundaryLayer: "a",
	iampolicy.SessionLayer:  "a",
	iampolicy.TrustLayer:    "a",
}
