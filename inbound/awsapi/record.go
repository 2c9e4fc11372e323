package awsapi

import (
	"cardea/platform/serve"
	"cardea/spec/awsjson"
	"cardea/spec/id"
)

// outcome is what became of the call. What clients send in the place of an operation's name is no part of it.
func (c *call) outcome() serve.Outcome {
	o := serve.Outcome{
		Pool: id.Loggable(c.pool), Client: id.Loggable(c.client), Status: c.status, Code: c.code, Failure: c.failure,
		Event: c.event(),
	}
	if c.operation != nil {
		o.Service, o.Operation = c.service.SigningName, c.operation.Name
	}
	return o
}

// given is the string that the request holds in a member that the operation has, or "". Others are ignored: whoever sends them chooses
// neither the pool that the request counts for nor the one that is logged.
func (c *call) given(request *awsjson.Node, member string) string {
	for i := range c.operation.Input.Members {
		if c.operation.Input.Members[i].Name == member {
			return textOf(request, member)
		}
	}
	return ""
}

// textOf is the string that a member of the request holds, or "".
func textOf(request *awsjson.Node, member string) string {
	value := request.Given(member)
	if value == nil || value.Type != awsjson.Text {
		return ""
	}
	return value.Text
}
