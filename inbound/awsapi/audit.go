package awsapi

import (
	"cardea/engine/trail"
	"cardea/platform/audit"
	"cardea/spec/id"
	"cardea/spec/sigv4"
)

// told are the codes of errors whose text may be a function's, which may name anybody.
var told = map[string]bool{"UserLambdaValidationException": true, "UnexpectedLambdaException": true}

// event is what the audit log is told of the call; nil where it is not kept, the request names no operation, or nobody has signed it and
// it was refused for its rate.
func (c *call) event() *audit.Event {
	op := c.operation
	if c.handler.Audit == nil || op == nil || c.refused && c.principal == nil {
		return nil
	}
	e := &audit.Event{
		ID: id.NewUUID(), Source: c.service.SigningName + ".amazonaws.com", Name: op.Name, Type: audit.APICall,
		ReadOnly: trail.ReadOnly(op), Data: trail.IsData(c.service.SigningName, op.Name), Region: id.Pool(id.Loggable(c.pool)).Region(),
	}
	e.Identity, e.Additional.ClaimedKey = c.identity()
	var secrets trail.Secrets
	if c.tree != nil {
		e.Parameters, secrets = trail.Shown(op.Input, c.tree)
	}
	if c.code != "" {
		e.Message = trail.Message(c.message, secrets)
		if told[c.code] {
			e.Message = audit.Hidden
		}
		return e
	}
	if !e.ReadOnly {
		e.Response = trail.ShownAnswer(op, c.out)
	}
	return e
}

// identity is who made the call, and the access key that one who is not proven names.
func (c *call) identity() (who audit.Identity, claimed string) {
	if c.principal != nil {
		return trail.Identity(c.principal, c.Caller.AccessKeyID), ""
	}
	if !c.operation.Signed {
		return trail.Anonymous, ""
	}
	scope, err := sigv4.ScopeOf(c.request)
	if err != nil {
		return trail.Anonymous, ""
	}
	return trail.Anonymous, trail.ClaimedKey(scope.AccessKeyID)
}
