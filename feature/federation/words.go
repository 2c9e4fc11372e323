package federation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cardea/engine/account"
	"cardea/engine/attributes"
	"cardea/engine/hosted"
	"cardea/engine/identity"
	"cardea/engine/trigger"
	"cardea/outbound/upstream"
	"cardea/platform/db"
	"cardea/spec/oauth2"
	"cardea/spec/saml"
)

// errUsername says that a user cannot be named as their provider names them.
var errUsername = errors.New("the subject makes no user name")

// worded is an error of a sign-in as the app is told of it, where it is one that an app is told of (docs/cognito/federation.md,
// "Failures").
func worded(r *hosted.Request, err error) error {
	if _, back := errors.AsType[*hosted.RedirectError](err); back || r == nil || errors.Is(err, ErrTrip) {
		return err
	}
	if said := saidOf(err); said != "" {
		return r.Refused(&toldError{&oauth2.Error{Code: oauth2.InvalidRequest, Description: said}, err})
	}
	if _, stopped := errors.AsType[*trigger.Error](err); stopped || errors.Is(err, hosted.ErrProvider) {
		return r.Refused(err)
	}
	if _, told := errors.AsType[*oauth2.Error](err); told {
		return r.Refused(err)
	}
	return err
}

// toldError is what the app is told of an error, and the error.
type toldError struct{ told, cause error }

func (e *toldError) Error() string { return e.told.Error() + ": " + e.cause.Error() }

// Unwrap gives both.
func (e *toldError) Unwrap() []error { return []error{e.told, e.cause} }

// saidOf words a condition; empty for other errors.
func saidOf(err error) string {
	if wrong, ok := errors.AsType[*upstream.Error](err); ok {
		return wrong.Word
	}
	if _, ok := errors.AsType[*saml.Error](err); ok {
		return badResponse // the metadata are no longer valid
	}
	if wrong := saidOfAttributes(err); wrong != "" {
		return wrong
	}
	if taken, ok := errors.AsType[*account.TakenError](err); ok && taken.Kind != "username" {
		return "An account with the given " + taken.Kind + " already exists."
	}
	_, status := errors.AsType[account.StatusError](err)
	switch {
	case errors.Is(err, errReplayed):
		return badResponse
	case errors.Is(err, account.ErrDisabled):
		return "User is not enabled"
	case errors.Is(err, account.ErrUnconfirmed):
		return "User is not confirmed."
	case status:
		return "User cannot sign in."
	case errors.Is(err, errUsername), errors.Is(err, identity.ErrValue):
		return "Invalid subject from identity provider"
	case errors.Is(err, identity.ErrAmbiguous):
		return "The identity is linked with several users."
	case errors.Is(err, identity.ErrDoubted):
		return "The identity is linked by an address that the identity provider has not verified."
	}
	return ""
}

// saidOfAttributes words what is wrong with the attributes that the provider gives the user.
func saidOfAttributes(err error) string {
	if missing, ok := errors.AsType[*attributes.RequiredError](err); ok {
		return "attributes required: [" + strings.Join(missing.Names, ", ") + "]"
	}
	if immutable, ok := errors.AsType[*attributes.ImmutableError](err); ok {
		return "user." + immutable.Name + ": Attribute cannot be updated."
	}
	if value, ok := errors.AsType[*attributes.ValueError](err); ok {
		return strings.TrimSpace("user." + value.Name + ": The value is " + string(value.Rule) + " " + value.Bound)
	}
	if unknown, ok := errors.AsType[*attributes.UnknownError](err); ok {
		return "user." + unknown.Names[0] + ": Attribute does not exist in the schema."
	}
	if _, ok := errors.AsType[*attributes.UsernameError](err); ok {
		return "user.preferred_username: The value could be mistaken for another user's address."
	}
	return ""
}

// counted counts a sign-in against the visitor's address that has failed since the provider's answer does not hold or a function does
// not let the user in, and answers err: anybody can have such failures made, which take calls of the provider and of functions.
func (a *arrival) counted(err error) error {
	failed, untrue := errors.AsType[*upstream.Error](err)
	if untrue && failed.Unreached {
		return err // the provider is down, which is not the visitor's doing
	}
	stopped, byFunction := errors.AsType[*trigger.Error](err)
	if !untrue && !(byFunction && stopped.Kind == trigger.Refused) {
		return err
	}
	failure := a.DB.Write(context.WithoutCancel(a.ctx), func(tx *db.Tx) error { return a.guesses.Fail(tx, a.request.Pool.ID) })
	if failure != nil {
		return fmt.Errorf("count a sign-in that has failed: %w", failure)
	}
	return err
}
