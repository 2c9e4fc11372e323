package userpool

import (
	"math/big"
	"strconv"
	"strings"

	"cardea/spec/cognitoidp"
)

// maxLength is the longest that any attribute's value may be.
const maxLength = 2048

// The two kinds of constraints, by the names of their members.
const (
	ofStrings = "StringAttributeConstraints"
	ofNumbers = "NumberAttributeConstraints"
)

// constrain sets the requested constraints, and refuses those that are not of the attribute's type. Bounds are numbers in
// strings and stay as they were sent.
func constrain(attribute *cognitoidp.SchemaAttributeType, requested cognitoidp.SchemaAttributeType) error {
	if lengths := requested.StringAttributeConstraints; lengths != nil && *lengths != (cognitoidp.StringAttributeConstraintsType{}) {
		if attribute.AttributeDataType != cognitoidp.AttributeDataTypeString {
			return invalidConstraints(ofStrings, attribute.Name)
		}
		if err := checkLengths(attribute.Name, lengths.MinLength, lengths.MaxLength); err != nil {
			return err
		}
		attribute.StringAttributeConstraints = lengths
	}
	if values := requested.NumberAttributeConstraints; values != nil && *values != (cognitoidp.NumberAttributeConstraintsType{}) {
		if attribute.AttributeDataType != cognitoidp.AttributeDataTypeNumber {
			return invalidConstraints(ofNumbers, attribute.Name)
		}
		if err := checkValues(attribute.Name, values.MinValue, values.MaxValue); err != nil {
			return err
		}
		attribute.NumberAttributeConstraints = values
	}
	return nil
}

func invalidConstraints(kind, name string) error {
	return cognitoidp.InvalidParameter("Invalid " + kind + " for schema attribute " + name)
}

func isCustom(name string) bool { return strings.Contains(name, "custom:") }

func checkLengths(name, least, most string) error {
	low, err := length(name, "MinLength", least, 0)
	if err != nil {
		return err
	}
	high, err := length(name, "MaxLength", most, maxLength)
	if err != nil {
		return err
	}
	switch {
	case low <= high:
		return nil
	case isCustom(name):
		return cognitoidp.InvalidParameter("Attribute " + name + " cannot have a max length shorter than it's min length")
	default:
		return cognitoidp.InvalidParameter("user." + name + ": Max length cannot be less than min length.")
	}
}

// length reads a bound on a string's length, def when it is absent.
func length(name, bound, text string, def int) (int, error) {
	if text == "" {
		return def, nil
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		return 0, invalidConstraints(ofStrings, name)
	}
	if number < 0 {
		return 0, cognitoidp.InvalidParameter("Invalid " + bound + " for schema attribute " + name)
	}
	if number > maxLength {
		return 0, cognitoidp.InvalidParameter("user." + name + ": String attributes cannot have a length of more than 2048")
	}
	return number, nil
}

func checkValues(name, least, most string) error {
	low, err := value(name, least)
	if err != nil {
		return err
	}
	high, err := value(name, most)
	if err != nil {
		return err
	}
	switch {
	case low == nil, high == nil, low.Cmp(high) <= 0:
		return nil
	case isCustom(name):
		return cognitoidp.InvalidParameter("Attribute " + name + " cannot have a max value smaller than it's min value")
	default:
		return cognitoidp.InvalidParameter("user." + name + ": Max value cannot be less than min value.")
	}
}

// value reads a bound on a number, nil when it is absent. Numbers may be larger than any machine's integer.
func value(name, text string) (*big.Int, error) {
	if text == "" {
		return nil, nil
	}
	const longest = 64 // digits; parsing takes time that grows with the square
	if len(text) > longest {
		return nil, invalidConstraints(ofNumbers, name)
	}
	number, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return nil, invalidConstraints(ofNumbers, name)
	}
	return number, nil
}
