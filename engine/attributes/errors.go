package attributes

import (
	"errors"
	"fmt"
	"strings"
)

// ErrUnwritable says that an app may not write one of the attributes given.
var ErrUnwritable = errors.New("the app may not write this attribute")

// UnknownError says that the pool's schema lacks attributes.
type UnknownError struct {
	Names  []string // in the order in which they were given
	Writer Writer
}

func (e *UnknownError) Error() string { return "not in the schema: " + strings.Join(e.Names, ", ") }

// RequiredError says that attributes would lack a value that the pool requires to have one.
type RequiredError struct {
	Names []string // in the schema's order
}

func (e *RequiredError) Error() string { return "required: " + strings.Join(e.Names, ", ") }

// ImmutableError says that an attribute cannot be given another value: the pool sets it itself, or the schema says so.
type ImmutableError struct {
	Name   string
	Writer Writer
}

func (e *ImmutableError) Error() string { return e.Name + " cannot be changed" }

// ProvidedError says that a user who answers NEW_PASSWORD_REQUIRED has this e-mail address or phone number already.
type ProvidedError struct {
	Name string // "email" or "phone_number"
}

func (e *ProvidedError) Error() string { return "the user has " + e.Name + " already" }

// ValueError says that a value breaks a rule of its attribute.
type ValueError struct {
	Name   string
	Rule   Rule
	Bound  string // of TooLong, TooShort, TooGreat and TooSmall: the greatest or least value allowed
	Writer Writer
}

func (e *ValueError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%s: %s %s", e.Name, e.Rule, e.Bound))
}

// Rule is a rule that a value breaks.
type Rule string

// The rules.
const (
	NotEmail    Rule = "not an e-mail address"
	NotPhone    Rule = "not a phone number"
	NotBoolean  Rule = "neither true nor false"
	NotNumber   Rule = "not a number"
	NotDateTime Rule = "not a date and time"
	TooLong     Rule = "longer than"
	TooShort    Rule = "shorter than"
	TooGreat    Rule = "greater than"
	TooSmall    Rule = "less than"
)

// UsernameError says that a user name, or another name that users choose freely, does not suit the pool.
type UsernameError struct {
	Wanted []string // it should be a value of one of these attributes: "email", "phone_number"
	Alias  string   // or the alias that it could be mistaken for
}

func (e *UsernameError) Error() string {
	if e.Alias != "" {
		return "the name could be mistaken for another user's " + e.Alias
	}
	return "the name is no value of " + strings.Join(e.Wanted, " or ")
}
