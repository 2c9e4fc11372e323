package wording

import (
	"errors"

	"cardea/engine/kmskey"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/kms"
)

// KMS words conditions for operations of AWS Key Management Service.
func KMS(_ *awsjson.Operation, err error) error {
	if problem, ok := errors.AsType[*awsjson.Problem](err); ok && errors.Is(problem, awsjson.ErrConstraint) {
		return kms.Validation(problem.Text)
	}
	if unknown, ok := errors.AsType[*kmskey.UnknownError](err); ok {
		if unknown.Key.IsAlias() {
			return kms.NotFound("Alias " + unknown.Key.String() + " is not found.")
		}
		return kms.NotFound("Key '" + unknown.Key.String() + "' does not exist")
	}
	if named, ok := errors.AsType[*kmskey.NameError](err); ok {
		return kms.NotFound("Invalid keyId '" + named.Name + "'")
	}
	if long, ok := errors.AsType[*kmskey.ContextError](err); ok {
		return kms.Validation("The encryption context is too long: " + long.Err.Error())
	}
	if errors.Is(err, kmskey.ErrCiphertext) {
		return kms.InvalidCiphertext("")
	}
	return err
}

// keyFault words, for operations of Cognito, that a pool names a key which the server cannot use; nil for other errors.
func keyFault(err error) error {
	if unknown, ok := errors.AsType[*kmskey.UnknownError](err); ok {
		return cognitoidp.InvalidParameter("No key is configured on this server for " + unknown.Key.String())
	}
	if named, ok := errors.AsType[*kmskey.NameError](err); ok {
		return cognitoidp.InvalidParameter(named.Name + " is not a valid KMS key ARN")
	}
	return nil
}
