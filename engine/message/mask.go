package message

import (
	"strings"
	"unicode/utf8"
)

// Mask hides a destination as delivery details show it: "a***@e***" for an e-mail address, all but the last four digits
// for a phone number. attribute is "email" or "phone_number".
func Mask(attribute, value string) string {
	if attribute == "phone_number" {
		digits := strings.TrimPrefix(value, "+")
		shown := max(len(digits)-4, 0)
		return "+" + strings.Repeat("*", shown) + digits[shown:]
	}
	name, domain, _ := strings.Cut(value, "@")
	return first(name) + "***@" + first(domain) + "***"
}

func first(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}
