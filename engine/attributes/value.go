package attributes

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"cardea/spec/cognitoidp"
)

// maxLength is the most that any value may have, in characters.
const maxLength = 2048

// broken gives the first rule of an attribute that a value breaks, with its bound; empty when there is none.
func broken(attribute cognitoidp.SchemaAttributeType, value string) (rule Rule, bound string) {
	switch {
	case attribute.Name == "email" && !IsEmail(value):
		return NotEmail, ""
	case attribute.Name == "phone_number" && !IsPhone(value):
		return NotPhone, ""
	}
	switch attribute.AttributeDataType {
	case cognitoidp.AttributeDataTypeBoolean:
		if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return NotBoolean, ""
		}
	case cognitoidp.AttributeDataTypeNumber:
		return brokenNumber(attribute.NumberAttributeConstraints, value)
	case cognitoidp.AttributeDataTypeDateTime:
		if !isDateTime(value) {
			return NotDateTime, ""
		}
	}
	return brokenString(attribute.StringAttributeConstraints, value)
}

func brokenString(limits *cognitoidp.StringAttributeConstraintsType, value string) (rule Rule, bound string) {
	shortest, longest := 0, maxLength
	if limits != nil {
		if n, err := strconv.Atoi(limits.MinLength); err == nil {
			shortest = n
		}
		if n, err := strconv.Atoi(limits.MaxLength); err == nil {
			longest = min(n, maxLength)
		}
	}
	switch length := utf8.RuneCountInString(value); {
	case length > longest:
		return TooLong, strconv.Itoa(longest)
	case length < shortest:
		return TooShort, strconv.Itoa(shortest)
	}
	return "", ""
}

func brokenNumber(limits *cognitoidp.NumberAttributeConstraintsType, value string) (rule Rule, bound string) {
	n := parseNumber(value)
	if n == nil {
		return NotNumber, ""
	}
	if limits == nil {
		return "", ""
	}
	if most := parseNumber(limits.MaxValue); most != nil && n.Cmp(most) > 0 {
		return TooGreat, limits.MaxValue
	}
	if least := parseNumber(limits.MinValue); least != nil && n.Cmp(least) < 0 {
		return TooSmall, limits.MinValue
	}
	return "", ""
}
