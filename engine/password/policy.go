package password

import (
	"crypto/rand"
	"math/big"
	"strings"
	"unicode"
	"unicode/utf8"

	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// MaxLength is how many characters a password may have, whatever the policy.
const MaxLength = 256

const (
	lowercase = "abcdefghijklmnopqrstuvwxyz"
	uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits    = "0123456789"
	symbols   = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- "
)

// CheckPolicy answers a *PolicyError for the first rule of the pool's policy that a password breaks.
func CheckPolicy(p *pool.Pool, pw string) error {
	if rule := firstBroken(p.PasswordPolicy(), pw); rule != "" {
		return &PolicyError{Rule: rule}
	}
	return nil
}

func firstBroken(policy *cognitoidp.PasswordPolicyType, pw string) Rule {
	length := utf8.RuneCountInString(pw)
	switch {
	case int64(length) < max(policy.MinimumLength, 1):
		return TooShort
	case length > MaxLength:
		return TooLong
	case strings.TrimFunc(pw, unicode.IsSpace) != pw:
		return OuterSpaces
	case policy.RequireLowercase && !strings.ContainsAny(pw, lowercase):
		return NoLowercase
	case policy.RequireUppercase && !strings.ContainsAny(pw, uppercase):
		return NoUppercase
	case policy.RequireNumbers && !strings.ContainsAny(pw, digits):
		return NoNumber
	case policy.RequireSymbols && !strings.ContainsAny(pw, symbols):
		return NoSymbol
	default:
		return ""
	}
}

// Characters of generated passwords: none that look alike, and symbols that are easy to dictate, are selected by a
// double click, and need no escaping in HTML.
const (
	clearLowercase = "abcdefghijkmnpqrstuvwxyz"
	clearUppercase = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	clearDigits    = "23456789"
	clearSymbols   = "!#$%*+-=?@_"
	shortest       = 12 // of generated passwords, whatever the policy allows
)

// Generate draws a temporary password that any policy of the pool accepts: one character of each class at least.
func Generate(p *pool.Pool) string {
	classes := []string{clearLowercase, clearUppercase, clearDigits, clearSymbols}
	length := max(shortest, int(p.PasswordPolicy().MinimumLength))
	pw := make([]byte, 0, length)
	for _, class := range classes {
		pw = append(pw, draw(class))
	}
	for len(pw) < length {
		pw = append(pw, draw(clearLowercase+clearUppercase+clearDigits))
	}
	for i := len(pw) - 1; i > 0; i-- { // Fisher and Yates
		j := below(i + 1)
		pw[i], pw[j] = pw[j], pw[i]
	}
	return string(pw)
}

func draw(alphabet string) byte { return alphabet[below(len(alphabet))] }

func below(n int) int {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic("crypto/rand: " + err.Error()) // documented never to happen
	}
	return int(i.Int64())
}
