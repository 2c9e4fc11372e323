package wording

import (
	"errors"
	"slices"

	"cardea/engine/account"
	"cardea/engine/attributes"
	"cardea/engine/identity"
	"cardea/engine/password"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

// Cognito words the same error in attributes differently when a user is created and when one is changed.
const (
	creating = "Attributes did not conform to the schema: "
	changing = "Invalid user attributes: "
)

func frame(w attributes.Writer) string {
	if w.Creates() {
		return creating
	}
	return changing
}

// attributeFault words the conditions of engine/attributes; nil when err is none of them.
func attributeFault(err error) error {
	if unknown, ok := errors.AsType[*attributes.UnknownError](err); ok {
		return cognitoidp.InvalidParameter(unknownMessage(unknown))
	}
	if required, ok := errors.AsType[*attributes.RequiredError](err); ok {
		text := creating
		for _, name := range required.Names {
			text += name + ": The attribute is required\n"
		}
		return cognitoidp.InvalidParameter(text)
	}
	if immutable, ok := errors.AsType[*attributes.ImmutableError](err); ok {
		return cognitoidp.InvalidParameter(immutableMessage(immutable))
	}
	if provided, ok := errors.AsType[*attributes.ProvidedError](err); ok {
		return cognitoidp.NotAuthorized("Cannot modify an already provided " + provided.Name)
	}
	if value, ok := errors.AsType[*attributes.ValueError](err); ok {
		return cognitoidp.InvalidParameter(valueMessage(value))
	}
	if username, ok := errors.AsType[*attributes.UsernameError](err); ok {
		return cognitoidp.InvalidParameter(usernameMessage(username))
	}
	return nil
}

func unknownMessage(e *attributes.UnknownError) string {
	text, prefix := frame(e.Writer), ""
	if !e.Writer.Creates() {
		prefix = "user."
	}
	for _, name := range e.Names {
		text += prefix + name + ": Attribute does not exist in the schema.\n"
	}
	return text
}

// immutableMessage has two texts, as Cognito does: one for an update of an attribute that the schema calls immutable, and
// one for every other attribute that cannot be changed.
func immutableMessage(e *attributes.ImmutableError) string {
	updates := e.Writer == attributes.Self || e.Writer == attributes.Admin
	if updates && !attributes.Assigned(e.Name) {
		return "user." + e.Name + ": Attribute cannot be updated.\n"
	}
	return "Cannot modify the non-mutable attribute " + e.Name
}

// valueMessages word the rules that values break. Those on lengths were recorded; the others have their form (?).
var valueMessages = map[attributes.Rule]string{
	attributes.NotBoolean:  "Boolean must be true or false",
	attributes.NotNumber:   "Number must be a decimal number",
	attributes.NotDateTime: "DateTime must be a date and time",
	attributes.TooGreat:    "Number must be no greater than ",
	attributes.TooSmall:    "Number must be no less than ",
}

func valueMessage(e *attributes.ValueError) string {
	switch e.Rule {
	case attributes.NotEmail:
		return "Invalid email address format."
	case attributes.NotPhone:
		return "Invalid phone number format."
	case attributes.TooLong:
		return frame(e.Writer) + e.Name + ": String must be no longer than " + e.Bound + " characters"
	case attributes.TooShort:
		return frame(e.Writer) + e.Name + ": String must be no shorter than " + e.Bound + " characters"
	}
	return frame(e.Writer) + e.Name + ": " + valueMessages[e.Rule] + e.Bound
}

func usernameMessage(e *attributes.UsernameError) string {
	switch {
	case e.Alias == "email":
		return "Username cannot be of email format, since user pool is configured for email alias."
	case e.Alias != "":
		return "Username cannot be of phone number format, since user pool is configured for phone number alias."
	case len(e.Wanted) > 1:
		return "Username should be either an email or a phone number."
	case slices.Contains(e.Wanted, "email"):
		return "Username should be an email."
	}
	return "Username should be a phone number."
}

// accountFault words the conditions of engine/account that are types with details; nil when err is none of them.
func accountFault(op *awsjson.Operation, err error) error {
	if status, ok := errors.AsType[account.StatusError](err); ok {
		return cognitoidp.NotAuthorized("User cannot be given tokens. Current status is " + status.Status)
	}
	if taken, ok := errors.AsType[*account.TakenError](err); ok {
		return takenFault(op, taken)
	}
	if contact, ok := errors.AsType[*account.ContactError](err); ok {
		if contact.Contact == "email" {
			return cognitoidp.InvalidParameter("Email is required to verify/un-verify an email")
		}
		return cognitoidp.InvalidParameter("Phone Number is required to verify/un-verify a phone number")
	}
	if _, ok := errors.AsType[*identity.LinkedError](err); ok {
		return cognitoidp.AliasExists("SourceUser is already linked to another user")
	}
	if mismatch, ok := errors.AsType[*account.MismatchError](err); ok {
		return cognitoidp.InvalidParameter("The " + mismatch.Attribute + " attribute does not match the username.")
	}
	return nil
}

// takenFault has one code for operations that create a user and another for those that change one.
func takenFault(op *awsjson.Operation, e *account.TakenError) error {
	message := "An account with the given " + e.Kind + " already exists."
	if e.Kind == "username" {
		message = "User already exists"
	}
	if slices.Contains(op.Errors, "UsernameExistsException") {
		return cognitoidp.UsernameExists(message)
	}
	return cognitoidp.AliasExists(message)
}

// policyMessages word the rules of password policies.
var policyMessages = map[password.Rule]string{
	password.TooShort:    "Password not long enough",
	password.TooLong:     "Password too long",
	password.OuterSpaces: "Password must not have leading or trailing spaces",
	password.NoLowercase: "Password must have lowercase characters",
	password.NoUppercase: "Password must have uppercase characters",
	password.NoNumber:    "Password must have numeric characters",
	password.NoSymbol:    "Password must have symbol characters",
}
