package wording

import (
	"errors"
	"fmt"
	"net/http"

	"cardea/engine/authorization"
	"cardea/engine/principaltoken"
	"cardea/engine/temporary"
	"cardea/engine/throttle"
	"cardea/spec/awsjson"
	"cardea/spec/iampolicy"
	"cardea/spec/sts"
)

// STS words conditions for operations of AWS Security Token Service (docs/cognito/credentials.md, "STS").
func STS(_ *awsjson.Operation, err error) error {
	if large, ok := errors.AsType[*temporary.TooLargeError](err); ok {
		return sts.PackedPolicyTooLarge(fmt.Sprintf("Packed policy consumes %d%% of allotted space, please use smaller policy.", large.Percent))
	}
	if syntax, ok := errors.AsType[*iampolicy.SyntaxError](err); ok {
		return sts.MalformedPolicyDocument(syntax.Error())
	}
	if refused, ok := errors.AsType[*authorization.DeniedError](err); ok {
		return forbidden("AccessDenied", refused.Text)
	}
	if errors.Is(err, principaltoken.ErrTooLarge) {
		return sts.JWTPayloadSizeExceeded("The requested token payload size exceeds the maximum allowed size.")
	}
	if errors.Is(err, temporary.ErrExpired) {
		return forbidden("ExpiredToken", "The security token included in the request is expired")
	}
	if errors.Is(err, temporary.ErrForged) {
		return forbidden("InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	if errors.Is(err, throttle.ErrTooFast) {
		return awsjson.Refuse("Throttling", "Rate exceeded")
	}
	if fault := webIdentityFault(err); fault != nil {
		return fault
	}
	return err
}

// forbidden is a fault that services of the query protocol have without their model listing it.
func forbidden(code, message string) error {
	return &awsjson.Fault{Code: code, Message: message, Status: http.StatusForbidden}
}
