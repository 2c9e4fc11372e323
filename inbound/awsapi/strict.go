package awsapi

import (
	"errors"
	"fmt"
	"slices"

	"cardea/spec/awsjson"
)

// always are the codes that any operation may answer with, whatever the model lists: the validator's, the protocol's,
// and those of limits and permissions.
var always = []string{
	"AccessDeniedException", "ForbiddenException", "InternalErrorException", "InvalidParameterException",
	"NotImplementedException", "SerializationException", "TooManyRequestsException",
}

// strictly makes a fault that the model does not list a failure, where the handler is strict.
func (x *exchange) strictly(op *awsjson.Operation, err error) error {
	fault, ok := errors.AsType[*awsjson.Fault](err)
	if x.handler.Strict == nil || !ok || slices.Contains(always, fault.Code) || slices.Contains(op.Errors, fault.Code) {
		return err
	}
	x.handler.Strict(op.Name, fault)
	return fmt.Errorf("%s may not answer with %w", op.Name, unlisted{fault})
}

// unlisted hides that an error is a fault.
type unlisted struct{ fault *awsjson.Fault }

func (u unlisted) Error() string { return u.fault.Error() }
