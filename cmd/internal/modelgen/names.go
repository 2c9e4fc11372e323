package main

import (
	"strings"
	"unicode"
)

// upper is a member's or feature's name as an exported Go name.
func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// lower is a member's name as validation messages write it.
func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// constructor is the name of the function that makes an exception: its name without the suffix.
func (s *shape) constructor() string { return strings.TrimSuffix(s.name, "Exception") }

// constant is the name of an enum's value: USER_SRP_AUTH of AuthFlowType is AuthFlowTypeUserSrpAuth.
func (s *shape) constant(value string) string {
	words := strings.FieldsFunc(value, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	name := s.name
	for _, word := range words {
		if word == strings.ToUpper(word) {
			word = strings.ToLower(word)
		}
		name += upper(word)
	}
	return name
}
