package awsapi

import (
	"errors"
	"fmt"
	"slices"

	"cardea/spec/awsjson"
)

// always are the codes that any operation may answer with, whatever the model lists: those of parameters, limits
// and permissions, by their names in JSON and in the query protocol.
var always = []string{
	"AccessDenied", "AccessDeniedException", "ForbiddenException", "InternalErrorException", "InvalidParameterException",
	"TooManyRequestsException",
	"InvalidClientTokenId", "InvalidParameterValue", "Throttling", "ValidationError", "ValidationException",
}

// strictly makes a fault that the model does not list a failure, where the handler is strict.
func (c *call) strictly(err error) error {
	fault, ok := errors.AsType[*awsjson.Fault](err)
	if c.handler.Strict == nil || !ok || slices.Contains(always, fault.Code) || slices.Contains(c.operation.Errors, fault.Code) {
		return err
	}
	c.handler.Strict(c.operation.Name, fault)
	return fmt.Errorf("%s may not answer with %w", c.operation.Name, unlisted{fault})
}

// unlisted hides that an error is a fault.
type unlisted struct{ fault *awsjson.Fault }

func (u unlisted) Error() string { return u.fault.Error() }
