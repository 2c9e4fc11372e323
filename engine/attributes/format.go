package attributes

import (
	"math/big"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// phone is E.164: a plus sign, then up to fifteen digits.
var phone = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)

// number is what a Number attribute may hold. Exponents are left out: they make short texts of huge numbers.
var number = regexp.MustCompile(`^-?[0-9]{1,64}(\.[0-9]{1,64})?$`)

// IsPhone tells whether a text is a phone number in E.164 form.
func IsPhone(s string) bool { return phone.MatchString(s) }

// IsEmail tells whether a text can be a mailbox's address: one @, something before it, a dotted domain behind it, and no
// space or character that has a meaning in a message's header. Whether the mailbox exists is not checked.
func IsEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(s) > 320 || !utf8.ValidString(s) {
		return false
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return false
	}
	if strings.ContainsAny(local, `"(),:;<>[\]`) || strings.ContainsAny(domain, `"(),:;<>[\]@/?#%&=+*!$'^{}|~`+"`") {
		return false
	}
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	return true
}

// looksLikeEmail tells whether a user name could be mistaken for an address. It accepts more than IsEmail.
func looksLikeEmail(s string) bool { return strings.Contains(strings.Trim(s, "@"), "@") }

// parseNumber reads the value of a Number attribute exactly; nil when it is none.
func parseNumber(s string) *big.Rat {
	if !number.MatchString(s) {
		return nil
	}
	n, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil
	}
	return n
}

// isDateTime accepts the forms in which clients write a DateTime attribute: RFC 3339, a date, or epoch seconds.
func isDateTime(s string) bool {
	if parseNumber(s) != nil {
		return true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateTime, time.DateOnly} {
		if _, err := time.Parse(layout, s); err == nil {
			return true
		}
	}
	return false
}
