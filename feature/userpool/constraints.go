package userpool

import (
	"math/big"
	"strconv"
	"strings"

	"cardea/spec/cognitoidp"
)

// maxLength is the longest that any attribute's value may be.
const maxLength = 2048

// constrain takes over the requested constraints that are of the attribute's type; those of other types say nothing about
// it. Bounds are numbers in strings, as they came.
func constrain(attribute *cognitoidp.SchemaAttributeType, requested cognitoidp.SchemaAttributeType) error {
	switch attribute.AttributeDataType {
	case cognitoidp.AttributeDataTypeString:
		if requested.StringAttributeConstraints == nil {
			return nil
		}
		constraints := *requested.StringAttributeConstraints
		if err := checkLengths(attribute.Name, constraints.MinLength, constraints.MaxLength); err != nil {
			return err
		}
		attribute.StringAttributeConstraints = &constraints
	case cognitoidp.AttributeDataTypeNumber:
		if requested.NumberAttributeConstraints == nil {
			return nil
		}
		constraints := *requested.NumberAttributeConstraints
		if err := checkValues(attribute.Name, constraints.MinValue, constraints.MaxValue); err != nil {
			return err
		}
		attribute.NumberAttributeConstraints = &constraints
	}
	return nil
}

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
	case strings.Contains(name, "custom:"):
		return cognitoidp.InvalidParameter("Attribute " + name + " cannot have a max length shorter than it's min length")
	default:
		return cognitoidp.InvalidParameter("Max length cannot be less than min length.")
	}
}

// length reads a bound on a string's length, def when it is absent.
func length(name, bound, text string, def int) (int, error) {
	if text == "" {
		return def, nil
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 0 {
		return 0, invalidBound(name, bound)
	}
	if number > maxLength {
		return 0, cognitoidp.InvalidParameter("user." + name + ": String attributes cannot have a length of more than 2048")
	}
	return number, nil
}

func checkValues(name, least, most string) error {
	low, err := value(name, "MinValue", least)
	if err != nil {
		return err
	}
	high, err := value(name, "MaxValue", most)
	if err != nil {
		return err
	}
	if low != nil && high != nil && low.Cmp(high) > 0 {
		return cognitoidp.InvalidParameter("Attribute " + name + " cannot have a max value smaller than it's min value")
	}
	return nil
}

// value reads a bound on a number, nil when it is absent. Numbers may be larger than any machine's integer.
func value(name, bound, text string) (*big.Int, error) {
	if text == "" {
		return nil, nil
	}
	const longest = 64 // digits; parsing takes time that grows with the square
	if len(text) > longest {
		return nil, invalidBound(name, bound)
	}
	number, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return nil, invalidBound(name, bound)
	}
	return number, nil
}

func invalidBound(name, bound string) error {
	return cognitoidp.InvalidParameter("Invalid " + bound + " for schema attribute " + name)
}
